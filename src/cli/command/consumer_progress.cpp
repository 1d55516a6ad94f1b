// consumerProgress: how far a consumer group is in each queue, or how far all groups are.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/groups.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"c", "cluster", Takes::text, Need::may,
           "means nothing here; RocketMQ's finds light message queues by it"},
    Option{"g", "groupName", Takes::text, Need::may, "the consumer group; all groups without it"},
    Option{"s", "showClientIP", Takes::boolean, Need::may, "with the client that has each queue"},
    Option{"t", "topicName", Takes::text, Need::may, "only this topic"},
};

// Whether owners are shown, and the address of the member that has the queue.
using Owners = std::optional<std::map<model::MessageQueue, std::string>>;

std::string owner_of(const Owners& owners, const model::MessageQueue& queue) {
    const auto owner = owners->find(queue);
    if (owner == owners->end()) return "N/A";
    return owner->second.substr(0, owner->second.find('@'));
}

struct Totals {
    explicit Totals(const remoting::ConsumeStats& stats) {
        for (const auto& [queue, offset] : stats.offset_table) {
            diff += offset.broker_offset - offset.consumer_offset;
            inflight += offset.pull_offset - offset.consumer_offset;
        }
    }
    std::int64_t diff{};
    std::int64_t inflight{};
};

void print_queues(Invocation& in, const remoting::ConsumeStats& stats, const Owners& owners) {
    const auto shown = [&](std::string_view text) {
        return owners ? fmt::format("{:<20} ", text) : std::string{};
    };
    fmt::print(in.out, "{:<64}  {:<32}  {:<4}  {:<20}  {:<20}  {}{:<20} {:<20}{}\n", "#Topic", "#Broker Name",
               "#QID", "#Broker Offset", "#Consumer Offset", shown("#Client IP"), "#Diff", "#Inflight",
               "#LastTime");
    for (const auto& [queue, offset] : stats.offset_table)
        fmt::print(in.out, "{:<64}  {:<32}  {:<4}  {:<20}  {:<20}  {}{:<20} {:<20} {}\n",
                   cut(queue.topic, 64), cut(queue.broker_name, 32), queue.queue_id.value(),
                   offset.broker_offset.value(), offset.consumer_offset.value(),
                   owners ? shown(owner_of(owners, queue)) : "",
                   offset.broker_offset - offset.consumer_offset, offset.pull_offset - offset.consumer_offset,
                   offset.last_timestamp > 0 ? time_text(offset.last_timestamp) : "N/A");
    const Totals totals{stats};
    fmt::print(in.out, "\nConsume TPS: {:.2f}\nConsume Diff Total: {}\nConsume Inflight Total: {}\n",
               stats.consume_tps, totals.diff, totals.inflight);
}

void print_queues_json(Invocation& in, const remoting::ConsumeStats& stats, const Owners& owners) {
    json::Array queues;
    for (const auto& [queue, offset] : stats.offset_table) {
        json::Object row{{"topic", queue.topic},
                         {"brokerName", queue.broker_name},
                         {"queueId", queue.queue_id.value()},
                         {"brokerOffset", offset.broker_offset.value()},
                         {"consumerOffset", offset.consumer_offset.value()},
                         {"pullOffset", offset.pull_offset.value()},
                         {"lastTimestamp", offset.last_timestamp}};
        if (owners && owners->contains(queue)) row.push_back({"clientId", owners->at(queue)});
        queues.emplace_back(std::move(row));
    }
    const Totals totals{stats};
    in.print(json::Object{{"queues", std::move(queues)},
                          {"consumeTps", stats.consume_tps},
                          {"diffTotal", totals.diff},
                          {"inflightTotal", totals.inflight}});
}

admin::Task<Result<>> run_group(Invocation& in, std::string group) {
    const auto stats =
        co_await admin::consume_stats(in.admin, group, in.arguments.optional_text("topicName"));
    if (!stats) co_return std::unexpected{stats.error()};
    Owners owners;
    if (in.arguments.is_true("showClientIP")) {
        auto asked = co_await admin::queue_owners(in.admin, group);
        if (!asked && asked.error().code != Errc::consumer_not_online)
            co_return std::unexpected{asked.error()};
        owners.emplace();
        if (asked) owners = std::move(*asked);
    }
    if (in.wants_json()) {
        print_queues_json(in, *stats, owners);
    } else {
        print_queues(in, *stats, owners);
    }
    co_return {};
}

std::string version_of(const admin::GroupProgress& progress) {
    if (!progress.members || progress.members->connection_set.empty()) return "OFFLINE";
    return version_text(
        std::ranges::min(progress.members->connection_set, {}, &remoting::ClientConnection::version).version);
}

void print_groups(Invocation& in, const std::vector<admin::GroupProgress>& groups) {
    constexpr std::string_view row = "{:<64}  {:<6}  {:<24} {:<5}  {:<14}  {:<7}  {}\n";
    fmt::print(in.out, row, "#Group", "#Count", "#Version", "#Type", "#Model", "#TPS", "#Diff Total");
    for (const auto& group : groups) {
        std::string_view type;
        std::string_view model;
        if (group.members) {
            const bool is_push = group.members->consume_type == remoting::ConsumeType::passively;
            type = is_push ? "PUSH" : "PULL";
            if (is_push) model = enum_name(group.members->message_model);
        }
        fmt::print(in.out, row, cut(group.group, 64),
                   group.members ? group.members->connection_set.size() : 0, version_of(group), type, model,
                   static_cast<std::int64_t>(group.consume_tps), group.diff_total);
    }
}

void print_groups_json(Invocation& in, const std::vector<admin::GroupProgress>& groups) {
    json::Array rows;
    for (const auto& group : groups) {
        json::Object row{{"group", group.group},
                         {"count", group.members ? group.members->connection_set.size() : 0},
                         {"version", version_of(group)},
                         {"consumeTps", group.consume_tps},
                         {"diffTotal", group.diff_total}};
        if (group.members) {
            row.push_back({"consumeType", enum_name(group.members->consume_type)});
            row.push_back({"messageModel", enum_name(group.members->message_model)});
        }
        rows.emplace_back(std::move(row));
    }
    in.print(std::move(rows));
}

admin::Task<Result<>> run(Invocation& in) {
    if (const auto group = in.arguments.optional_text("groupName")) co_return co_await run_group(in, *group);
    const auto groups = co_await admin::group_progress(in.admin);
    if (!groups) co_return std::unexpected{groups.error()};
    if (in.wants_json()) {
        print_groups_json(in, *groups);
    } else {
        print_groups(in, *groups);
    }
    co_return {};
}

}  // namespace

constinit const Command consumer_progress{
    "consumerProgress",
    "How far a consumer group is in each queue and how far behind; without a group, all of them.",
    options,
    {"consumerProgress -g OrderGroup -n 127.0.0.1:9876", "consumerProgress -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
