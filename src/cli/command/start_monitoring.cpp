// startMonitoring: what every consumer group has before it, and what is wrong with its members.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <map>

#include "admin/groups.hpp"
#include "cli/commands.hpp"
#include "cli/group_health.hpp"

namespace tern::cli::commands {
namespace {

constexpr Duration round_interval = 60s;

// A topic that a group consumes.
struct Undone {
    std::string group{};
    std::string topic{};
    std::int64_t messages{};
    std::int64_t messages_of_one_queue{};  // Of the one that has most.
    std::int64_t waiting_ms{};
};

admin::Task<Result<std::vector<Undone>>> undone_of(admin::Admin& admin, std::string group) {
    const auto stats = co_await admin::consume_stats(admin, group);
    if (!stats) co_return std::unexpected{stats.error()};
    std::map<std::string, Undone> by_topic;
    for (const auto& [queue, offset] : stats->offset_table) {
        auto& undone =
            by_topic.try_emplace(queue.topic, Undone{.group = group, .topic = queue.topic}).first->second;
        const auto messages = std::max<std::int64_t>(0, offset.broker_offset - offset.consumer_offset);
        undone.messages += messages;
        undone.messages_of_one_queue = std::max(undone.messages_of_one_queue, messages);
    }
    std::vector<Undone> all;
    for (auto& [topic, undone] : by_topic) {
        // Where the broker cannot tell, the numbers alone have to do.
        if (const auto wait = co_await admin::longest_wait(admin, group, topic))
            undone.waiting_ms = wait->count();
        all.push_back(std::move(undone));
    }
    co_return all;
}

// What is wrong with the members; nothing of a group that has none.
admin::Task<Result<std::vector<std::string>>> troubles_of(Invocation& in, std::string group) {
    std::vector<std::string> troubles;
    const auto addresses = co_await admin::addresses_of_group(in.admin, group);
    if (!addresses) co_return std::unexpected{addresses.error()};
    const auto& address = in.admin.one_of(*addresses);
    const auto members = co_await admin::consumer_connection(in.admin, group, address);
    if (!members) co_return troubles;
    std::vector<admin::Task<Result<remoting::ConsumerRunningInfo>>> asking;
    for (const auto& member : members->connection_set)
        asking.push_back(admin::running_info(in.admin, address, group, member.client_id, false));
    auto answers = co_await admin::all(std::move(asking));
    const auto named = fmt::format("ConsumerGroup: {}, ", group);
    std::vector<MemberInfo> infos;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto& client_id = members->connection_set[i].client_id;
        if (answers[i]) {
            infos.push_back({client_id, std::move(*answers[i])});
        } else if (admin::is_silence(answers[i].error())) {
            troubles.push_back(fmt::format("{}ClientId: {}, no answer in time", named, client_id));
        }
    }
    if (!infos.empty() && !subscribe_the_same(infos)) troubles.push_back(named + "Subscription different");
    for (const auto& info : infos)
        for (const auto& trouble : queue_troubles(info, in.runtime.clock.wall_ms()))
            troubles.push_back(fmt::format("{}ClientId: {}, {}", named, info.client_id, trouble));
    co_return troubles;
}

struct Round {
    std::vector<Undone> undone;
    std::vector<std::string> troubles;
};

// A group that goes away meanwhile is left out.
admin::Task<Result<Round>> look(Invocation& in) {
    const auto groups = co_await admin::group_list(in.admin);
    if (!groups) co_return std::unexpected{groups.error()};
    Round round;
    for (const auto& group : *groups) {
        if (const auto undone = co_await undone_of(in.admin, group))
            round.undone.insert(round.undone.end(), undone->begin(), undone->end());
        if (const auto troubles = co_await troubles_of(in, group))
            round.troubles.insert(round.troubles.end(), troubles->begin(), troubles->end());
    }
    co_return round;
}

void print_text(Invocation& in, const Round& round) {
    in.out << "[MONITOR] =========================================beginRound\n";
    for (const auto& each : round.undone)
        fmt::print(in.out,
                   "[MONITOR] reportUndoneMsgs: UndoneMsgs [consumerGroup={}, topic={}, undoneMsgsTotal={}, "
                   "undoneMsgsSingleMQ={}, undoneMsgsDelayTimeMills={}]\n",
                   each.group, each.topic, each.messages, each.messages_of_one_queue, each.waiting_ms);
    for (const auto& trouble : round.troubles)
        fmt::print(in.out, "[MONITOR]  [NOTIFY] reportConsumerRunningInfo: {}\n", trouble);
    for (const auto& [address, error] : in.admin.silent()) fmt::print(in.out, "[MONITOR] {}\n", error.detail);
    in.out << "[MONITOR] =========================================endRound\n";
    in.out.flush();
}

void print_json(Invocation& in, const Round& round) {
    json::Array undone;
    for (const auto& each : round.undone)
        undone.emplace_back(json::Object{{"consumerGroup", each.group},
                                         {"topic", each.topic},
                                         {"undoneMsgsTotal", each.messages},
                                         {"undoneMsgsSingleMQ", each.messages_of_one_queue},
                                         {"undoneMsgsDelayTimeMills", each.waiting_ms}});
    json::Array troubles{round.troubles.begin(), round.troubles.end()};
    in.print(json::Object{{"undoneMsgs", std::move(undone)}, {"notifications", std::move(troubles)}});
}

admin::Task<Result<>> run(Invocation& in) {
    while (true) {
        in.admin.forget_silent();
        const auto round = co_await look(in);
        if (in.wants_json()) {
            if (!round) co_return std::unexpected{round.error()};
            print_json(in, *round);
            co_return {};
        }
        // It goes on until somebody ends it, also while no NameServer answers.
        if (round) {
            print_text(in, *round);
        } else {
            fmt::print(in.out, "[MONITOR] {}\n", round.error().detail);
            in.out.flush();
        }
        co_await admin::pause(in.runtime.timers, round_interval);
    }
}

}  // namespace

constinit const Command start_monitoring{
    "startMonitoring",
    "Look at every consumer group once a minute, without end: what lies before it, and members with "
    "troubles.",
    {},
    {"startMonitoring -n 127.0.0.1:9876", "startMonitoring --json -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
