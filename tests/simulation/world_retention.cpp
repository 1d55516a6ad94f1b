// Segments that expire in a run: how disks fill, who is away for too long, and how what is sent to him then
// is cut short.
#include <algorithm>

#include "replication/group.hpp"
#include "simulation/world.hpp"
#include "store/message_store.hpp"

namespace tern::simulation {
namespace {

constexpr std::int64_t percent_used_when_crowded = 40;  // Above the ratio of forcible cleaning.
constexpr std::int64_t crowded_from_segments = 4;  // With less on it there would be no room for anything.
constexpr std::uint64_t operations_of_an_installation = 40;
constexpr std::uint64_t events_of_an_installation = 30;
constexpr Duration installed_after = 3s;  // From the return of the member.

}  // namespace

void World::inject_in_retention(Member& member, const Fault& fault) {
    if (fault.kind == FaultKind::leave_behind) return leave_behind(member, fault);
    crowd_disks();
    at(fault.lasts, [this] {
        for (const auto& one : members_)
            if (!is_disk_in_trouble(*one)) one->machine().bare_disk().set_faults(scenario_.disk);
    });
}

// There is room for what is still to come, also for who has to get all from the others: nothing is refused.
void World::crowd_disks() {
    std::int64_t used = 0;
    for (const auto& member : members_) {
        const auto space = member->machine().bare_disk().space(std::string{store_root});
        if (space) used = std::max(used, space->total_bytes - space->free_bytes);
    }
    if (used < crowded_from_segments * scenario_.segment_size) return;
    for (const auto& member : members_) {
        if (is_disk_in_trouble(*member)) continue;
        auto faults = member->machine().bare_disk().faults();
        faults.capacity_bytes = used * 100 / percent_used_when_crowded;
        member->machine().bare_disk().set_faults(faults);
    }
}

// One that loses its disk is the only one that does in a run: what it had acknowledged is on the disks of a
// majority with it, and so of one more.
void World::leave_behind(Member& any, const Fault& fault) {
    Member& member = scenario_.brokers == Brokers::slaves && any.index == 0 ? *any.group.members.back() : any;
    member.away_until = time_.now() + fault.lasts;
    member.left_behind = fault;
    const bool loses_disk = fault.chance % 2 == 0;
    // Later it is to lead, with what it was given.
    if (scenario_.brokers == Brokers::raft)
        at(fault.lasts + installed_after, [this, &member] {
            transfer_leadership(member, {.kind = FaultKind::transfer_leadership, .chance = 2 * member.index});
        });
    disarm(member);
    if (member.host.is_up()) {
        member.armed = Fault{.kind = fault.chance % 3 == 0 || loses_disk ? FaultKind::cut_power_of_broker
                                                                         : FaultKind::kill_broker,
                             .lasts = fault.lasts};
        broker_dies(member);
    }
    if (!loses_disk) return;
    trace_.add("world", LogLevel::info, "disk_lost", {{"broker", member.name()}});
    member.lost_disk_had = member.machine().disk().durable_end();
    member.machine().replace_disk();
    member.is_blank = true;
}

// After every event.
void World::watch_log_begin(Member& member, const broker::Broker::Inside& inside) {
    note_committed(member.group);
    const auto& probe = inside.group.probe();
    const auto begin = inside.store.commit_log().begin();
    if (probe.snapshots_installed > member.installed) {
        ++report_.installations;
        reach(RareState::snapshot_installed);
        if (std::exchange(member.is_blank, false)) reach(RareState::blank_member_installed);
        member.has_installed_ever = true;
        member.offered.reset();
    } else if (begin > member.log_begin) {
        ++report_.expired;
        reach(RareState::segments_expired);
        member.group.history->expired(begin, when_committed(member.group, begin));
    }
    member.installed = probe.snapshots_installed;
    member.log_begin = begin;
    if (member.has_installed_ever && inside.group.leads()) {
        reach(RareState::leader_once_installed);
        member.has_installed_ever = false;
    }
}

// What is sent once so much is committed lies behind it, unless the log has lost it again.
void World::note_committed(BrokerGroup& group) {
    auto& when = group.segment_committed_at;
    const auto segments = static_cast<std::size_t>(group.oracle.committed().value() / scenario_.segment_size);
    if (segments < when.size()) when.resize(segments);
    while (when.size() < segments) when.push_back(group.history->now());
}

Moment World::when_committed(const BrokerGroup& group, PhysicalOffset place) const {
    const auto segments = static_cast<std::size_t>(place.value() / scenario_.segment_size);
    return segments == 0 ? Moment{} : group.segment_committed_at.at(segments - 1);
}

void World::observe_offer(Member& leader, std::size_t index) {
    if (index >= leader.group.members.size()) return;
    Member& member = *leader.group.members[index];
    member.offered = leader.index;
    if (member.left_behind && !is_over_) cut_installation_short(member, leader);
}

// Either of the two dies, or none: after some operations of its disk, or after some events.
void World::cut_installation_short(Member& member, Member& leader) {
    const Fault left_behind = *std::exchange(member.left_behind, std::nullopt);
    const auto chance = left_behind.chance / 6;
    if (chance % 4 == 0) return;
    Member& dies = chance % 4 == 1 ? leader : member;
    if (dies.armed || !dies.host.is_up()) return;
    Fault fault{.kind = chance / 4 % 2 == 0 ? FaultKind::kill_broker : FaultKind::cut_power_of_broker,
                .lasts = 100ms};
    if (chance % 4 == 3) {
        fault.death = {Death::When::in_operation, 1 + chance / 8 % operations_of_an_installation, {}};
    } else {
        fault.death = {Death::When::after_events, 1 + chance / 8 % events_of_an_installation, {}};
    }
    arm_death(dies, fault);
}

void World::observe_cut_installations(const Member& died) {
    for (const auto& member : died.group.members) {
        if (!member->offered) continue;
        if (member.get() == &died) {
            reach(RareState::installation_cut_short_by_its_member);
        } else if (*member->offered == died.index) {
            reach(RareState::installation_cut_short_by_its_leader);
        } else {
            continue;
        }
        member->offered.reset();
    }
}

}  // namespace tern::simulation
