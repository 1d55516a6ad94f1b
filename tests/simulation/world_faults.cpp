// What goes wrong in a run, and how it ends.
#include <algorithm>

#include "simulation/world.hpp"

namespace tern::simulation {
namespace {

constexpr Duration death_patience = 10s;  // For a death that waits for an operation that does not come.
constexpr Duration stop_patience = 60s;
constexpr std::uint64_t operations_of_a_stop = 40;
constexpr Duration pause_before_next_start = 1s;
constexpr Duration trouble_lingers = 15s;  // A failed write or sync may be noticed later.
constexpr Duration good_bye_time = 500ms;  // Between a consumer's stop and the end of its process.
constexpr std::chrono::milliseconds clock_step_max{10'000};

}  // namespace

void World::at(Duration delay, std::function<void()> work) {
    time_.schedule(time_.now() + delay, nullptr, [work = std::move(work)] { work(); });
}

void World::inject(const Fault& fault) {
    if (is_over_) return;
    trace_.add("world", LogLevel::info, fault_name(fault.kind), {});
    if (fault.kind <= FaultKind::stall_broker) return inject_in_broker(fault);
    if (fault.kind <= FaultKind::stall_disk) return inject_in_disk(fault);
    if (fault.kind <= FaultKind::kill_name_servers) return inject_in_network(fault);
    inject_in_clients(fault);
}

void World::inject_in_broker(const Fault& fault) {
    if (!broker_->is_up()) return;
    switch (fault.kind) {
        case FaultKind::stop_broker:
            if (broker_->is_stopping()) return;
            broker_->stop([this, lasts = fault.lasts](Result<> stopped) {
                if (!stopped && !is_disk_in_trouble())
                    return fail("the broker does not stop: " + stopped.error().detail);
                if (!stopped) history_->unsynced_lost(broker_->machine().disk().durable_end());
                disarm();
                if (stopped) reach(RareState::clean_restart);
                start_broker_later(lasts);
            });
            if (fault.chance % 2 == 0) arm_death_while_stopping(fault);
            return at(stop_patience, [this, starts = broker_->starts()] {
                if (broker_->is_stopping() && broker_->starts() == starts)
                    fail("the broker does not end its stop");
            });
        case FaultKind::stall_broker:
            return broker_->machine().process().stall_until(time_.now() + fault.lasts);
        default:
            return arm_death(fault);
    }
}

void World::arm_death(const Fault& fault) {
    if (armed_) return;
    armed_ = fault;
    if (fault.death.when == Death::When::in_start) death_in_start_ = fault;
    if (fault.death.when == Death::When::at_once || fault.death.when == Death::When::in_start)
        return broker_dies();
    if (fault.death.when == Death::When::after_events) {
        death_at_step_ = time_.steps() + fault.death.count;
        return;
    }
    arm_death_in_operation(fault);
}

void World::arm_death_in_operation(const Fault& fault) {
    armed_ = fault;
    broker_->machine().disk().die({fault.death.count, fault.death.part});
    at(death_patience, [this, starts = broker_->starts()] {
        if (armed_ && broker_->is_up() && broker_->starts() == starts) broker_dies();
    });
}

void World::arm_death_while_stopping(const Fault& fault) {
    if (armed_) return;
    Fault death = fault;
    death.kind = fault.chance % 4 == 0 ? FaultKind::cut_power_of_broker : FaultKind::kill_broker;
    death.death = {Death::When::in_operation, 1 + fault.chance / 4 % operations_of_a_stop, {}};
    arm_death_in_operation(death);
}

void World::disarm() {
    armed_.reset();
    death_at_step_.reset();
    broker_->machine().disk().spare();
}

// Between two events, or out of one that has not come to its end.
void World::broker_dies() {
    death_at_step_.reset();
    if (!armed_) return;
    const Fault fault = *std::exchange(armed_, std::nullopt);
    if (!broker_->is_up()) return start_broker_later(fault.lasts);
    const bool power_is_lost = fault.kind == FaultKind::cut_power_of_broker;
    observe_death(power_is_lost);
    trace_.add("world", LogLevel::info, power_is_lost ? "power_lost" : "killed",
               {{"path", broker_->machine().disk().last_path()},
                {"durable", broker_->machine().disk().durable_end().value()}});
    if (power_is_lost) {
        broker_->lose_power();
        history_->unsynced_lost(broker_->machine().disk().durable_end());
        observe_loss_of_power();
    } else {
        broker_->kill();
    }
    start_broker_later(fault.lasts);
}

// The broker has ended itself.
void World::broker_failed(const Error& why) {
    trace_.add("world", LogLevel::info, "broker_ended_itself", {{"why", why.detail}});
    if (why.detail.empty()) fail("the broker ended itself without a word");
    if (!is_disk_in_trouble()) fail("the broker ended itself: " + why.detail);
    const auto& faults = broker_->machine().bare_disk().faults();
    if (faults.sync_failures > 0) reach(RareState::sync_failed);
    if (faults.write_failures > 0) reach(RareState::write_failed);
    history_->unsynced_lost(broker_->machine().disk().durable_end());
    disarm();
    start_broker_later(pause_before_next_start);
}

void World::start_broker_later(Duration delay) {
    if (std::exchange(broker_start_scheduled_, true)) return;
    at(delay, [this] {
        broker_start_scheduled_ = false;
        start_broker();
    });
}

void World::start_broker() {
    if (broker_->is_up()) return;
    snapshots_since_start_ = 0;
    if (death_in_start_) arm_death_in_operation(*std::exchange(death_in_start_, std::nullopt));
    if (const auto started = broker_->start(); started) {
        trace_.add("world", LogLevel::info, "broker_started", {});
        broker_started_at_ = time_.now();
        return;
    } else if (!is_disk_in_trouble()) {
        return fail("the broker does not start: " + started.error().detail);
    } else {
        trace_.add("world", LogLevel::info, "start_failed", {{"why", started.error().detail}});
    }
    if (broker_->machine().bare_disk().faults().read_failures > 0) reach(RareState::read_failed_at_start);
    start_broker_later(pause_before_next_start);
}

void World::expect_disk_trouble(Duration duration) {
    disk_trouble_until_ = std::max(disk_trouble_until_, time_.now() + duration + trouble_lingers);
    at(duration, [this] { broker_->machine().bare_disk().set_faults(scenario_.disk); });
}

void World::inject_in_disk(const Fault& fault) {
    auto& disk = broker_->machine().bare_disk();
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
            reach(RareState::disk_full);
            break;
        }
        default:
            faults.stalled_until = time_.now() + fault.lasts;
            break;
    }
    disk.set_faults(faults);
    expect_disk_trouble(fault.lasts);
    if (fault.kind == FaultKind::fail_reads_at_start && broker_->is_up() && !armed_) {
        armed_ = Fault{.kind = FaultKind::kill_broker, .lasts = 1ms};
        broker_dies();
    }
}

