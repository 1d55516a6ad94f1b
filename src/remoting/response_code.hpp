// What an answer says first (spec wire-protocol 2.2).
#pragma once

#include <cstdint>
#include <string_view>

namespace tern::remoting {

enum class ResponseCode : std::int32_t {
    rpc_time_out = -1006,
    rpc_send_to_channel_failed = -1004,
    rpc_addr_is_null = -1002,
    rpc_unknown = -1000,
    success = 0,
    system_error = 1,
    system_busy = 2,  // Nothing was stored; try again.
    request_code_not_supported = 3,
    transaction_failed = 4,
    flush_disk_timeout = 10,   // Stored; not known to be on disk.
    slave_not_available = 11,  // Stored; no replica has it.
    flush_slave_timeout = 12,  // Stored; not known to be on a replica.
    message_illegal = 13,
    service_not_available = 14,
    version_not_supported = 15,
    no_permission = 16,
    topic_not_exist = 17,
    topic_exist_already = 18,
    pull_not_found = 19,
    pull_retry_immediately = 20,
    pull_offset_moved = 21,
    query_not_found = 22,
    subscription_parse_failed = 23,
    subscription_not_exist = 24,
    subscription_not_latest = 25,
    subscription_group_not_exist = 26,
    filter_data_not_exist = 27,
    filter_data_not_latest = 28,
    invalid_parameter = 29,
    transaction_should_commit = 200,
    transaction_should_rollback = 201,
    transaction_state_unknow = 202,
    transaction_state_group_wrong = 203,
    no_buyer_id = 204,
    not_in_current_unit = 205,
    consumer_not_online = 206,
    consume_msg_timeout = 207,
    no_message = 208,
    polling_full = 209,
    polling_timeout = 210,
    broker_not_exist = 211,
    broker_dispatch_not_complete = 212,
    broadcast_consumption = 213,
    flow_control = 215,
    not_leader_for_queue = 501,
    illegal_operation = 604,
    go_away = 1500,
    controller_fenced_master_epoch = 2000,
    controller_fenced_sync_state_set_epoch = 2001,
    controller_invalid_master = 2002,
    controller_invalid_replicas = 2003,
    controller_master_not_available = 2004,
    controller_invalid_request = 2005,
    controller_broker_not_alive = 2006,
    controller_not_leader = 2007,
    controller_broker_metadata_not_exist = 2008,
    controller_invalid_clean_broker_metadata = 2009,
    controller_broker_need_to_be_registered = 2010,
    controller_master_still_exist = 2011,
    controller_elect_master_failed = 2012,
    controller_alter_sync_state_set_failed = 2013,
    controller_broker_id_invalid = 2014,
    controller_jraft_internal_error = 2015,
    controller_broker_live_info_not_exists = 2016,
    user_not_exist = 3001,
    policy_not_exist = 3002,
};

// RocketMQ's name for it, in capitals; UNKNOWN for a number it does not name.
std::string_view response_code_name(ResponseCode code);

}  // namespace tern::remoting
