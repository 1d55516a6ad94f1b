// States that a good set of seeds has been in: a campaign that never crashed in the middle of a roll has
// proved nothing about rolls. They are seen from outside, from the disk, the log lines and the clients.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tern::simulation {

enum class RareState {
    killed_with_unsynced_log,
    power_lost_with_unsynced_log,
    power_lost_with_sync_under_way,
    torn_tail,
    unsynced_acknowledgements_voided,
    crash_in_a_roll,
    crash_in_a_snapshot,
    crash_after_a_snapshot,
    crash_in_an_epoch,
    crash_in_a_checkpoint,
    crash_in_recovery,
    crash_while_stopping,
    clean_restart,
    replayed_from_a_snapshot,
    replayed_without_a_snapshot,
    sync_failed,
    write_failed,
    disk_full,
    read_failed_at_start,
    flush_timed_out,
    held_pull_across_restart,
    rebalance_under_crash,
    locked_queue_across_restart,
    delayed_message_across_crash,
    message_sent_back_across_crash,
    dead_letter_across_crash,
    batch_under_crash,
    connection_reset_under_send,
    partition_of_the_broker,
    clock_set_back,
    name_servers_all_down,
    client_died_with_messages,
    // Of groups of brokers.
    leader_died_under_load,
    two_leaders_of_different_terms,
    diverged_tail_cut,
    send_settled_from_log,
    leader_left_a_stalled_disk,
    send_forwarded,
    forwarded_while_stopping,
    held_without_leader,
    transfer_under_load,
    minority_acknowledged_nothing,
    member_caught_up_across_segments,
    log_read_ahead_for_a_member,
    lost_tail_taken_back,
    all_members_restarted,
    slave_read_without_a_master,
    vote_split,
    went_on_across_a_bridge,
    went_on_beside_a_one_way_partition,
    went_on_beside_a_slow_member,
    stalled_leader_was_replaced,
    came_together_with_clocks_that_drift,
    slave_was_late,
    slave_was_missing,
    master_refused_for_want_of_copies,
    member_without_memory,
    memory_of_a_minority_lost,
    memory_of_a_majority_lost,
    // Of segments that expire.
    segments_expired,
    snapshot_installed,
    blank_member_installed,
    installation_cut_short_by_its_member,
    installation_cut_short_by_its_leader,
    leader_once_installed,
    // Of disks that change what they have.
    rot_mended,
    misdirected_write_mended,
    // Of several groups.
    sent_again_to_another_group,
};
inline constexpr std::size_t rare_state_count =
    static_cast<std::size_t>(RareState::sent_again_to_another_group) + 1;

std::string_view rare_state_name(RareState state);

// How often each was reached.
class RareStates {
public:
    void reach(RareState state) { ++counts_[static_cast<std::size_t>(state)]; }
    std::uint64_t count(RareState state) const { return counts_[static_cast<std::size_t>(state)]; }
    void add(const RareStates& other) {
        for (std::size_t i = 0; i < rare_state_count; ++i) counts_[i] += other.counts_[i];
    }

private:
    std::array<std::uint64_t, rare_state_count> counts_{};
};

}  // namespace tern::simulation