void World::inject_in_network(const Fault& fault) {
    std::vector<std::string> others;
    for (const auto& server : name_servers_) others.push_back(server->machine().address());
    for (const auto& client : clients_)
        if (client->is_alive()) others.push_back(client->address());
    const auto& broker_machine = broker_->machine().address();
    const auto& other = others[fault.chance % others.size()];
    switch (fault.kind) {
        case FaultKind::reset_connections: {
            const bool is_sending = std::ranges::any_of(clients_, [](const auto& client) {
                return client->is_alive() && client->producer() && client->producer()->under_way() > 0;
            });
            if (is_sending) reach(RareState::connection_reset_under_send);
            return network_.reset_connections(fault.chance % 3 == 0 ? broker_machine : other,
                                              1 + fault.chance % 2);
        }
        case FaultKind::partition_broker:
            reach(RareState::partition_of_the_broker);
            network_.partition(broker_machine, other);
            return at(fault.lasts, [this, broker_machine, other] { network_.heal(broker_machine, other); });
        case FaultKind::slow_network: {
            auto conditions = scenario_.network;
            conditions.latency_max = 400ms;
            network_.set_conditions(conditions);
            return at(fault.lasts, [this] { network_.set_conditions(scenario_.network); });
        }
        case FaultKind::kill_name_server:
            return restart_name_server(fault.chance % name_servers_.size(), fault.lasts);
        default:
            for (std::size_t i = 0; i < name_servers_.size(); ++i) restart_name_server(i, fault.lasts);
            return reach(RareState::name_servers_all_down);
    }
}

void World::restart_name_server(std::size_t index, Duration delay) {
    if (!name_servers_[index]->is_up()) return;
    name_servers_[index]->kill();
    at(delay, [this, index] {
        if (auto started = name_servers_[index]->start(); !started)
            fail("a NameServer does not start again: " + started.error().detail);
    });
}

void World::inject_in_clients(const Fault& fault) {
    using std::chrono::milliseconds;
    if (fault.kind == FaultKind::set_clock_back || fault.kind == FaultKind::set_clock_forward) {
        const milliseconds step{
            1 + static_cast<std::int64_t>(fault.chance % static_cast<std::uint64_t>(clock_step_max.count()))};
        const bool back = fault.kind == FaultKind::set_clock_back;
        auto& machine = broker_->machine();
        if (back) clock_set_back_ += step;
        if (back) reach(RareState::clock_set_back);
        return machine.set_wall_error(machine.wall_error() + (back ? -step : step));
    }
    std::vector<ClientHost*> candidates;
    for (const auto& client : clients_)
        if (client->is_alive() && (fault.kind == FaultKind::kill_client || client->consumer()))
            candidates.push_back(client.get());
    if (candidates.empty()) return;
    auto& victim = *candidates[fault.chance % candidates.size()];
    if (fault.kind == FaultKind::kill_client) {
        const bool has_messages = (victim.consumer() && victim.consumer()->unfinished() > 0) ||
                                  (victim.producer() && victim.producer()->under_way() > 0);
        if (has_messages) reach(RareState::client_died_with_messages);
        return replace_client(victim, fault.lasts);
    }
    victim.consumer()->stop();
    at(good_bye_time, [this, &victim, lasts = fault.lasts] {
        if (victim.is_alive()) replace_client(victim, lasts);
    });
}

// A producer that has died stays dead: nobody else knows what it was about to send.
void World::replace_client(ClientHost& host, Duration delay) {
    trace_.add("world", LogLevel::info, "client_dies", {{"client", host.client().id()}});
    const std::string group = host.consumer() ? host.consumer()->group() : std::string{};
    host.kill();
    const auto plan =
        std::ranges::find(scenario_.groups, group, [](const GroupPlan& one) { return one.plan.group; });
    if (plan != scenario_.groups.end()) at(delay, [this, plan] { start_member(*plan); });
}

// From now on nothing new goes wrong, and all that is broken is mended.
void World::heal() {
    is_over_ = true;
    trace_.add("world", LogLevel::info, "heals", {});
    network_.heal_all();
    network_.set_conditions({});
    broker_->machine().bare_disk().set_faults(scenario_.disk);
    disarm();
    death_in_start_.reset();
    if (!broker_->is_up()) start_broker_later(Duration::zero());
}

}  // namespace tern::simulation
