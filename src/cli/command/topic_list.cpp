// topicList: the names of all topics, and with -c where they are and who consumes them.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/topics.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"c", "clusterModel", Takes::nothing, Need::may,
           "with clusters and consumer groups, without topics of retries"},
};

admin::Task<Result<>> run_names(Invocation& in) {
    const auto topics = co_await admin::topic_list(in.admin);
    if (!topics) co_return std::unexpected{topics.error()};
    if (in.wants_json()) {
        in.print(json::Array(topics->begin(), topics->end()));
        co_return {};
    }
    for (const auto& topic : *topics) in.out << topic << '\n';
    co_return {};
}

admin::Task<Result<>> run(Invocation& in) {
    if (!in.arguments.has("clusterModel")) co_return co_await run_names(in);
    const auto topics = co_await admin::topics_in_clusters(in.admin);
    if (!topics) co_return std::unexpected{topics.error()};
    if (in.wants_json()) {
        json::Array rows;
        for (const auto& topic : *topics)
            rows.emplace_back(
                json::Object{{"cluster", topic.cluster},
                             {"topic", topic.topic},
                             {"consumerGroups", json::Array(topic.groups.begin(), topic.groups.end())}});
        in.print(std::move(rows));
        co_return {};
    }
    fmt::print(in.out, "{:<20}  {:<48}  {:<48}\n", "#Cluster Name", "#Topic", "#Consumer Group");
    for (const auto& topic : *topics) {
        auto groups = topic.groups;
        if (groups.empty()) groups.emplace();
        for (const auto& group : groups)
            fmt::print(in.out, "{:<20}  {:<64}  {:<64}\n", cut(topic.cluster, 20), cut(topic.topic, 64),
                       cut(group, 64));
    }
    co_return {};
}

}  // namespace

constinit const Command topic_list{"topicList",
                                   "Names of all topics that the NameServer knows.",
                                   options,
                                   {"topicList -n 127.0.0.1:9876", "topicList -c -n 127.0.0.1:9876"},
                                   run};

}  // namespace tern::cli::commands
