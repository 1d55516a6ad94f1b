#include "model/topic_name.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tern::model {
namespace {

constexpr auto allowed_bytes = [] {
    std::array<bool, 256> allowed{};
    for (const char c :
         std::string_view{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%|_-"})
        allowed[static_cast<unsigned char>(c)] = true;
    return allowed;
}();

bool has_illegal_bytes(std::string_view name) {
    return !std::ranges::all_of(name, [](char c) { return allowed_bytes[static_cast<unsigned char>(c)]; });
}

std::unexpected<Error> refused(std::string_view what) {
    return failure(Errc::invalid_argument, std::string{what});
}

constexpr std::array system_topics{topic::auto_create,
                                   topic::schedule,
                                   topic::benchmark,
                                   topic::transaction_half,
                                   topic::trace,
                                   topic::transaction_op_half,
                                   topic::transaction_check_max,
                                   topic::self_test,
                                   topic::offset_moved_event,
                                   topic::checkpoint};
constexpr std::string_view system_topic_prefix = "rmq_sys_";

constexpr std::array closed_topics{topic::schedule,  topic::transaction_half,   topic::transaction_op_half,
                                   topic::self_test, topic::offset_moved_event, topic::transaction_check_max};

constexpr std::string_view system_group_prefix = "CID_RMQ_SYS_";
constexpr std::array<std::string_view, 13> system_groups{"DEFAULT_PRODUCER",
                                                         "DEFAULT_CONSUMER",
                                                         group::tools_consumer,
                                                         "SCHEDULE_CONSUMER",
                                                         group::filter_server_consumer,
                                                         "__MONITOR_CONSUMER",
                                                         group::inner_producer,
                                                         "SELF_TEST_P_GROUP",
                                                         group::self_test_consumer,
                                                         group::ons_http_proxy,
                                                         group::ons_api_permission,
                                                         group::ons_api_owner,
                                                         group::ons_api_pull};

}  // namespace

Result<> check_topic(std::string_view topic) {
    if (trim(topic).empty()) return refused("The specified topic is blank.");
    const std::string name{topic};
    if (has_illegal_bytes(topic))
        return refused("The specified topic: " + name +
                       ", contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$");
    if (is_retry_topic(topic) || is_dlq_topic(topic)) {
        if (topic.size() > retry_or_dlq_topic_size_max)
            return refused(
                "The specified topic is DLQ or Retry topic: " + name +
                ", and it's longer than topic max length: " + std::to_string(retry_or_dlq_topic_size_max));
    } else if (topic.size() > topic_size_max) {
        return refused("The specified topic: " + name +
                       ", is longer than topic max length: " + std::to_string(topic_size_max));
    }
    return {};
}

Result<> check_group(std::string_view group) {
    if (trim(group).empty()) return refused("The specified group is blank.");
    const std::string name{group};
    if (has_illegal_bytes(group))
        return refused("The specified group: " + name +
                       ", contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$");
    if (group.size() > group_size_max)
        return refused("The specified group: " + name +
                       ", is longer than group max length: " + std::to_string(group_size_max));
    return {};
}

bool is_system_topic(std::string_view topic) {
    return topic.starts_with(system_topic_prefix) ||
           std::ranges::find(system_topics, topic) != system_topics.end();
}

bool is_closed_to_producers(std::string_view topic) {
    return std::ranges::find(closed_topics, topic) != closed_topics.end();
}

bool is_system_group(std::string_view group) {
    return group.starts_with(system_group_prefix) ||
           std::ranges::find(system_groups, group) != system_groups.end();
}

std::string_view group_of_topic(std::string_view topic) {
    if (is_retry_topic(topic)) return topic.substr(retry_prefix.size());
    if (is_dlq_topic(topic)) return topic.substr(dlq_prefix.size());
    return topic;
}

}  // namespace tern::model
