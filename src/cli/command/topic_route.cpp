// topicRoute: which brokers have a topic, and how many queues of it.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/topics.hpp"
#include "cli/commands.hpp"
#include "json/fields.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
    Option{"l", "list", Takes::nothing, Need::may,
           "a table instead of the route as RocketMQ's clients see it"},
};

constexpr std::string_view row = "{:<45} {:<32} {:<50} {:<10} {:<11} {:<5}\n";

// "{0=10.0.0.1:10911, 1=10.0.0.2:10911}"
std::string addresses_text(const remoting::BrokerData* broker) {
    std::string text = "{";
    if (broker != nullptr)
        for (const auto& [id, address] : broker->broker_addrs)
            text += fmt::format("{}{}={}", text.size() > 1 ? ", " : "", id.value(), address);
    return text += '}';
}

void print_table(Invocation& in, const client::Route& route) {
    constexpr std::size_t width = 158;
    fmt::print(in.out, row, "#ClusterName", "#BrokerName", "#BrokerAddrs", "#ReadQueue", "#WriteQueue",
               "#Perm");
    std::int32_t read_queues = 0;
    std::int32_t write_queues = 0;
    for (const auto& queues : route.data().queue_datas) {
        const auto* broker = route.find_broker(queues.broker_name);
        fmt::print(in.out, row, broker != nullptr ? broker->cluster : "", queues.broker_name,
                   addresses_text(broker), queues.read_queue_nums, queues.write_queue_nums, queues.perm);
        read_queues += queues.read_queue_nums;
        write_queues += queues.write_queue_nums;
    }
    in.out << std::string(width, '-') << '\n';
    fmt::print(in.out, row, "Total:", route.data().queue_datas.size(), "", read_queues, write_queues, "");
}

admin::Task<Result<>> run(Invocation& in) {
    const auto route = co_await admin::topic_route(in.admin, in.arguments.text("topic"));
    if (!route) co_return std::unexpected{route.error()};
    if (in.wants_json()) {
        in.print(json::to_value((*route)->data()));
    } else if (in.arguments.has("list")) {
        print_table(in, **route);
    } else {
        in.out << json::encode((*route)->data(), json::config_file_style) << '\n';
    }
    co_return {};
}

}  // namespace

constinit const Command topic_route{
    "topicRoute",
    "Route of a topic: its brokers, their addresses and the numbers of queues.",
    options,
    {"topicRoute -t OrderTopic -n 127.0.0.1:9876", "topicRoute -t OrderTopic -l -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
