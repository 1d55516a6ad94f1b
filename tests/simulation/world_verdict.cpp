// How a run ends: everything comes to rest, everything is read, and the checker judges.
#include <algorithm>

#include <fmt/format.h>

#include "model/topic_name.hpp"
#include "replication/group.hpp"
#include "simulation/checker.hpp"
#include "simulation/reader.hpp"
#include "simulation/world.hpp"
#include "store/message_store.hpp"

namespace tern::simulation {
namespace {

constexpr Duration patience = 10min;  // For producers to end and groups to catch up once all is healed.
constexpr Duration between_questions = 5s;
constexpr Duration question_patience = 30s;
constexpr Duration reading_patience = 2min;
constexpr Duration delivery_time = 3s;    // That a delayed message may be late by.
constexpr Duration lingering_time = 10s;  // Of what one member passes on to another.

}  // namespace

bool World::come_to_rest() {
    if (!report_.failures.empty()) return false;
    auto& host = new_client("inspector");
    const bool rests = all_is_consumed(host);
    host.kill();
    return rests;
}

// Asks until no message is left to be sent, delivered or consumed.
bool World::all_is_consumed(ClientHost& host) {
    Inspector inspector{host.client(), histories_};
    const Instant deadline = time_.now() + patience;
    std::string backlog = "nobody was asked";
    std::size_t sends_before = 0;
    while (time_.now() < deadline) {
        if (!brokers_are_registered()) {
            backlog = "a broker is not registered everywhere";
        } else if (!producers_are_done() || !delayed_messages_are_due() ||
                   histories_.sends() != sends_before) {
            backlog =
                producers_are_done() ? "messages are still due, or being sent back" : producers_at_work();
            sends_before = histories_.sends();
        } else {
            bool is_told = false;
            inspector.ask_for_backlog(group_topics(), [&](std::string told) {
                backlog = std::move(told);
                is_told = true;
            });
            if (!run_until([&] { return is_told; }, question_patience)) {
                if (report_.failures.empty()) fail("the cluster does not answer");
                return false;
            }
            if (backlog.empty() && histories_.sends() == sends_before) {
                // One that was given a queue late may have a pull under way, and send back what it brings.
                for (const auto& client : clients_)
                    if (client->consumer()) client->kill();
                return true;
            }
        }
        run_for(between_questions);
        if (!report_.failures.empty()) return false;
    }
    for (const auto& client : clients_)
        if (client->is_alive() && client->consumer())
            trace_.add("world", LogLevel::info, "consumer", {{"state", client->consumer()->state()}});
    fail("the run does not come to rest: " + backlog);
    return false;
}

// Before that nobody finds a topic, and all that is in it would seem to be consumed.
bool World::brokers_are_registered() const {
    return std::ranges::all_of(members_, [&](const auto& member) {
        return std::ranges::all_of(
            name_servers_, [&](const auto& server) { return server->has_registration_of(member->host); });
    });
}

bool World::producers_are_done() const {
    return std::ranges::all_of(clients_, [](const auto& client) {
        return !client->is_alive() || !client->producer() || client->producer()->is_done();
    });
}

std::string World::producers_at_work() const {
    std::string words = "still sending:";
    for (const auto& client : clients_)
        if (client->is_alive() && client->producer() && !client->producer()->is_done())
            words +=
                fmt::format(" {} ({} under way)", client->client().id(), client->producer()->under_way());
    return words;
}

bool World::delayed_messages_are_due() const {
    const auto is_due = [&](const Send& send) {
        return send.delay == Duration::zero() ||
               send.started.at + send.delay + delivery_time + clock_error() <= time_.now();
    };
    return std::ranges::all_of(histories_.all(), [&](const auto& named) {
        return std::ranges::all_of(named.second.sends(), is_due);
    });
}

std::chrono::milliseconds World::clock_error() const {
    return clock_steps_ +
           2 * SimulatedProcess::drifted(time_.now() - Instant{}, scenario_.drift_max) / 1ms * 1ms;
}

void World::read_everything() {
    for (const auto& group : groups_) {
        const auto* leader = leading_member(*group);
        if (leader == nullptr) continue;
        const auto begin = leader->host.inside()->store.commit_log().begin();
        group->history->ends_with_log_from(begin, when_committed(*group, begin));
    }
    auto& host = new_client("last-reader");
    LastReader reader{host.client(), histories_, "last-readers"};
    bool is_done = false;
    reader.read(all_topics(), [&] { is_done = true; });
    if (!run_until([&] { return is_done; }, reading_patience) && report_.failures.empty())
        fail("not everything can be read");
    host.kill();
}

Promise World::promise() const {
    Promise promise{.synced_before_answer = scenario_.sync_flush, .clock_set_back = clock_set_back_};
    if (!is_group()) return promise;
    promise.clock_set_back = clock_error();
    promise.requests_linger = lingering_time;
    promise.is_kept_by_others = scenario_.brokers == Brokers::raft;
    return promise;
}

void World::judge() {
    for (const auto& [name, history] : histories_.all())
        for (const auto& violation : check(history, promise()))
            fail(fmt::format("{} ({}): {}", rule_name(violation.rule), name, violation.words));
}

std::vector<GroupTopic> World::group_topics() const {
    std::vector<GroupTopic> all;
    for (const auto& group : scenario_.groups)
        for (const auto& topic : {group.plan.topic, model::retry_topic(group.plan.group)})
            all.push_back({group.plan.group, topic});
    return all;
}

std::vector<std::string> World::all_topics() const {
    std::vector<std::string> topics{"Orders", "Payments"};
    for (const auto& group : scenario_.groups) {
        topics.push_back(model::retry_topic(group.plan.group));
        topics.push_back(model::dlq_topic(group.plan.group));
    }
    return topics;
}

}  // namespace tern::simulation
