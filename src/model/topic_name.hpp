// Names of topics and groups: what they may look like, and which ones mean something to the system
// (wire-protocol 17).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace tern::model {

inline constexpr std::size_t topic_size_max = 127;
inline constexpr std::size_t retry_or_dlq_topic_size_max = 255;
inline constexpr std::size_t group_size_max = 120;

// Errc::invalid_argument with RocketMQ's words. Letters, digits and %|-_ are allowed.
Result<> check_topic(std::string_view topic);
Result<> check_group(std::string_view group);

namespace topic {
inline constexpr std::string_view auto_create = "TBW102";  // The template of automatically created topics.
inline constexpr std::string_view schedule = "SCHEDULE_TOPIC_XXXX";
inline constexpr std::string_view benchmark = "BenchmarkTest";
inline constexpr std::string_view transaction_half = "RMQ_SYS_TRANS_HALF_TOPIC";
inline constexpr std::string_view transaction_op_half = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
inline constexpr std::string_view transaction_check_max = "TRANS_CHECK_MAX_TIME_TOPIC";
inline constexpr std::string_view trace = "RMQ_SYS_TRACE_TOPIC";
inline constexpr std::string_view self_test = "SELF_TEST_TOPIC";
inline constexpr std::string_view offset_moved_event = "OFFSET_MOVED_EVENT";
inline constexpr std::string_view checkpoint = "CHECKPOINT_TOPIC";
inline constexpr std::string_view wheel_timer = "rmq_sys_wheel_timer";
inline constexpr std::string_view revive_log_prefix = "rmq_sys_REVIVE_LOG_";           // Then the cluster.
inline constexpr std::string_view sync_member_prefix = "rmq_sys_SYNC_BROKER_MEMBER_";  // Then the broker.
inline constexpr std::string_view reply_postfix = "_REPLY_TOPIC";                      // Behind the cluster.
}  // namespace topic

namespace group {
inline constexpr std::string_view tools_consumer = "TOOLS_CONSUMER";
inline constexpr std::string_view filter_server_consumer = "FILTERSRV_CONSUMER";
inline constexpr std::string_view self_test_consumer = "SELF_TEST_C_GROUP";
inline constexpr std::string_view inner_producer = "CLIENT_INNER_PRODUCER";
inline constexpr std::string_view transaction = "CID_RMQ_SYS_TRANS";
inline constexpr std::string_view ons_http_proxy = "CID_ONS-HTTP-PROXY";
inline constexpr std::string_view ons_api_pull = "CID_ONSAPI_PULL";
inline constexpr std::string_view ons_api_permission = "CID_ONSAPI_PERMISSION";
inline constexpr std::string_view ons_api_owner = "CID_ONSAPI_OWNER";
}  // namespace group

// Topics of RocketMQ's own, which nobody may create or delete. The names of the cluster and the broker are
// among them, too, but only the broker knows those.
bool is_system_topic(std::string_view topic);
// System topics that take no messages from clients.
bool is_closed_to_producers(std::string_view topic);
bool is_system_group(std::string_view group);

inline constexpr std::string_view retry_prefix = "%RETRY%";
inline constexpr std::string_view dlq_prefix = "%DLQ%";

inline bool is_retry_topic(std::string_view topic) {
    return topic.starts_with(retry_prefix);
}
inline bool is_dlq_topic(std::string_view topic) {
    return topic.starts_with(dlq_prefix);
}
inline std::string retry_topic(std::string_view group) {
    return std::string{retry_prefix} + std::string{group};
}
inline std::string dlq_topic(std::string_view group) {
    return std::string{dlq_prefix} + std::string{group};
}
// The group of a retry or dead-letter topic; other topics as they are.
std::string_view group_of_topic(std::string_view topic);

}  // namespace tern::model
