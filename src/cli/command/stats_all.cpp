// statsAll: what comes in and goes out, by topic and consumer group.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/groups.hpp"
#include "admin/topics.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"
#include "model/topic_name.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"a", "activeTopic", Takes::nothing, Need::may, "only topics with traffic in the last 24 hours"},
    Option{"t", "topic", Takes::text, Need::may, "only this topic"},
};

struct Traffic {
    double tps{};
    std::int64_t of_day{};
};

struct Row {
    std::string topic{};
    std::string group{};
    std::int64_t accumulation{};
    Traffic in{};
    Traffic out{};
};

// Of all brokers together.
admin::Task<Result<Traffic>> traffic_of(admin::Admin& admin, std::vector<std::string> addresses,
                                        std::string item, std::string key) {
    const auto answers = co_await admin::answers_of<std::optional<remoting::BrokerStatsData>>(
        admin, std::move(addresses),
        [&](const std::string& address) { return admin::broker_stats(admin, address, item, key); });
    if (!answers) co_return std::unexpected{answers.error()};
    Traffic traffic;
    for (const auto& stats : *answers) {
        if (!stats) continue;
        traffic.tps += stats->stats_minute.tps;
        traffic.of_day += stats->stats_day.sum;
    }
    co_return traffic;
}

admin::Task<Result<Row>> row_of(admin::Admin& admin, std::vector<std::string> addresses, Row row) {
    if (row.group.empty()) co_return row;
    auto out =
        co_await traffic_of(admin, std::move(addresses), "GROUP_GET_NUMS", row.topic + "@" + row.group);
    if (!out) co_return std::unexpected{out.error()};
    row.out = *out;
    // A group without a retry topic, one that broadcasts say, has nothing that could lie before it.
    const auto stats = co_await admin::consume_stats(admin, row.group, row.topic);
    if (!stats) co_return row;
    for (const auto& [queue, offset] : stats->offset_table)
        row.accumulation += std::max<std::int64_t>(0, offset.broker_offset - offset.consumer_offset);
    co_return row;
}

admin::Task<Result<std::vector<Row>>> rows_of(admin::Admin& admin, std::string topic, bool only_active) {
    const auto route = co_await admin::topic_route(admin, topic);
    if (!route) co_return std::unexpected{route.error()};
    const auto addresses = admin::addresses_of(**route);
    const auto in = co_await traffic_of(admin, addresses, "TOPIC_PUT_NUMS", topic);
    if (!in) co_return std::unexpected{in.error()};
    std::vector<Row> rows;
    if (only_active && in->of_day == 0) co_return rows;
    auto groups = co_await admin::topic_groups(admin, topic);
    if (!groups) co_return std::unexpected{groups.error()};
    if (groups->empty()) groups->emplace();
    for (const auto& group : *groups) {
        auto row = co_await row_of(admin, addresses, {.topic = topic, .group = group, .in = *in});
        if (!row) co_return std::unexpected{row.error()};
        rows.push_back(std::move(*row));
    }
    co_return rows;
}

void print_json(Invocation& in, const std::vector<Row>& rows) {
    json::Array documents;
    for (const auto& row : rows)
        documents.emplace_back(json::Object{{"topic", row.topic},
                                            {"consumerGroup", row.group},
                                            {"accumulation", row.accumulation},
                                            {"inTps", row.in.tps},
                                            {"outTps", row.out.tps},
                                            {"inMsg24Hour", row.in.of_day},
                                            {"outMsg24Hour", row.out.of_day}});
    in.print(std::move(documents));
}

admin::Task<Result<>> run(Invocation& in) {
    std::vector<std::string> topics;
    if (const auto topic = in.arguments.optional_text("topic")) {
        topics.push_back(*topic);
    } else {
        auto all = co_await admin::topic_list(in.admin);
        if (!all) co_return std::unexpected{all.error()};
        topics = std::move(*all);
        std::erase_if(topics, [](const std::string& topic) {
            return model::is_retry_topic(topic) || model::is_dlq_topic(topic);
        });
    }
    std::vector<Row> rows;
    for (const auto& topic : topics) {
        const auto some = co_await rows_of(in.admin, topic, in.arguments.has("activeTopic"));
        // Of a topic whose brokers are all silent there is nothing to show.
        if (!some && admin::is_silence(some.error()) && topics.size() > 1) continue;
        if (!some) co_return std::unexpected{some.error()};
        rows.insert(rows.end(), some->begin(), some->end());
    }
    if (in.wants_json()) {
        print_json(in, rows);
        co_return {};
    }
    constexpr std::string_view format = "{:<64}  {:<64} {:>12} {:>11} {:>11} {:>14} {:>14}\n";
    const auto two_digits = [](double tps) { return fmt::format("{:.2f}", tps); };
    fmt::print(in.out, format, "#Topic", "#Consumer Group", "#Accumulation", "#InTPS", "#OutTPS",
               "#InMsg24Hour", "#OutMsg24Hour");
    for (const auto& row : rows) {
        const bool has_group = !row.group.empty();
        fmt::print(in.out, format, cut(row.topic, 64), cut(row.group, 64), row.accumulation,
                   two_digits(row.in.tps), has_group ? two_digits(row.out.tps) : "", row.in.of_day,
                   has_group ? std::to_string(row.out.of_day) : "NO_CONSUMER");
    }
    co_return {};
}

}  // namespace

constinit const Command stats_all{
    "statsAll",
    "What comes in and goes out a second and a day, by topic and consumer group.",
    options,
    {"statsAll -n 127.0.0.1:9876", "statsAll -t OrderTopic -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
