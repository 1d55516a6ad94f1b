// The cluster of a run, and the run's course.
#include "simulation/world.hpp"

#include <cstdio>

#include <algorithm>

#include "base/hash.hpp"
#include "model/permission.hpp"
#include "model/topic_name.hpp"
#include "remoting/header/topic.hpp"

namespace tern::simulation {
namespace {

constexpr std::uint64_t events_max = 20'000'000;  // A run that needs more does not get on.
constexpr Duration start_of_clients = 2s;
constexpr Duration pause_before_next_creation = 200ms;
constexpr std::int32_t queues_of_a_topic = 4;

std::string name_server_address(std::size_t index) {
    return "10.0.0." + std::to_string(index + 1);
}

}  // namespace

World::World(Scenario scenario, PrintTrace print_trace)
    : scenario_{std::move(scenario)},
      random_{scenario_.seed ^ 0x5157},
      time_{random_.next(), Ties::shuffled},
      network_{time_, random_.next(), scenario_.network},
      delays_{*model::DelayLevels::parse(scenario_.delay_levels)} {
    if (print_trace == PrintTrace::yes)
        trace_.follow([](const TraceLine& line) { std::printf("%s\n", line.text().c_str()); });
    trace_.follow([this](const TraceLine& line) { observe_line(line); });
}

World::~World() {
    for (const auto& client : clients_) client->kill();
}

RunReport World::run() {
    start_cluster();
    start_clients();
    for (const auto& fault : scenario_.faults) at(fault.at, [this, &fault] { inject(fault); });
    run_for(scenario_.length);
    heal();
    groups_come_together();
    if (come_to_rest()) read_everything();
    if (report_.failures.empty()) damage_is_mended();
    for (const auto& group : groups_)
        if (report_.failures.empty()) compare_members(*group);
    if (report_.failures.empty()) judge();

    observe_clients_in_the_end();
    for (const auto& group : groups_) report_.reigns += group->oracle.reigns();
    report_.state_hash = state_hash();
    report_.events = time_.steps();
    report_.simulated = time_.now() - Instant{};
    report_.sent = histories_.sends();
    for (const auto& [name, history] : histories_.all())
        report_.acknowledged += static_cast<std::size_t>(
            std::ranges::count(history.sends(), Outcome::acknowledged, &Send::outcome));
    if (!report_.failures.empty()) report_.last_lines = trace_.last(60);
    return std::move(report_);
}

void World::start_cluster() {
    for (std::size_t i = 0; i < scenario_.name_servers; ++i) {
        name_servers_.push_back(std::make_unique<NameServerHost>(
            surroundings_, "namesrv-" + std::to_string(i + 1), name_server_address(i), random_.next()));
        if (auto started = name_servers_.back()->start(); !started)
            fail("a NameServer does not start: " + started.error().detail);
    }
    for (std::size_t i = 0; i < scenario_.broker_groups; ++i) start_group(i);
    for (auto* member : members_) start_broker(*member);
}

// Its brokers' machines: they are started later.
void World::start_group(std::size_t index) {
    const std::string prefix = index == 0 ? "" : "b-";
    auto& group = *groups_.emplace_back(
        std::make_unique<BrokerGroup>(index, index == 0 ? "broker-a" : "broker-b", scenario_.members));
    for (std::size_t i = 0; i < scenario_.members; ++i) {
        const auto name = scenario_.members == 1 ? group.name : prefix + "n" + std::to_string(i);
        group.members.push_back(
            std::make_unique<Member>(surroundings_, group, i, name, broker_config(group, i), random_.next(),
                                     [this](Member& one, const Error& why) { broker_failed(one, why); }));
        auto& machine = group.members.back()->machine();
        machine.bare_disk().set_faults(scenario_.disk);
        if (const auto most = scenario_.drift_max; most > 0)
            machine.set_drift(
                static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(2 * most + 1))) - most);
        members_.push_back(group.members.back().get());
    }
    const Clock& truth = true_clock_;
    const Clock& own = group.members.front()->machine();
    group.history = &histories_.add(group.name, is_group() ? truth : own);
}

void World::start_clients() {
    const auto sometime = [this] {
        return Duration{
            static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(start_of_clients.count())))};
    };
    if (groups_.size() > 1) {
        administrator_ = &new_client("administrator");
        for (const auto& group : groups_)
            for (const auto* topic : {"Orders", "Payments"}) create_topic(*administrator_, *group, topic);
    }
    for (const auto& plan : scenario_.producers) {
        at(sometime(), [this, &plan] { start_producer(plan); });
    }
    for (const auto& group : scenario_.groups)
        for (std::size_t i = 0; i < group.members; ++i)
            at(sometime(), [this, &group] { start_consumer(group); });
    for (const auto& topic : scenario_.followed_topics) {
        at(sometime(), [this, topic] {
            auto& host = new_client("follower");
            if (random_.below(2) == 0) stick_to_any_member(host);
            host.follower().emplace(host.client(), histories_, "followers", topic);
            host.follower()->start();
        });
    }
    if (scenario_.brokers == Brokers::raft && is_group()) at(start_of_clients, [this] { start_asker(); });
}

