// What goes wrong between the machines, with the clients, and with a group of brokers as a whole.
#include <algorithm>

#include "remoting/header/group.hpp"
#include "replication/group.hpp"
#include "simulation/world.hpp"

namespace tern::simulation {
namespace {

constexpr Duration good_bye_time = 500ms;  // Between a consumer's stop and the end of its process.
constexpr Duration apart_for_long = 3s;    // For several elections to take place meanwhile.
constexpr std::chrono::milliseconds clock_step_max{10'000};
constexpr Duration delay_of_a_slow_broker = 150ms;

}  // namespace

// NameServers and clients.
std::vector<std::string> World::addresses_of_others() const {
    std::vector<std::string> others;
    for (const auto& server : name_servers_) others.push_back(server->machine().address());
    for (const auto& client : clients_)
        if (client->is_alive()) others.push_back(client->address());
    return others;
}

void World::inject_in_network(Member& member, const Fault& fault) {
    const auto others = addresses_of_others();
    const auto& broker_machine = member.machine().address();
    const auto& other = others[fault.chance % others.size()];
    switch (fault.kind) {
        case FaultKind::reset_connections: {
            if (is_any_producer_sending()) reach(RareState::connection_reset_under_send);
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

void World::inject_in_clients(Member& member, const Fault& fault) {
    using std::chrono::milliseconds;
    if (fault.kind == FaultKind::set_clock_back || fault.kind == FaultKind::set_clock_forward) {
        const milliseconds step{
            1 + static_cast<std::int64_t>(fault.chance % static_cast<std::uint64_t>(clock_step_max.count()))};
        const bool back = fault.kind == FaultKind::set_clock_back;
        auto& machine = member.machine();
        if (back) clock_set_back_ += step;
        clock_steps_ += step;
        if (back) reach(RareState::clock_set_back);
        return machine.set_wall_error(machine.wall_error() + (back ? -step : step));
    }
    std::vector<ClientHost*> candidates;
    for (const auto& client : clients_)
        if (client->is_alive() && client.get() != administrator_ &&
            (fault.kind == FaultKind::kill_client || client->consumer()))
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
    if (plan != scenario_.groups.end()) at(delay, [this, plan] { start_consumer(*plan); });
}

void World::inject_in_group(Member& member, const Fault& fault) {
    auto& group = member.group;
    const auto size = group.members.size();
    auto& other = *group.members[(member.index + 1 + fault.chance % (size - 1)) % size];
    const auto& here = member.machine().address();
    const auto& there = other.machine().address();
    switch (fault.kind) {
        case FaultKind::kill_all_brokers:
        case FaultKind::cut_power_of_all_brokers:
            return kill_all(group, fault);
        case FaultKind::transfer_leadership:
            return transfer_leadership(member, fault);
        case FaultKind::isolate_broker:
            return isolate(member, fault);
        case FaultKind::part_brokers:
            network_.partition(here, there);
            return at(fault.lasts, [this, here, there, &group, goes_on = watch_goes_on(group)] {
                const bool is_bridged = scenario_.brokers == Brokers::raft && group.members.size() > 2;
                if (is_bridged && goes_on()) reach(RareState::went_on_across_a_bridge);
                network_.heal(here, there);
            });
        case FaultKind::deafen_broker: {
            const bool is_mute = fault.chance % 2 == 0;
            for (const auto& one : group.members) {
                const auto& address = one->machine().address();
                if (address == here) continue;
                network_.cut(is_mute ? here : address, is_mute ? address : here);
                at(fault.lasts, [this, here, address] { network_.heal(here, address); });
            }
            return at(fault.lasts, [this, goes_on = watch_goes_on(group)] {
                if (goes_on()) reach(RareState::went_on_beside_a_one_way_partition);
            });
        }
        default:
            network_.slow_down(here, delay_of_a_slow_broker);
            return at(fault.lasts, [this, here, goes_on = watch_goes_on(group)] {
                if (goes_on()) reach(RareState::went_on_beside_a_slow_member);
                network_.slow_down(here, {});
            });
    }
}

// Whether all its members have been up all the while since, and it has committed something.
std::function<bool()> World::watch_goes_on(BrokerGroup& group) {
    std::vector<std::uint64_t> lives;
    for (const auto& member : group.members)
        lives.push_back(member->host.is_up() ? member->host.starts() : 0);
    return [&group, lives, before = group.oracle.committed()] {
        const auto is_as_before = [&](const auto& member) {
            return member->host.is_up() && member->host.starts() == lives[member->index];
        };
        return group.oracle.committed() > before && std::ranges::all_of(group.members, is_as_before);
    };
}

void World::kill_all(BrokerGroup& group, const Fault& fault) {
    for (const auto& member : group.members) {
        if (!member->host.is_up() || member->armed) continue;
        member->armed = fault;
        member->all_died_together = true;
        broker_dies(*member);
    }
}

// Sometimes to a member that is named, and sometimes asked of one that does not lead.
void World::transfer_leadership(Member& member, const Fault& fault) {
    if (is_any_producer_sending()) reach(RareState::transfer_under_load);
    auto& host = new_client("operator");
    const std::string to = "n" + std::to_string(fault.chance / 2 % member.group.members.size());
    remoting::TransferLeadershipRequest request;
    if (fault.chance % 2 == 0) request.to = to;
    host.client().call(member.host.text(), request, {}, control_timeout, [](Result<remoting::Command>) {});
    at(2 * control_timeout, [&host] { host.kill(); });
}

// From the other members, sometimes for longer than any election takes, and sometimes from everybody.
void World::isolate(Member& member, const Fault& fault) {
    const auto& here = member.machine().address();
    auto others = fault.chance % 4 == 0 ? addresses_of_others() : std::vector<std::string>{};
    for (const auto& one : member.group.members)
        if (one.get() != &member) others.push_back(one->machine().address());
    const auto lasts = fault.chance % 3 == 0 ? fault.lasts + apart_for_long : fault.lasts;
    for (const auto& other : others) {
        network_.partition(here, other);
        at(lasts, [this, here, other] { network_.heal(here, other); });
    }
}

}  // namespace tern::simulation
