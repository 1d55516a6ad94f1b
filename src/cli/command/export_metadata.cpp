// exportMetadata: topics and consumer groups to a file.
#include "admin/groups.hpp"
#include "admin/topics.hpp"
#include "cli/commands.hpp"
#include "cli/export_file.hpp"
#include "cli/targets.hpp"
#include "json/fields.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "brokerAddr", Takes::text, Need::one_of, "address of one broker"},
    Option{"c", "clusterName", Takes::text, Need::one_of,
           "all masters of this cluster, their queues added up"},
    export_path,
    Option{"g", "subscriptionGroup", Takes::nothing, Need::may,
           "only consumer groups, to subscriptionGroup.json"},
    Option{"s", "specialTopic", Takes::nothing, Need::may, "topics of retries and of dead letters, too"},
    Option{"t", "topic", Takes::nothing, Need::may, "only topics, to topic.json"},
};

// What several brokers have of a topic or a group is one entry with all their queues.
void add(model::TopicConfig& into, const model::TopicConfig& topic) {
    into.read_queue_nums += topic.read_queue_nums;
    into.write_queue_nums += topic.write_queue_nums;
}
void add(model::SubscriptionGroupConfig& into, const model::SubscriptionGroupConfig& group) {
    into.retry_queue_nums += group.retry_queue_nums;
}

template <class Config>
using ByName = std::map<std::string, Config>;

template <class Config>
void merge(ByName<Config>& into, const ByName<Config>& from) {
    for (const auto& [name, config] : from)
        if (const auto [known, is_new] = into.emplace(name, config); !is_new) add(known->second, config);
}

admin::Task<Result<>> run(Invocation& in) {
    const auto targets = co_await targets_of(in, Slaves::no);
    if (!targets) co_return std::unexpected{targets.error()};
    const bool has_topics = in.arguments.has("topic") || !in.arguments.has("subscriptionGroup");
    const bool has_groups = !in.arguments.has("topic");
    const auto group_topics =
        in.arguments.has("specialTopic") ? admin::GroupTopics::yes : admin::GroupTopics::no;
    ByName<model::TopicConfig> topics;
    ByName<model::SubscriptionGroupConfig> groups;
    for (const auto& target : *targets) {
        if (has_topics) {
            const auto some = co_await admin::user_topics(in.admin, target.address, group_topics);
            if (!some) co_return std::unexpected{some.error()};
            merge(topics, *some);
        }
        if (has_groups) {
            const auto some = co_await admin::user_groups(in.admin, target.address);
            if (!some) co_return std::unexpected{some.error()};
            merge(groups, *some);
        }
    }
    json::Object document{{"exportTime", in.runtime.clock.wall_ms()}};
    if (has_topics) document.push_back({"topicConfigTable", json::to_value(topics)});
    if (has_groups) document.push_back({"subscriptionGroupTable", json::to_value(groups)});
    const auto* file = !has_groups ? "topic.json" : !has_topics ? "subscriptionGroup.json" : "metadata.json";
    co_return export_document(in, file, std::move(document));
}

}  // namespace

constinit const Command export_metadata{
    "exportMetadata",
    "Write the topics and consumer groups of a cluster or a broker to a file of JSON.",
    options,
    {"exportMetadata -c DefaultCluster -f /tmp/export -n 127.0.0.1:9876",
     "exportMetadata -b 127.0.0.1:10911 -t -s -f /tmp/export"},
    run};

}  // namespace tern::cli::commands
