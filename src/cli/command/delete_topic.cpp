// deleteTopic: removes a topic and its messages from a cluster, and from the NameServers.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/topics.hpp"
#include "cli/commands.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"c", "clusterName", Takes::text, Need::must, "the cluster whose brokers drop it"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};

admin::Task<Result<>> run(Invocation& in) {
    const auto cluster = in.arguments.text("clusterName");
    const auto topic = in.arguments.text("topic");
    const auto deleted = co_await admin::delete_topic(in.admin, cluster, topic);
    if (!deleted) co_return deleted;
    if (in.wants_json()) {
        in.print(json::Object{{"deleted", topic}, {"cluster", cluster}});
    } else {
        fmt::print(
            in.out,
            "delete topic [{}] from cluster [{}] success.\ndelete topic [{}] from NameServer success.\n",
            topic, cluster, topic);
    }
    co_return {};
}

}  // namespace

constinit const Command delete_topic{
    "deleteTopic",
    "Delete a topic and its messages from a cluster and from the NameServers.",
    options,
    {"deleteTopic -c DefaultCluster -t OldTopic -n 127.0.0.1:9876",
     "deleteTopic -c DefaultCluster -t OldTopic --json -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
