// resetOffsetByTime, skipAccumulatedMessage, cloneGroupOffset: where a consumer group goes on.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/groups.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"

namespace tern::cli::commands {
namespace {

constexpr auto force_means =
    "means nothing here: offsets are set whether they lie before or behind the present ones";
constexpr auto cluster_means = "means nothing here; RocketMQ's finds light message queues by it";
constexpr WallMillis the_end = -1;

constexpr std::array reset_options{
    Option{"b", "broker", Takes::text, Need::may, "with -q: address of the queue's broker"},
    Option{"c", "cluster", Takes::text, Need::may, cluster_means},
    Option{"f", "force", Takes::boolean, Need::may, force_means},
    Option{"g", "group", Takes::text, Need::must, "the consumer group"},
    Option{"o", "offset", Takes::number, Need::may, "with -b and -q: the offset, instead of that of a time"},
    Option{"q", "queue", Takes::number, Need::may, "with -b: only this queue"},
    Option{"s", "timestamp", Takes::text, Need::must,
           "messages stored since: milliseconds, now, or yyyy-MM-dd#HH:mm:ss:SSS"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};
constexpr std::array skip_options{
    Option{"c", "cluster", Takes::text, Need::may, cluster_means},
    Option{"f", "force", Takes::boolean, Need::may, force_means},
    Option{"g", "group", Takes::text, Need::must, "the consumer group"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};
constexpr std::array clone_options{
    Option{"d", "destGroup", Takes::text, Need::must, "the group that is to have the offsets"},
    Option{"o", "offline", Takes::boolean, Need::may, "means nothing here: members make no difference"},
    Option{"s", "srcGroup", Takes::text, Need::must, "the group whose offsets they are"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};

void print_offsets(Invocation& in, const admin::OffsetsByQueue& offsets) {
    if (in.wants_json()) {
        json::Array queues;
        for (const auto& [queue, offset] : offsets)
            queues.emplace_back(json::Object{{"brokerName", queue.broker_name},
                                             {"queueId", queue.queue_id.value()},
                                             {"offset", offset.value()}});
        return in.print(std::move(queues));
    }
    constexpr std::string_view row = "{:<40}  {:<40}  {:<40}\n";
    fmt::print(in.out, row, "#brokerName", "#queueId", "#offset");
    for (const auto& [queue, offset] : offsets)
        fmt::print(in.out, row, cut(queue.broker_name, 32), queue.queue_id.value(), offset.value());
}

admin::Task<Result<>> run_reset(Invocation& in) {
    const auto& arguments = in.arguments;
    const auto time_text = arguments.text("timestamp");
    const auto time = parse_time(time_text, in.runtime.clock.wall_ms());
    if (!time) co_return std::unexpected{time.error()};
    admin::OffsetReset reset{
        .group = arguments.text("group"), .topic = arguments.text("topic"), .timestamp = *time};
    const auto broker = arguments.optional_text("broker");
    const auto queue = arguments.number("queue");
    const auto offset = arguments.number("offset");
    if (broker.has_value() != queue.has_value() || (offset && !queue))
        co_return failure(Errc::invalid_argument,
                          "one queue is named by -b and -q together, -o goes with both");
    if (!in.wants_json())
        fmt::print(in.out,
                   "start reset consumer offset by specified, group[{}], topic[{}], {}, "
                   "timestamp(string)[{}], timestamp(long)[{}]\n",
                   reset.group, reset.topic,
                   queue ? fmt::format("queueId[{}], broker[{}]", *queue, *broker)
                         : fmt::format("force[{}]", arguments.boolean("force", true)),
                   time_text, *time);
    if (!queue) {
        const auto offsets = co_await admin::reset_offsets(in.admin, reset);
        if (!offsets) co_return std::unexpected{offsets.error()};
        print_offsets(in, *offsets);
        co_return {};
    }
    reset.queue_id = static_cast<std::int32_t>(*queue);
    if (offset) reset.offset = QueueOffset{*offset};
    const auto offsets = co_await admin::reset_offsets_at(in.admin, *broker, reset);
    if (!offsets) co_return std::unexpected{offsets.error()};
    if (in.wants_json()) {
        print_offsets(in, *offsets);
    } else {
        for (const auto& [named, at] : *offsets)
            fmt::print(in.out, "reset consumer offset to {}\n", at.value());
    }
    co_return {};
}

admin::Task<Result<>> run_skip(Invocation& in) {
    const auto offsets = co_await admin::reset_offsets(
        in.admin,
        {.group = in.arguments.text("group"), .topic = in.arguments.text("topic"), .timestamp = the_end});
    if (!offsets) co_return std::unexpected{offsets.error()};
    print_offsets(in, *offsets);
    co_return {};
}

admin::Task<Result<>> run_clone(Invocation& in) {
    const auto from = in.arguments.text("srcGroup");
    const auto to = in.arguments.text("destGroup");
    const auto topic = in.arguments.text("topic");
    const auto cloned = co_await admin::clone_offsets(in.admin, from, to, topic);
    if (!cloned) co_return cloned;
    if (in.wants_json()) {
        in.print(json::Object{{"srcGroup", from}, {"destGroup", to}, {"topic", topic}});
    } else {
        fmt::print(in.out, "clone group offset success. srcGroup[{}], destGroup=[{}], topic[{}]\n", from, to,
                   topic);
    }
    co_return {};
}

}  // namespace

constinit const Command reset_offset_by_time{
    "resetOffsetByTime",
    "Let a consumer group go on at a time, with or without members.",
    reset_options,
    {"resetOffsetByTime -g OrderGroup -t OrderTopic -s 2026-11-21#00:00:00:000 -n 127.0.0.1:9876",
     "resetOffsetByTime -g OrderGroup -t OrderTopic -s now -b 127.0.0.1:10911 -q 2 -o 1000 -n "
     "127.0.0.1:9876"},
    run_reset};

constinit const Command skip_accumulated_message{
    "skipAccumulatedMessage",
    "Let a consumer group go on at the end of a topic: what it has not consumed yet is passed over.",
    skip_options,
    {"skipAccumulatedMessage -g OrderGroup -t OrderTopic -n 127.0.0.1:9876",
     "skipAccumulatedMessage -g OrderGroup -t OrderTopic --json -n 127.0.0.1:9876"},
    run_skip};

constinit const Command clone_group_offset{
    "cloneGroupOffset",
    "Let a consumer group go on where another one is.",
    clone_options,
    {"cloneGroupOffset -s OrderGroup -d AuditGroup -t OrderTopic -n 127.0.0.1:9876",
     "cloneGroupOffset -s OrderGroup -d AuditGroup -t OrderTopic --json -n 127.0.0.1:9876"},
    run_clone};

}  // namespace tern::cli::commands
