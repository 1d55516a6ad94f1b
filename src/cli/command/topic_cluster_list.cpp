// topicClusterList: the clusters that have a topic.
#include "admin/topics.hpp"
#include "cli/commands.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};

admin::Task<Result<>> run(Invocation& in) {
    const auto route = co_await admin::topic_route(in.admin, in.arguments.text("topic"));
    if (!route) co_return std::unexpected{route.error()};
    const auto clusters = admin::clusters_of(**route);
    if (in.wants_json()) {
        in.print(json::Array(clusters.begin(), clusters.end()));
    } else {
        for (const auto& cluster : clusters) in.out << cluster << '\n';
    }
    co_return {};
}

}  // namespace

constinit const Command topic_cluster_list{"topicClusterList",
                                           "Clusters that have a topic.",
                                           options,
                                           {"topicClusterList -t OrderTopic -n 127.0.0.1:9876",
                                            "topicClusterList -t OrderTopic --json -n 127.0.0.1:9876"},
                                           run};

}  // namespace tern::cli::commands
