// brokerConsumeStats: what every consumer group lacks on one broker.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/groups.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "brokerAddr", Takes::text, Need::must, "address of the broker"},
    Option{"l", "level", Takes::number, Need::may,
           "only queues that are so many messages behind, 0 by default"},
    Option{"o", "order", Takes::boolean, Need::may, "only ordered topics"},
    Option{"t", "timeoutMillis", Takes::number, Need::may, "means nothing here"},
};

struct Row {
    std::string_view group;
    const model::MessageQueue& queue;
    const remoting::ConsumeOffset& offset;
    std::int64_t behind() const { return offset.broker_offset - offset.consumer_offset; }
};

std::vector<Row> rows_of(const remoting::BrokerConsumeStats& stats, std::int64_t least) {
    std::vector<Row> rows;
    for (const auto& by_group : stats.consume_stats_list) {
        for (const auto& [group, of_topics] : by_group) {
            for (const auto& of_topic : of_topics) {
                for (const auto& [queue, offset] : of_topic.offset_table) {
                    const Row row{group, queue, offset};
                    if (row.behind() >= least) rows.push_back(row);
                }
            }
        }
    }
    return rows;
}

void print_json(Invocation& in, const std::vector<Row>& rows, std::int64_t total) {
    json::Array queues;
    for (const auto& row : rows)
        queues.emplace_back(json::Object{{"topic", row.queue.topic},
                                         {"group", row.group},
                                         {"brokerName", row.queue.broker_name},
                                         {"queueId", row.queue.queue_id.value()},
                                         {"brokerOffset", row.offset.broker_offset.value()},
                                         {"consumerOffset", row.offset.consumer_offset.value()},
                                         {"lastTimestamp", row.offset.last_timestamp}});
    in.print(json::Object{{"queues", std::move(queues)}, {"diffTotal", total}});
}

admin::Task<Result<>> run(Invocation& in) {
    const auto stats = co_await admin::broker_consume_stats(in.admin, in.arguments.text("brokerAddr"),
                                                            in.arguments.is_true("order"));
    if (!stats) co_return std::unexpected{stats.error()};
    const auto rows = rows_of(*stats, in.arguments.number("level").value_or(0));
    if (in.wants_json()) {
        print_json(in, rows, stats->total_diff);
        co_return {};
    }
    constexpr std::string_view format = "{:<64}  {:<64}  {:<32}  {:<4}  {:<20}  {:<20}  {:<20}  {}\n";
    fmt::print(in.out, format, "#Topic", "#Group", "#Broker Name", "#QID", "#Broker Offset",
               "#Consumer Offset", "#Diff", "#LastTime");
    for (const auto& row : rows)
        fmt::print(in.out, format, cut(row.queue.topic, 64), row.group, cut(row.queue.broker_name, 32),
                   row.queue.queue_id.value(), row.offset.broker_offset.value(),
                   row.offset.consumer_offset.value(), row.behind(),
                   row.offset.last_timestamp > 0 ? time_text(row.offset.last_timestamp) : "-");
    fmt::print(in.out, "\nDiff Total: {}\n", stats->total_diff);
    co_return {};
}

}  // namespace

constinit const Command broker_consume_stats{
    "brokerConsumeStats",
    "How far every consumer group is in each queue of a broker, and how far behind.",
    options,
    {"brokerConsumeStats -b 127.0.0.1:10911", "brokerConsumeStats -b 127.0.0.1:10911 -l 1000"},
    run};

}  // namespace tern::cli::commands
