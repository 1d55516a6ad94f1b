#include "cli/commands.hpp"

namespace tern::cli {

std::span<const Command* const> all_commands() {
    using namespace commands;
    static constexpr const Command* all[] = {
        &update_topic,
        &update_topic_list,
        &delete_topic,
        &update_sub_group,
        &update_sub_group_list,
        &delete_sub_group,
        &update_broker_config,
        &update_topic_perm,
        &topic_route,
        &topic_status,
        &topic_cluster_list,
        &broker_status,
        &query_msg_by_id,
        &query_msg_by_key,
        &query_msg_by_unique_key,
        &query_msg_by_offset,
        &query_msg_trace_by_id,
        &print_msg,
        &print_msg_by_queue,
        &send_msg_status,
        &broker_consume_stats,
        &producer_connection,
        &consumer_connection,
        &consumer_progress,
        &consumer_status,
        &clone_group_offset,
        &producer,
        &cluster_list,
        &topic_list,
        &update_kv_config,
        &delete_kv_config,
        &wipe_write_perm,
        &add_write_perm,
        &reset_offset_by_time,
        &skip_accumulated_message,
        &update_order_conf,
        &clean_expired_cq,
        &delete_expired_commit_log,
        &clean_unused_topic,
        &stats_all,
        &check_msg_send_rt,
        &get_namesrv_config,
        &update_namesrv_config,
        &get_broker_config,
        &get_consumer_config,
        &query_cq,
        &send_message,
        &consume_message,
        &ha_status,
        &group_status,
        &transfer_leader,
    };
    return all;
}

}  // namespace tern::cli
