// updateTopic: creates a topic or replaces its settings, on one broker or on all masters of a cluster.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <limits>

#include "admin/topics.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"
#include "cli/targets.hpp"
#include "json/fields.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"a", "attributes", Takes::text, Need::may,
           "changes to attributes: +message.type=FIFO,-reserve.time"},
    Option{"b", "brokerAddr", Takes::text, Need::one_of, "address of one broker"},
    Option{"c", "clusterName", Takes::text, Need::one_of, "all masters of this cluster"},
    Option{"o", "order", Takes::boolean, Need::may,
           "an ordered topic: its brokers are noted at the NameServers, too"},
    Option{"p", "perm", Takes::number, Need::may, "2: write, 4: read, 6: both, which is the default"},
    Option{"r", "readQueueNums", Takes::number, Need::may, "queues to read, 8 by default"},
    Option{"s", "hasUnitSub", Takes::boolean, Need::may, "subscriptions of units exist"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
    Option{"u", "unit", Takes::boolean, Need::may, "a topic of a unit"},
    Option{"w", "writeQueueNums", Takes::number, Need::may, "queues to write, 8 by default"},
};

Result<std::int32_t> number_within(const Arguments& arguments, std::string_view name, std::int32_t otherwise,
                                   std::int32_t min, std::int32_t max) {
    const auto number = arguments.number(name).value_or(otherwise);
    if (number < min || number > max)
        return failure(Errc::invalid_argument,
                       fmt::format("{} must be from {} to {}: {}", name, min, max, number));
    return static_cast<std::int32_t>(number);
}

// "+message.type=FIFO,-reserve.time", as the text of the configuration shows it.
model::Attributes parse_attributes(std::string_view text) {
    model::Attributes attributes;
    for (const auto part : split(text, ',')) {
        const auto change = trim(part);
        const auto equals = std::min(change.find('='), change.size());
        attributes.emplace(change.substr(0, equals), change.substr(std::min(equals + 1, change.size())));
    }
    return attributes;
}

Result<model::TopicConfig> config_of(const Arguments& arguments) {
    const auto read_queues = number_within(arguments, "readQueueNums", 8, 0, 65'535);
    if (!read_queues) return std::unexpected{read_queues.error()};
    const auto write_queues = number_within(arguments, "writeQueueNums", 8, 0, 65'535);
    if (!write_queues) return std::unexpected{write_queues.error()};
    const auto perm = number_within(arguments, "perm", 6, 0, 7);
    if (!perm) return std::unexpected{perm.error()};
    return model::TopicConfig{
        .name = arguments.text("topic"),
        .read_queue_nums = *read_queues,
        .write_queue_nums = *write_queues,
        .perm = *perm,
        .sys_flag = (arguments.is_true("unit") ? model::topic_sys_flag::unit : 0) |
                    (arguments.is_true("hasUnitSub") ? model::topic_sys_flag::unit_subscription : 0),
        .order = arguments.is_true("order"),
        .attributes = parse_attributes(arguments.text("attributes"))};
}

// Notes the brokers of an ordered topic at the NameServers. A single broker takes its place among those noted
// before.
admin::Task<Result<std::string>> put_order(Invocation& in, model::TopicConfig config,
                                           std::vector<admin::Member> at) {
    std::map<std::string, std::string> queues_by_broker;
    if (in.arguments.has("brokerAddr")) {
        const auto info = co_await admin::cluster_info(in.admin);
        if (!info) co_return std::unexpected{info.error()};
        std::erase_if(at, [](const admin::Member&) { return true; });
        for (const auto& member : admin::members_of(*info))
            if (member.address == in.arguments.text("brokerAddr")) at.push_back(member);
        const auto noted = co_await admin::topic_order(in.admin, config.name);
        if (!noted) co_return std::unexpected{noted.error()};
        for (const auto part : split(noted->value_or(""), ';')) {
            const auto colon = std::min(part.find(':'), part.size());
            queues_by_broker.emplace(part.substr(0, colon), part.substr(std::min(colon + 1, part.size())));
        }
    }
    for (const auto& member : at)
        queues_by_broker[member.broker_name] = std::to_string(config.write_queue_nums);
    std::string order;
    for (const auto& [broker_name, queues] : queues_by_broker)
        order += fmt::format("{}{}:{}", order.empty() ? "" : ";", broker_name, queues);
    const auto put = co_await admin::put_topic_order(in.admin, config.name, order);
    if (!put) co_return std::unexpected{put.error()};
    co_return order;
}

admin::Task<Result<>> run(Invocation& in) {
    const auto config = config_of(in.arguments);
    if (!config) co_return std::unexpected{config.error()};
    const auto targets = co_await targets_of(in, Slaves::no);
    if (!targets) co_return std::unexpected{targets.error()};
    std::vector<admin::Task<Result<>>> putting;
    for (const auto& target : *targets)
        putting.push_back(
            admin::put_topic(in.admin, target.address, *config, in.arguments.text("attributes")));
    const auto results = co_await admin::all(std::move(putting));
    json::Array created;
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (!results[i]) co_return std::unexpected{results[i].error()};
        created.emplace_back((*targets)[i].address);
        if (!in.wants_json()) fmt::print(in.out, "create topic to {} success.\n", (*targets)[i].address);
    }
    if (config->order) {
        const auto order = co_await put_order(in, *config, *targets);
        if (!order) co_return std::unexpected{order.error()};
        if (!in.wants_json())
            fmt::print(in.out, "set {} orderConf. isOrder=true, orderConf=[{}]\n",
                       in.arguments.has("brokerAddr") ? "broker" : "cluster", *order);
    }
    if (in.wants_json()) {
        in.print(json::Object{{"createdAt", std::move(created)}, {"topicConfig", json::to_value(*config)}});
    } else {
        in.out << topic_config_text(*config) << '\n';
    }
    co_return {};
}

}  // namespace

constinit const Command update_topic{
    "updateTopic",
    "Create a topic, or replace all its settings.",
    options,
    {"updateTopic -c DefaultCluster -t OrderTopic -r 16 -w 16 -n 127.0.0.1:9876",
     "updateTopic -b 127.0.0.1:10911 -t FifoTopic -a +message.type=FIFO"},
    run};

}  // namespace tern::cli::commands
