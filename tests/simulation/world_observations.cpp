// Which rare states a run has been in.
#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "model/message_record.hpp"
#include "simulation/evidence.hpp"
#include "simulation/world.hpp"

namespace tern::simulation {
namespace {

constexpr Duration just_now = 20ms;
constexpr Duration held_for_long = 1s;

std::optional<std::int64_t> first_field(const TraceLine& line) {
    const std::string_view first = std::string_view{line.fields}.substr(0, line.fields.find(' '));
    const auto number = parse_number<std::int64_t>(first.substr(first.find('=') + 1));
    return number ? std::optional{*number} : std::nullopt;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

bool was_any_sent_to_both(const History& one, const History& other) {
    std::set<std::string_view> keys;
    for (const auto& send : one.sends()) keys.insert(send.key);
    return std::ranges::any_of(other.sends(), [&](const Send& send) { return keys.contains(send.key); });
}

}  // namespace

// Called while the broker is still there, as it is in the moment of its death.
void World::observe_death(Member& member, bool power_is_lost) {
    const auto& disk = member.machine().disk();
    if (disk.log_has_unsynced_writes())
        reach(power_is_lost ? RareState::power_lost_with_unsynced_log : RareState::killed_with_unsynced_log);
    if (power_is_lost && disk.log_is_syncing()) reach(RareState::power_lost_with_sync_under_way);
    if (member.host.is_starting()) reach(RareState::crash_in_recovery);
    if (member.host.is_stopping()) reach(RareState::crash_while_stopping);
    if (member.snapshots_since_start > 0) reach(RareState::crash_after_a_snapshot);
    if (is_group() && &member == leading_member(member.group) && is_any_producer_sending())
        reach(RareState::leader_died_under_load);
    observe_interrupted_work(member);
    observe_clients_at_death();
    observe_messages_at_death(*member.group.history);
}

void World::observe_interrupted_work(Member& member) {
    const auto& disk = member.machine().disk();
    if (time_.now() - disk.last_at() > just_now) return;
    const auto& path = disk.last_path();
    const bool changes_segments = contains(path, "/commitlog") &&
                                  disk.last_operation() != DiskOperation::write &&
                                  disk.last_operation() != DiskOperation::sync;
    if (contains(path, "next-segment") || (changes_segments && !member.host.is_starting()))
        reach(RareState::crash_in_a_roll);
    if (contains(path, "/snapshot")) reach(RareState::crash_in_a_snapshot);
    if (contains(path, "/epochs")) reach(RareState::crash_in_an_epoch);
    if (contains(path, "position") || contains(path, "checkpoint") || contains(path, "/consumequeue"))
        reach(RareState::crash_in_a_checkpoint);
}

void World::observe_clients_at_death() {
    for (const auto& client : clients_) {
        if (!client->is_alive()) continue;
        if (client->producer() && client->producer()->is_batching() && client->producer()->under_way() > 0)
            reach(RareState::batch_under_crash);
        if (!client->consumer()) continue;
        if (client->consumer()->has_pull_held_for(held_for_long)) reach(RareState::held_pull_across_restart);
        if (client->consumer()->is_rebalancing()) reach(RareState::rebalance_under_crash);
        if (client->consumer()->has_locked_queue()) reach(RareState::locked_queue_across_restart);
    }
}

void World::observe_messages_at_death(const History& history) {
    bool delayed = false;
    bool sent_back = false;
    bool dead = false;
    for (const auto& send : history.sends()) {
        const bool is_waiting = send.delay > Duration::zero() && send.outcome == Outcome::acknowledged &&
                                time_.now() < send.started.at + send.delay;
        delayed |= is_waiting && send.reconsume_times == 0;
        sent_back |= is_waiting && send.reconsume_times > 0;
        dead |=
            send.topic.starts_with(dead_letter_topic_prefix) && time_.now() - send.started.at < held_for_long;
    }
    if (delayed) reach(RareState::delayed_message_across_crash);
    if (sent_back) reach(RareState::message_sent_back_across_crash);
    if (dead) reach(RareState::dead_letter_across_crash);
}

// Called when the disk is as it is after the loss, and nobody has looked at it.
void World::observe_loss_of_power(Member& member) {
    if (log_is_torn(member)) reach(RareState::torn_tail);
    const auto durable = member.machine().disk().durable_end();
    const bool voids = std::ranges::any_of(member.group.history->sends(), [&](const Send& send) {
        return send.outcome == Outcome::acknowledged && send.record_at && *send.record_at >= durable;
    });
    if (voids) reach(RareState::unsynced_acknowledgements_voided);
}

// Whether there are bytes behind the last whole record of some segment that are no record and no zeros.
bool World::log_is_torn(Member& member) {
    auto& disk = member.machine().bare_disk();
    const std::string directory = std::string{store_root} + "/commitlog";
    const auto segments = disk.list(directory);
    if (!segments) return false;
    return std::ranges::any_of(*segments, [&](const io::DirectoryEntry& segment) {
        const auto content = io::read_file(disk, directory + "/" + segment.name);
        if (!content) return false;
        std::string_view rest = *content;
        while (const auto record = model::decode_record(rest, model::VerifyBody::yes))
            rest.remove_prefix(record->bytes.size());
        const auto preamble = model::read_record_preamble(rest);
        const bool is_full = preamble && preamble->magic == model::blank_magic;
        return !is_full && rest.find_first_not_of('\0') != std::string_view::npos;
    });
}

// No snapshot covers bytes that are not flushed (ARCHITECTURE.md, 5).
void World::observe_snapshot(Member& member, const TraceLine& line) {
    ++member.snapshots_since_start;
    const auto position = first_field(line);
    if (!position || PhysicalOffset{*position} > member.machine().disk().durable_end())
        fail("the snapshot is ahead of the flush: " + line.text());
}

// Lines are the processes' own account; an error in it is a failure unless its disk is in trouble.
void World::observe_line(const TraceLine& line) {
    if (line.process == "world") return;
    const auto found = std::ranges::find_if(
        members_, [&](const auto& one) { return line.process.starts_with(one->name()); });
    const bool is_excused = found != members_.end() && is_disk_in_trouble(**found);
    if (line.level == LogLevel::error && !is_excused) fail("an error was logged: " + line.text());
    if (found == members_.end()) return;
    if (line.event == "disk_full") reach(RareState::disk_full);
    if (line.event == "snapshot_written") observe_snapshot(**found, line);
    if (is_group()) observe_line_of_group(**found, line);
    if (line.event != "tables_restored" || contains(line.fields, "replayed=0")) return;
    reach(contains(line.fields, "snapshot=0 ") ? RareState::replayed_without_a_snapshot
                                               : RareState::replayed_from_a_snapshot);
}

void World::observe_line_of_group(Member& of, const TraceLine& line) {
    constexpr std::string_view candidate = "Candidate, term=";
    if (line.event == "diverged_tail_cut") {
        ++report_.cuts;
        reach(RareState::diverged_tail_cut);
    }
    if (line.event == "snapshot_offered")
        if (const auto member = first_field(line)) observe_offer(of, static_cast<std::size_t>(*member));
    if (line.event == "memory_lost") reach(RareState::member_without_memory);
    const bool acknowledged_nothing = line.event == "reign_ended" &&
                                      contains(line.fields, "lost_quorum=yes") &&
                                      !contains(line.fields, "waiting=0");
    if (acknowledged_nothing) reach(RareState::minority_acknowledged_nothing);
    if (!line.event.starts_with(candidate)) return;
    ++report_.elections;
    const auto term = parse_number<std::int64_t>(std::string_view{line.event}.substr(candidate.size()));
    const auto [first, is_new] = of.group.candidates.emplace(term.value_or(0), line.process);
    if (!is_new && first->second != line.process) reach(RareState::vote_split);
}

bool World::is_any_producer_sending() const {
    return std::ranges::any_of(clients_, [](const auto& client) {
        return client->is_alive() && client->producer() && client->producer()->under_way() > 0;
    });
}

void World::observe_clients_in_the_end() {
    for (const auto& client : clients_) {
        if (const auto& producer = client->producer()) {
            using enum remoting::ResponseCode;
            if (producer->was_answered(flush_disk_timeout)) reach(RareState::flush_timed_out);
            if (producer->was_answered(flush_slave_timeout)) reach(RareState::slave_was_late);
            if (producer->was_answered(slave_not_available)) reach(RareState::slave_was_missing);
            if (producer->was_short_of_copies()) reach(RareState::master_refused_for_want_of_copies);
        }
        if (client->follower() && client->follower()->reads_of_slaves() > 0)
            reach(RareState::slave_read_without_a_master);
    }
    if (groups_.size() > 1 && was_any_sent_to_both(*groups_[0]->history, *groups_[1]->history))
        reach(RareState::sent_again_to_another_group);
}

}  // namespace tern::simulation
