// What goes wrong with the brokers and their disks in a run, and how it ends.
#include <algorithm>

#include "replication/group.hpp"
#include "simulation/world.hpp"
#include "store/message_store.hpp"

namespace tern::simulation {
namespace {

constexpr Duration death_patience = 10s;  // For a death that waits for an operation that does not come.
constexpr Duration stop_patience = 60s;
constexpr std::uint64_t operations_of_a_stop = 40;
constexpr Duration pause_before_next_start = 1s;
constexpr Duration trouble_lingers = 15s;  // A failed write or sync may be noticed later.

}  // namespace

void World::at(Duration delay, std::function<void()> work) {
    time_.schedule(time_.now() + delay, nullptr, [work = std::move(work)] { work(); });
}

void World::inject(const Fault& fault) {
    if (is_over_) return;
    auto& member = victim(fault);
    trace_.add("world", LogLevel::info, fault_name(fault.kind), {{"broker", member.name()}});
    if (fault.kind <= FaultKind::stall_broker) return inject_in_broker(member, fault);
    if (fault.kind <= FaultKind::stall_disk) return inject_in_disk(member, fault);
    if (fault.kind <= FaultKind::kill_name_servers) return inject_in_network(member, fault);
    if (fault.kind <= FaultKind::set_clock_forward) return inject_in_clients(member, fault);
    if (fault.kind <= FaultKind::slow_broker) return inject_in_group(member, fault);
    if (fault.kind <= FaultKind::leave_behind) return inject_in_retention(member, fault);
    inject_damage(member, fault);
}

Member* World::leading_member(const BrokerGroup& group) {
    const auto leads = [](const auto& member) {
        const auto inside = member->host.inside();
        return inside && inside->group.leads();
    };
    const auto found = std::ranges::find_if(group.members, leads);
    return found == group.members.end() ? nullptr : found->get();
}

bool World::another_leads(const Member& member) {
    return std::ranges::any_of(member.group.members, [&](const auto& one) {
        const auto inside = one->host.inside();
        return one.get() != &member && inside && inside->group.leads();
    });
}

Member& World::victim(const Fault& fault) {
    const auto& group = *groups_[fault.broker / 65'536 % groups_.size()];
    auto* leader = fault.broker % 2 == 0 ? leading_member(group) : nullptr;
    return leader != nullptr ? *leader : *group.members[fault.broker / 2 % group.members.size()];
}

void World::inject_in_broker(Member& member, const Fault& fault) {
    if (!member.host.is_up()) return;
    switch (fault.kind) {
        case FaultKind::stop_broker:
            if (member.host.is_stopping()) return;
            member.host.stop([this, &member, lasts = fault.lasts](Result<> stopped) {
                if (!stopped && !is_disk_in_trouble(member))
                    return fail("the broker does not stop: " + stopped.error().detail);
                if (!stopped) unsynced_lost(member, false);
                disarm(member);
                if (stopped) reach(RareState::clean_restart);
                start_broker_later(member, lasts);
            });
            if (fault.chance % 2 == 0) arm_death_while_stopping(member, fault);
            return at(stop_patience, [this, &member, starts = member.host.starts()] {
                if (member.host.is_stopping() && member.host.starts() == starts)
                    fail("the broker does not end its stop");
            });
        case FaultKind::stall_broker:
            member.machine().process().stall_until(time_.now() + fault.lasts);
            if (leading_member(member.group) != &member) return;
            return at(fault.lasts, [this, &member] {
                if (another_leads(member)) reach(RareState::stalled_leader_was_replaced);
            });
        default:
            return arm_death(member, fault);
    }
}

void World::arm_death(Member& member, const Fault& fault) {
    if (member.armed) return;
    member.armed = fault;
    if (fault.death.when == Death::When::in_start) member.death_in_start = fault;
    if (fault.death.when == Death::When::at_once || fault.death.when == Death::When::in_start)
        return broker_dies(member);
    if (fault.death.when == Death::When::after_events) {
        member.death_at_step = time_.steps() + fault.death.count;
        return;
    }
    arm_death_in_operation(member, fault);
}

void World::arm_death_in_operation(Member& member, const Fault& fault) {
    member.armed = fault;
    member.machine().disk().die({fault.death.count, fault.death.part});
    at(death_patience, [this, &member, starts = member.host.starts()] {
        if (member.armed && member.host.is_up() && member.host.starts() == starts) broker_dies(member);
    });
}

void World::arm_death_while_stopping(Member& member, const Fault& fault) {
    if (member.armed) return;
    Fault death = fault;
    death.kind = fault.chance % 4 == 0 ? FaultKind::cut_power_of_broker : FaultKind::kill_broker;
    death.death = {Death::When::in_operation, 1 + fault.chance / 4 % operations_of_a_stop, {}};
    arm_death_in_operation(member, death);
}

void World::disarm(Member& member) {
    member.armed.reset();
    member.death_at_step.reset();
    member.machine().disk().spare();
}

// Between two events, or out of one that has not come to its end.
void World::broker_dies(Member& member) {
    member.death_at_step.reset();
    if (!member.armed) return;
    const Fault fault = *std::exchange(member.armed, std::nullopt);
    if (!member.host.is_up()) return start_broker_later(member, fault.lasts);
    const bool power_is_lost =
        fault.kind == FaultKind::cut_power_of_broker || fault.kind == FaultKind::cut_power_of_all_brokers;
    observe_death(member, power_is_lost);
    if (is_group()) observe_cut_installations(member);
    trace_.add("world", LogLevel::info, power_is_lost ? "power_lost" : "killed",
               {{"broker", member.name()},
                {"path", member.machine().disk().last_path()},
                {"durable", member.machine().disk().durable_end().value()}});
    if (power_is_lost) {
        member.host.lose_power();
        unsynced_lost(member, true);
        observe_loss_of_power(member);
    } else {
        member.host.kill();
    }
    start_broker_later(member, fault.lasts);
}

// What that means for clients follows from who else has it. A slave's loss costs nobody anything
// as long as the master lives, a synchronous master's nothing that its slaves bring back to it, and of a Raft
// group of memories more than a minority has to forget.
void World::unsynced_lost(Member& member, bool memory_too) {
    auto& group = member.group;
    const auto durable = member.machine().disk().durable_end();
    if (scenario_.brokers == Brokers::raft && is_group()) {
        if (scenario_.sync_flush) return;
        if (memory_too) reach(RareState::memory_of_a_minority_lost);
        member.forgot_behind = std::min(member.forgot_behind.value_or(durable), durable);
        const auto forgot =
            std::ranges::count_if(group.members, [&](const auto& one) { return has_forgotten(*one); });
        if (static_cast<std::size_t>(forgot) <= (group.members.size() - 1) / 2) return;
        reach(RareState::memory_of_a_majority_lost);
        PhysicalOffset kept = durable;
        for (const auto& one : group.members) kept = std::min(kept, one->forgot_behind.value_or(kept));
        group.history->unsynced_lost(kept);
        return group.oracle.excuse_loss_behind(kept);
    }
    const auto has_forgotten_some = [this](const auto& one) { return one->index > 0 && has_forgotten(*one); };
    if (member.index > 0) {
        if (!is_group()) return;
        member.forgot_behind = std::max(member.forgot_behind.value_or(member.has), member.has);
        auto& master = *group.members.front();
        const auto inside = master.host.inside();
        if (!inside || !inside->group.leads())
            group.history->unsynced_lost(master.machine().disk().durable_end());
        return;
    }
    const bool is_kept = is_group() && scenario_.waits_for_a_slave() && memory_too &&
                         std::ranges::none_of(group.members, has_forgotten_some);
    group.history->unsynced_lost(durable, is_kept);
    if (!scenario_.sync_flush) group.oracle.excuse_loss_behind(durable);
}

// The broker has ended itself.
void World::broker_failed(Member& member, const Error& why) {
    trace_.add("world", LogLevel::info, "broker_ended_itself",
               {{"broker", member.name()}, {"why", why.detail}});
    if (why.detail.empty()) fail("the broker ended itself without a word");
    if (!is_disk_in_trouble(member)) fail("the broker ended itself: " + why.detail);
    const auto& faults = member.machine().bare_disk().faults();
    if (faults.sync_failures > 0) reach(RareState::sync_failed);
    if (faults.write_failures > 0) reach(RareState::write_failed);
    unsynced_lost(member, false);
    disarm(member);
    start_broker_later(member, pause_before_next_start);
}

void World::start_broker_later(Member& member, Duration delay) {
    if (std::exchange(member.start_scheduled, true)) return;
    at(delay, [this, &member] {
        member.start_scheduled = false;
        start_broker(member);
    });
}

void World::start_broker(Member& member) {
    if (member.host.is_up()) return;
    if (time_.now() < member.away_until) return start_broker_later(member, member.away_until - time_.now());
    member.snapshots_since_start = 0;
    member.installed = 0;
    member.offered.reset();
    if (member.death_in_start)
        arm_death_in_operation(member, *std::exchange(member.death_in_start, std::nullopt));
    if (const auto started = member.host.start(); started) {
        trace_.add("world", LogLevel::info, "broker_started", {{"broker", member.name()}});
        member.forwarded = {};
        member.end_at_start = member.host.inside()->store.commit_log().end();
        member.committed_at_its_start = member.group.oracle.committed();
        const auto& log = member.host.inside()->store.commit_log();
        if (log.flushed() == log.end()) member.machine().disk().log_found(log.end());
        return;
    } else if (member.damaged && started.error().code == Errc::corrupt) {
        replace_damaged_disk(member);
    } else if (!is_disk_in_trouble(member)) {
        return fail("the broker does not start: " + started.error().detail);
    } else {
        trace_.add("world", LogLevel::info, "start_failed", {{"why", started.error().detail}});
    }
    if (member.machine().bare_disk().faults().read_failures > 0) reach(RareState::read_failed_at_start);
    start_broker_later(member, pause_before_next_start);
}

void World::expect_disk_trouble(Member& member, Duration duration) {
    member.disk_trouble_until = std::max(member.disk_trouble_until, time_.now() + duration + trouble_lingers);
    at(duration, [this, &member] { member.machine().bare_disk().set_faults(scenario_.disk); });
}

void World::inject_in_disk(Member& member, const Fault& fault) {
    auto& disk = member.machine().bare_disk();
    auto faults = disk.faults();
    const auto likely = fault.chance % 2 == 0 ? std::uint32_t{1'000} : std::uint32_t{200};
    switch (fault.kind) {
        case FaultKind::fail_syncs:
            faults.sync_failures = likely;
            break;
        case FaultKind::fail_writes:
            faults.write_failures = likely;
            break;
        case FaultKind::fail_reads_at_start:
            faults.read_failures = likely;
            break;
        case FaultKind::fill_disk: {
            const auto space = disk.space(std::string{store_root});
            if (!space) return;
            faults.capacity_bytes =
                space->total_bytes - space->free_bytes + static_cast<std::int64_t>(fault.chance % 65'536);
            break;
        }
        default:
            faults.stalled_until = time_.now() + fault.lasts;
            break;
    }
    disk.set_faults(faults);
    expect_disk_trouble(member, fault.lasts);
    if (fault.kind == FaultKind::fail_reads_at_start && member.host.is_up() && !member.armed) {
        member.armed = Fault{.kind = FaultKind::kill_broker, .lasts = 1ms};
        broker_dies(member);
    }
}

// From now on nothing new goes wrong, and all that is broken is mended.
void World::heal() {
    is_over_ = true;
    trace_.add("world", LogLevel::info, "heals", {});
    network_.heal_all();
    network_.set_conditions({});
    for (const auto& member : members_) {
        member->machine().bare_disk().set_faults(scenario_.disk);
        disarm(*member);
        member->death_in_start.reset();
        member->away_until = {};
        member->left_behind.reset();
        if (!member->host.is_up()) start_broker_later(*member, Duration::zero());
    }
}

}  // namespace tern::simulation
