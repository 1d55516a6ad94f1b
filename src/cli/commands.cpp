#include "cli/commands.hpp"

namespace tern::cli {

std::span<const Command* const> all_commands() {
    using namespace commands;
    static constexpr const Command* all[] = {
        &update_topic,
        &delete_topic,
        &update_sub_group,
        &delete_sub_group,
        &update_broker_config,
        &topic_route,
        &topic_status,
        &topic_cluster_list,
        &broker_status,
        &query_msg_by_id,
        &query_msg_by_key,
        &query_msg_by_unique_key,
        &query_msg_by_offset,
        &print_msg,
        &producer_connection,
        &consumer_connection,
        &consumer_progress,
        &cluster_list,
        &topic_list,
        &wipe_write_perm,
        &add_write_perm,
        &get_namesrv_config,
        &update_namesrv_config,
        &get_broker_config,
        &send_message,
        &consume_message,
        &ha_status,
        &group_status,
        &transfer_leader,
    };
    return all;
}

}  // namespace tern::cli
