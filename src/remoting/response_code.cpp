#include "remoting/response_code.hpp"

#include <algorithm>
#include <array>

namespace tern::remoting {
namespace {

struct Row {
    ResponseCode code;
    std::string_view name;
};

constexpr auto rows = std::to_array<Row>({
    {ResponseCode::rpc_time_out, "RPC_TIME_OUT"},
    {ResponseCode::rpc_send_to_channel_failed, "RPC_SEND_TO_CHANNEL_FAILED"},
    {ResponseCode::rpc_addr_is_null, "RPC_ADDR_IS_NULL"},
    {ResponseCode::rpc_unknown, "RPC_UNKNOWN"},
    {ResponseCode::success, "SUCCESS"},
    {ResponseCode::system_error, "SYSTEM_ERROR"},
    {ResponseCode::system_busy, "SYSTEM_BUSY"},
    {ResponseCode::request_code_not_supported, "REQUEST_CODE_NOT_SUPPORTED"},
    {ResponseCode::transaction_failed, "TRANSACTION_FAILED"},
    {ResponseCode::flush_disk_timeout, "FLUSH_DISK_TIMEOUT"},
    {ResponseCode::slave_not_available, "SLAVE_NOT_AVAILABLE"},
    {ResponseCode::flush_slave_timeout, "FLUSH_SLAVE_TIMEOUT"},
    {ResponseCode::message_illegal, "MESSAGE_ILLEGAL"},
    {ResponseCode::service_not_available, "SERVICE_NOT_AVAILABLE"},
    {ResponseCode::version_not_supported, "VERSION_NOT_SUPPORTED"},
    {ResponseCode::no_permission, "NO_PERMISSION"},
    {ResponseCode::topic_not_exist, "TOPIC_NOT_EXIST"},
    {ResponseCode::topic_exist_already, "TOPIC_EXIST_ALREADY"},
    {ResponseCode::pull_not_found, "PULL_NOT_FOUND"},
    {ResponseCode::pull_retry_immediately, "PULL_RETRY_IMMEDIATELY"},
    {ResponseCode::pull_offset_moved, "PULL_OFFSET_MOVED"},
    {ResponseCode::query_not_found, "QUERY_NOT_FOUND"},
    {ResponseCode::subscription_parse_failed, "SUBSCRIPTION_PARSE_FAILED"},
    {ResponseCode::subscription_not_exist, "SUBSCRIPTION_NOT_EXIST"},
    {ResponseCode::subscription_not_latest, "SUBSCRIPTION_NOT_LATEST"},
    {ResponseCode::subscription_group_not_exist, "SUBSCRIPTION_GROUP_NOT_EXIST"},
    {ResponseCode::filter_data_not_exist, "FILTER_DATA_NOT_EXIST"},
    {ResponseCode::filter_data_not_latest, "FILTER_DATA_NOT_LATEST"},
    {ResponseCode::invalid_parameter, "INVALID_PARAMETER"},
    {ResponseCode::transaction_should_commit, "TRANSACTION_SHOULD_COMMIT"},
    {ResponseCode::transaction_should_rollback, "TRANSACTION_SHOULD_ROLLBACK"},
    {ResponseCode::transaction_state_unknow, "TRANSACTION_STATE_UNKNOW"},
    {ResponseCode::transaction_state_group_wrong, "TRANSACTION_STATE_GROUP_WRONG"},
    {ResponseCode::no_buyer_id, "NO_BUYER_ID"},
    {ResponseCode::not_in_current_unit, "NOT_IN_CURRENT_UNIT"},
    {ResponseCode::consumer_not_online, "CONSUMER_NOT_ONLINE"},
    {ResponseCode::consume_msg_timeout, "CONSUME_MSG_TIMEOUT"},
    {ResponseCode::no_message, "NO_MESSAGE"},
    {ResponseCode::polling_full, "POLLING_FULL"},
    {ResponseCode::polling_timeout, "POLLING_TIMEOUT"},
    {ResponseCode::broker_not_exist, "BROKER_NOT_EXIST"},
    {ResponseCode::broker_dispatch_not_complete, "BROKER_DISPATCH_NOT_COMPLETE"},
    {ResponseCode::broadcast_consumption, "BROADCAST_CONSUMPTION"},
    {ResponseCode::flow_control, "FLOW_CONTROL"},
    {ResponseCode::not_leader_for_queue, "NOT_LEADER_FOR_QUEUE"},
    {ResponseCode::illegal_operation, "ILLEGAL_OPERATION"},
    {ResponseCode::go_away, "GO_AWAY"},
    {ResponseCode::controller_fenced_master_epoch, "CONTROLLER_FENCED_MASTER_EPOCH"},
    {ResponseCode::controller_fenced_sync_state_set_epoch, "CONTROLLER_FENCED_SYNC_STATE_SET_EPOCH"},
    {ResponseCode::controller_invalid_master, "CONTROLLER_INVALID_MASTER"},
    {ResponseCode::controller_invalid_replicas, "CONTROLLER_INVALID_REPLICAS"},
    {ResponseCode::controller_master_not_available, "CONTROLLER_MASTER_NOT_AVAILABLE"},
    {ResponseCode::controller_invalid_request, "CONTROLLER_INVALID_REQUEST"},
    {ResponseCode::controller_broker_not_alive, "CONTROLLER_BROKER_NOT_ALIVE"},
    {ResponseCode::controller_not_leader, "CONTROLLER_NOT_LEADER"},
    {ResponseCode::controller_broker_metadata_not_exist, "CONTROLLER_BROKER_METADATA_NOT_EXIST"},
    {ResponseCode::controller_invalid_clean_broker_metadata, "CONTROLLER_INVALID_CLEAN_BROKER_METADATA"},
    {ResponseCode::controller_broker_need_to_be_registered, "CONTROLLER_BROKER_NEED_TO_BE_REGISTERED"},
    {ResponseCode::controller_master_still_exist, "CONTROLLER_MASTER_STILL_EXIST"},
    {ResponseCode::controller_elect_master_failed, "CONTROLLER_ELECT_MASTER_FAILED"},
    {ResponseCode::controller_alter_sync_state_set_failed, "CONTROLLER_ALTER_SYNC_STATE_SET_FAILED"},
    {ResponseCode::controller_broker_id_invalid, "CONTROLLER_BROKER_ID_INVALID"},
    {ResponseCode::controller_jraft_internal_error, "CONTROLLER_JRAFT_INTERNAL_ERROR"},
    {ResponseCode::controller_broker_live_info_not_exists, "CONTROLLER_BROKER_LIVE_INFO_NOT_EXISTS"},
    {ResponseCode::user_not_exist, "USER_NOT_EXIST"},
    {ResponseCode::policy_not_exist, "POLICY_NOT_EXIST"},
});
static_assert(std::ranges::is_sorted(rows, {}, &Row::code));

}  // namespace

std::string_view response_code_name(ResponseCode code) {
    const auto row = std::ranges::lower_bound(rows, code, {}, &Row::code);
    return row != rows.end() && row->code == code ? row->name : "UNKNOWN";
}

}  // namespace tern::remoting
