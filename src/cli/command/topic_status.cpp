// topicStatus: how far each queue of a topic is.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/topics.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
    Option{"c", "cluster", Takes::text, Need::may,
           "means nothing here; RocketMQ's finds light message queues by it"},
};

void print_json(Invocation& in, const remoting::TopicStatsTable& stats) {
    json::Array queues;
    for (const auto& [queue, offset] : stats.offset_table)
        queues.emplace_back(json::Object{{"brokerName", queue.broker_name},
                                         {"queueId", queue.queue_id.value()},
                                         {"minOffset", offset.min_offset.value()},
                                         {"maxOffset", offset.max_offset.value()},
                                         {"lastUpdateTimestamp", offset.last_update_timestamp}});
    in.print(json::Object{{"queues", std::move(queues)}, {"topicPutTps", stats.topic_put_tps}});
}

admin::Task<Result<>> run(Invocation& in) {
    const auto topic = in.arguments.text("topic");
    const auto stats = co_await admin::topic_stats(in.admin, topic);
    if (!stats) co_return std::unexpected{stats.error()};
    if (in.wants_json()) {
        print_json(in, *stats);
        co_return {};
    }
    constexpr std::string_view row = "{:<32}  {:<4}  {:<20}  {:<20}    {}\n";
    fmt::print(in.out, row, "#Broker Name", "#QID", "#Min Offset", "#Max Offset", "#Last Updated");
    for (const auto& [queue, offset] : stats->offset_table)
        fmt::print(in.out, row, cut(queue.broker_name, 32), queue.queue_id.value(), offset.min_offset.value(),
                   offset.max_offset.value(),
                   offset.last_update_timestamp > 0 ? time_text_ms(offset.last_update_timestamp) : "");
    fmt::print(in.out, "\nTopic Put TPS: {}\n", double_text(stats->topic_put_tps));
    co_return {};
}

}  // namespace

constinit const Command topic_status{
    "topicStatus",
    "First and last offset of each queue of a topic, and when it was last written to.",
    options,
    {"topicStatus -t OrderTopic -n 127.0.0.1:9876", "topicStatus -t OrderTopic --json -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
