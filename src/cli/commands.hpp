// The rows of all commands; each is defined in the file of command/ that carries it out.
#pragma once

#include "cli/command.hpp"

namespace tern::cli::commands {

extern const Command add_write_perm;
extern const Command allocate_mq;
extern const Command broker_consume_stats;
extern const Command broker_status;
extern const Command check_msg_send_rt;
extern const Command clean_expired_cq;
extern const Command clean_unused_topic;
extern const Command clone_group_offset;
extern const Command cluster_list;
extern const Command cluster_rt;
extern const Command consume_message;
extern const Command consumer_connection;
extern const Command consumer_progress;
extern const Command consumer_status;
extern const Command delete_expired_commit_log;
extern const Command delete_kv_config;
extern const Command delete_sub_group;
extern const Command delete_topic;
extern const Command dump_compaction_log;
extern const Command export_configs;
extern const Command export_metadata;
extern const Command export_metrics;
extern const Command get_broker_config;
extern const Command get_consumer_config;
extern const Command get_namesrv_config;
extern const Command group_status;
extern const Command ha_status;
extern const Command metrics;
extern const Command print_msg;
extern const Command print_msg_by_queue;
extern const Command producer;
extern const Command producer_connection;
extern const Command query_cq;
extern const Command query_msg_by_id;
extern const Command query_msg_by_key;
extern const Command query_msg_by_offset;
extern const Command query_msg_by_unique_key;
extern const Command query_msg_trace_by_id;
extern const Command remapping_static_topic;
extern const Command reset_offset_by_time;
extern const Command send_message;
extern const Command send_msg_status;
extern const Command set_consume_mode;
extern const Command skip_accumulated_message;
extern const Command start_monitoring;
extern const Command stats_all;
extern const Command topic_cluster_list;
extern const Command topic_list;
extern const Command topic_route;
extern const Command topic_status;
extern const Command transfer_leader;
extern const Command update_broker_config;
extern const Command update_kv_config;
extern const Command update_namesrv_config;
extern const Command update_order_conf;
extern const Command update_static_topic;
extern const Command update_sub_group;
extern const Command update_sub_group_list;
extern const Command update_topic;
extern const Command update_topic_list;
extern const Command update_topic_perm;
extern const Command wipe_write_perm;

}  // namespace tern::cli::commands