// Otherwise the first send makes it, at the group that it comes to, and nobody sends to the others.
void World::create_topic(ClientHost& host, const BrokerGroup& group, const std::string& topic) {
    auto& client = host.client();
    const auto again = [this, &host, &group, topic] {
        at(pause_before_next_creation, [this, &host, &group, topic] { create_topic(host, group, topic); });
    };
    client.refresh_route(std::string{model::topic::auto_create}, [&client, &group, topic, again] {
        const auto master = client.master_of(group.name);
        if (master.empty()) return again();
        const remoting::CreateTopicRequest request{.perm = model::permission::read | model::permission::write,
                                                   .read_queue_nums = queues_of_a_topic,
                                                   .topic = topic,
                                                   .write_queue_nums = queues_of_a_topic};
        client.call(master, request, {}, control_timeout, [again](Result<remoting::Command> answer) {
            if (!answer || !remoting::check_answer(*answer)) again();
        });
    });
}

void World::start_producer(const ProducerPlan& plan) {
    auto& host = new_client("producer");
    if (is_group() && plan.sticks_to) {
        const auto& member = *members_[*plan.sticks_to % members_.size()];
        host.client().stick_to(member.group.name, member.host.text());
    }
    host.producer().emplace(host.client(), histories_, plan, delays_);
    host.producer()->start();
}

// Whoever leads, it has to answer.
void World::stick_to_any_member(ClientHost& host) {
    if (scenario_.brokers != Brokers::raft) return;
    const auto& member = *members_[random_.below(members_.size())];
    host.client().stick_to(member.group.name, member.host.text());
}

// What a leader answers that is deposed and does not know it.
void World::start_asker() {
    EndAsker::Members members;
    for (const auto& group : groups_)
        for (const auto& member : group->members) members[group->name].push_back(member->host.text());
    auto& host = new_client("asker");
    host.asker().emplace(host.client(), histories_, "Orders", std::move(members));
    host.asker()->start();
}

void World::start_consumer(const GroupPlan& group) {
    auto& host = new_client(group.plan.group);
    if (random_.below(4) == 0) stick_to_any_member(host);
    host.consumer().emplace(host.client(), histories_, group.plan, delays_);
    host.consumer()->start();
}

ClientHost& World::new_client(const std::string& kind) {
    const auto number = ++last_client_;
    std::vector<std::string> servers;
    for (const auto& server : name_servers_) servers.push_back(server->text());
    clients_.push_back(std::make_unique<ClientHost>(
        surroundings_, kind + "@" + std::to_string(number),
        "10.0." + std::to_string(2 + number / 250) + "." + std::to_string(1 + number % 250), servers,
        random_.next()));
    return *clients_.back();
}

bool World::step(Instant deadline) {
    try {
        if (!time_.step(deadline)) return false;
    } catch (const ProcessDied& died) {
        for (const auto& member : members_)
            if (member->machine().has_process() && &member->machine().process() == died.process)
                broker_dies(*member);
    }
    for (const auto& member : members_)
        if (member->death_at_step && time_.steps() >= *member->death_at_step) broker_dies(*member);
    watch_members();
    if (time_.steps() > events_max)
        fail("the run does not come to an end: " + std::to_string(events_max) + " events");
    return report_.failures.empty();
}

void World::fail(std::string why) {
    trace_.add("world", LogLevel::error, "failure", {{"why", why}});
    report_.failures.push_back(std::move(why));
}

std::uint64_t World::state_hash() const {
    std::uint64_t hash = 0;
    const auto add = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15U + 1; };
    for (const auto& member : members_) add(member->machine().bare_disk().state_hash());
    add(time_.steps());
    for (const auto& [name, history] : histories_.all()) {
        for (const auto& send : history.sends()) {
            add(crc32(send.key));
            add(send.ended.order);
            add(static_cast<std::uint64_t>(send.offset.value_or(QueueOffset{-1}).value()));
        }
        for (const auto& reading : history.readings()) {
            add(crc32(reading.key));
            add(static_cast<std::uint64_t>(reading.record_at.value()));
            add(reading.at.order);
        }
    }
    return hash;
}

}  // namespace tern::simulation
