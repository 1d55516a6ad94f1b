// updateTopicList, updateSubGroupList: topics or consumer groups of a file, all at once.
#include <fmt/format.h>

#include "admin/groups.hpp"
#include "admin/topics.hpp"
#include "cli/commands.hpp"
#include "cli/targets.hpp"
#include "json/fields.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array topic_options{
    Option{"b", "brokerAddr", Takes::text, Need::one_of, "address of one broker"},
    Option{"c", "clusterName", Takes::text, Need::one_of, "all masters of this cluster"},
    Option{"f", "filename", Takes::text, Need::must,
           R"(JSON: [{"topicName":"OrderTopic","readQueueNums":8,"writeQueueNums":8,"perm":6}, ...])"},
};
constexpr std::array group_options{
    Option{"b", "brokerAddr", Takes::text, Need::one_of, "address of one broker"},
    Option{"c", "clusterName", Takes::text, Need::one_of, "all masters of this cluster"},
    Option{"f", "filename", Takes::text, Need::must,
           R"(JSON: [{"groupName":"OrderGroup","retryMaxTimes":5}, ...])"},
};

template <class T>
Result<std::vector<T>> read_list(const Invocation& in) {
    const auto path = in.arguments.text("filename");
    const auto text = in.read_file(path);
    if (!text) return std::unexpected{text.error()};
    auto list = json::decode<std::vector<T>>(*text);
    if (!list) return failure(list.error().code, path + ": " + list.error().detail);
    if (list->empty()) return failure(Errc::invalid_argument, path + " names nothing");
    return list;
}

template <class T>
admin::Task<Result<>> run(Invocation& in, std::string_view what,
                          admin::Task<Result<>> (*put)(admin::Admin&, std::string, std::vector<T>)) {
    const auto list = read_list<T>(in);
    if (!list) co_return std::unexpected{list.error()};
    const auto targets = co_await targets_of(in, Slaves::no);
    if (!targets) co_return std::unexpected{targets.error()};
    const auto line = [what](const std::string& address) {
        return fmt::format("submit batch of {} config to {} success, please check the result later.", what,
                           address);
    };
    const auto put_at = [&](const std::string& address) { return put(in.admin, address, *list); };
    co_return co_await at_each(in, *targets, "updated", put_at, line);
}

admin::Task<Result<>> run_topics(Invocation& in) {
    return run<model::TopicConfig>(in, "topic", admin::put_topics);
}
admin::Task<Result<>> run_groups(Invocation& in) {
    return run<model::SubscriptionGroupConfig>(
        in, in.arguments.has("clusterName") ? "subscription group" : "group", admin::put_groups);
}

}  // namespace

constinit const Command update_topic_list{
    "updateTopicList",
    "Create the topics of a file, or replace all their settings: all of them or none.",
    topic_options,
    {"updateTopicList -c DefaultCluster -f topics.json -n 127.0.0.1:9876",
     "updateTopicList -b 127.0.0.1:10911 -f topics.json"},
    run_topics};

constinit const Command update_sub_group_list{
    "updateSubGroupList",
    "Create the consumer groups of a file, or replace all their settings: all of them or none.",
    group_options,
    {"updateSubGroupList -c DefaultCluster -f groups.json -n 127.0.0.1:9876",
     "updateSubGroupList -b 127.0.0.1:10911 -f groups.json"},
    run_groups};

}  // namespace tern::cli::commands
