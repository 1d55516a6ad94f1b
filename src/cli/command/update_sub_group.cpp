// updateSubGroup: creates a consumer group or replaces its settings.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <limits>

#include "admin/groups.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"
#include "cli/targets.hpp"
#include "json/fields.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"a", "notifyConsumerIdsChanged", Takes::boolean, Need::may,
           "tell members at once when others come or go, true by default"},
    Option{"b", "brokerAddr", Takes::text, Need::one_of, "address of one broker"},
    Option{"c", "clusterName", Takes::text, Need::one_of, "all masters of this cluster"},
    Option{"d", "consumeBroadcastEnable", Takes::boolean, Need::may,
           "members may broadcast, false by default"},
    Option{"g", "groupName", Takes::text, Need::must, "name of the consumer group"},
    Option{"i", "brokerId", Takes::number, Need::may, "id of the member to read from, 0 by default"},
    Option{"m", "consumeFromMinEnable", Takes::boolean, Need::may,
           "kept for older brokers, false by default"},
    Option{"o", "consumeMessageOrderly", Takes::boolean, Need::may, "consumed in order, false by default"},
    Option{
        "p", "groupRetryPolicy", Takes::text, Need::may,
        R"(JSON: {"type":"EXPONENTIAL","exponentialRetryPolicy":{"initial":5000,"max":7200000,"multiplier":2}})"},
    Option{"q", "retryQueueNums", Takes::number, Need::may, "queues for retries, 1 by default"},
    Option{"r", "retryMaxTimes", Takes::number, Need::may,
           "retries before a message is a dead letter, 16 by default"},
    Option{"s", "consumeEnable", Takes::boolean, Need::may, "the group may consume, true by default"},
    Option{"w", "whichBrokerWhenConsumeSlowly", Takes::number, Need::may,
           "id of the member to read from when far behind, 1 by default"},
};

Result<model::SubscriptionGroupConfig> config_of(const Arguments& arguments) {
    model::SubscriptionGroupConfig config{
        .broker_id = BrokerId{arguments.number("brokerId").value_or(0)},
        .consume_broadcast_enable = arguments.boolean("consumeBroadcastEnable", false),
        .consume_enable = arguments.boolean("consumeEnable", true),
        .consume_from_min_enable = arguments.boolean("consumeFromMinEnable", false),
        .consume_message_orderly = arguments.boolean("consumeMessageOrderly", false),
        .group_name = arguments.text("groupName"),
        .notify_consumer_ids_changed_enable = arguments.boolean("notifyConsumerIdsChanged", true),
        .which_broker_when_consume_slowly =
            BrokerId{arguments.number("whichBrokerWhenConsumeSlowly").value_or(1)}};
    for (auto [name, value] : {std::pair{"retryMaxTimes", &config.retry_max_times},
                               std::pair{"retryQueueNums", &config.retry_queue_nums}}) {
        const auto number = arguments.number(name).value_or(*value);
        if (number < -1 || number > 65'535)
            return failure(Errc::invalid_argument,
                           fmt::format("{} must be from -1 to 65535: {}", name, number));
        *value = static_cast<std::int32_t>(number);
    }
    if (const auto policy = arguments.optional_text("groupRetryPolicy")) {
        auto parsed = json::decode<model::GroupRetryPolicy>(*policy);
        if (!parsed) return failure(Errc::invalid_argument, "groupRetryPolicy: " + parsed.error().detail);
        config.group_retry_policy = std::move(*parsed);
    }
    return config;
}

admin::Task<Result<>> run(Invocation& in) {
    const auto config = config_of(in.arguments);
    if (!config) co_return std::unexpected{config.error()};
    const auto targets = co_await targets_of(in, Slaves::no);
    if (!targets) co_return std::unexpected{targets.error()};
    std::vector<admin::Task<Result<>>> putting;
    for (const auto& target : *targets)
        putting.push_back(admin::put_group(in.admin, target.address, *config));
    const auto results = co_await admin::all(std::move(putting));
    json::Array created;
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (!results[i]) co_return std::unexpected{results[i].error()};
        created.emplace_back((*targets)[i].address);
        if (!in.wants_json())
            fmt::print(in.out, "create subscription group to {} success.\n", (*targets)[i].address);
    }
    if (in.wants_json()) {
        in.print(json::Object{{"createdAt", std::move(created)},
                              {"subscriptionGroupConfig", json::to_value(*config)}});
    } else {
        in.out << group_config_text(*config) << '\n';
    }
    co_return {};
}

}  // namespace

constinit const Command update_sub_group{
    "updateSubGroup",
    "Create a consumer group, or replace all its settings.",
    options,
    {"updateSubGroup -c DefaultCluster -g OrderGroup -r 5 -n 127.0.0.1:9876",
     "updateSubGroup -b 127.0.0.1:10911 -g OrderGroup -s false"},
    run};

}  // namespace tern::cli::commands
