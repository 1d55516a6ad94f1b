// The cluster of a run, and the run's course.
#include "simulation/world.hpp"

#include <cstdio>

#include "base/hash.hpp"
#include "model/topic_name.hpp"

namespace tern::simulation {
namespace {

constexpr std::uint64_t events_max = 20'000'000;  // A run that needs more does not get on.
constexpr Duration start_of_clients = 2s;

std::string name_server_address(std::size_t index) {
    return "10.0.0." + std::to_string(index + 1);
}
constexpr const char* broker_address = "10.0.1.1";

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
    if (come_to_rest()) read_everything();
    if (report_.failures.empty()) judge();

    for (const auto& client : clients_)
        if (client->producer() && client->producer()->flush_timeouts() > 0) reach(RareState::flush_timed_out);
    report_.state_hash = state_hash();
    report_.events = time_.steps();
    report_.simulated = time_.now() - Instant{};
    report_.sent = history_->sends().size();
    for (const auto& send : history_->sends())
        report_.acknowledged += send.outcome == Outcome::acknowledged ? 1 : 0;
    if (!report_.failures.empty()) report_.last_lines = trace_.last(60);
    return std::move(report_);
}

broker::BrokerConfig World::broker_config() const {
    broker::BrokerConfig config;
    config.broker_name = "broker-a";
    config.broker_ip1 = broker_address;
    config.rocketmq_home = "/home";
    config.store_root = store_root;
    config.default_topic_queues = 4;
    config.flush_disk_type =
        scenario_.sync_flush ? broker::FlushDiskType::sync_flush : broker::FlushDiskType::async_flush;
    config.segment_size = scenario_.segment_size;
    config.consume_queue_file_size = scenario_.queue_file_size;
    config.index_slots = 1'000;
    config.index_entries = 4'000;
    config.delay_levels = scenario_.delay_levels;
    config.clean_forcibly = false;  // What is acknowledged stays, even if the disk is full for a while.
    config.sync_flush_timeout_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(scenario_.sync_flush_timeout).count();
    for (std::size_t i = 0; i < scenario_.name_servers; ++i)
        config.namesrv_addr += (i == 0 ? "" : ";") + name_server_address(i) + ":9876";
    return config;
}

void World::start_cluster() {
    for (std::size_t i = 0; i < scenario_.name_servers; ++i) {
        name_servers_.push_back(std::make_unique<NameServerHost>(
            surroundings_, "namesrv-" + std::to_string(i + 1), name_server_address(i), random_.next()));
        if (auto started = name_servers_.back()->start(); !started)
            fail("a NameServer does not start: " + started.error().detail);
    }
    broker_ = std::make_unique<BrokerHost>(surroundings_, broker_config(), broker_address, random_.next(),
                                           [this](const Error& why) { broker_failed(why); });
    broker_->machine().bare_disk().set_faults(scenario_.disk);
    history_ = std::make_unique<History>(broker_->machine());
    start_broker();
}

void World::start_clients() {
    const auto sometime = [this] {
        return Duration{
            static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(start_of_clients.count())))};
    };
    for (const auto& plan : scenario_.producers) {
        at(sometime(), [this, &plan] {
            auto& host = new_client("producer");
            host.producer().emplace(host.client(), *history_, plan, delays_);
            host.producer()->start();
        });
    }
    for (const auto& group : scenario_.groups)
        for (std::size_t i = 0; i < group.members; ++i)
            at(sometime(), [this, &group] { start_member(group); });
    for (const auto& topic : scenario_.followed_topics) {
        at(sometime(), [this, topic] {
            auto& host = new_client("follower");
            host.follower().emplace(host.client(), *history_, "followers", topic);
            host.follower()->start();
        });
    }
}

void World::start_member(const GroupPlan& group) {
    auto& host = new_client(group.plan.group);
    host.consumer().emplace(host.client(), *history_, group.plan, delays_);
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
    } catch (const ProcessDied&) {
        broker_dies();
    }
    if (death_at_step_ && time_.steps() >= *death_at_step_) broker_dies();
    if (time_.steps() > events_max)
        fail("the run does not come to an end: " + std::to_string(events_max) + " events");
    return report_.failures.empty();
}

void World::fail(std::string why) {
    trace_.add("world", LogLevel::error, "failure", {{"why", why}});
    report_.failures.push_back(std::move(why));
}

std::uint64_t World::state_hash() const {
    std::uint64_t hash = broker_->machine().bare_disk().state_hash();
    const auto add = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15U + 1; };
    add(time_.steps());
    for (const auto& send : history_->sends()) {
        add(crc32(send.key));
        add(send.ended.order);
        add(static_cast<std::uint64_t>(send.offset.value_or(QueueOffset{-1}).value()));
    }
    for (const auto& reading : history_->readings()) {
        add(crc32(reading.key));
        add(static_cast<std::uint64_t>(reading.record_at.value()));
        add(reading.at.order);
    }
    return hash;
}

}  // namespace tern::simulation
