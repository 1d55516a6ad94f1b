// Pulling messages (wire-protocol 6). The body of an answer is stored messages, one behind the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fields.hpp"
#include "base/strong.hpp"
#include "remoting/request_code.hpp"

namespace tern::remoting {

namespace pull_sys_flag {
inline constexpr std::int32_t commit_offset = 1;  // commitOffset is to be stored.
inline constexpr std::int32_t suspend = 2;        // Hold the request when there is nothing.
inline constexpr std::int32_t subscription = 4;   // Filter by the subscription in this request.
inline constexpr std::int32_t class_filter = 8;   // Obsolete.
inline constexpr std::int32_t lite_pull = 16;
}  // namespace pull_sys_flag

// PULL_MESSAGE (11), LITE_PULL_MESSAGE (361).
struct PullMessageRequest {
    static constexpr RequestCode code = RequestCode::pull_message;

    std::string_view consumer_group{};
    std::string_view topic{};
    QueueId queue_id{};
    QueueOffset queue_offset{};  // The first one wanted.
    std::int32_t max_msg_nums{};
    std::int32_t sys_flag{};
    QueueOffset commit_offset{};
    std::int64_t suspend_timeout_ms{};
    std::optional<std::string_view> subscription{};
    std::int64_t sub_version{};
    std::optional<std::string_view> expression_type{};  // TAG when absent.
    std::optional<std::int32_t> max_msg_bytes{};
    std::optional<std::int32_t> request_source{};
    std::optional<std::string_view> proxy_forward_client_id{};
    std::optional<std::string_view> broker_name{};

    bool has(std::int32_t flag) const { return (sys_flag & flag) != 0; }

    static constexpr auto fields() {
        using R = PullMessageRequest;
        return list_of(
            field("bname", &R::broker_name), field("commitOffset", &R::commit_offset),
            field("consumerGroup", &R::consumer_group), field("expressionType", &R::expression_type),
            field("maxMsgBytes", &R::max_msg_bytes), field("maxMsgNums", &R::max_msg_nums),
            field("proxyFrowardClientId", &R::proxy_forward_client_id),  // Spelled so.
            field("queueId", &R::queue_id), field("queueOffset", &R::queue_offset),
            field("requestSource", &R::request_source), field("subVersion", &R::sub_version),
            field("subscription", &R::subscription), field("suspendTimeoutMillis", &R::suspend_timeout_ms),
            field("sysFlag", &R::sys_flag), field("topic", &R::topic));
    }
};

// With codes 0, 19, 20 and 21; clients crash without the four that are not optional.
struct PullMessageResponse {
    BrokerId suggest_which_broker_id{};
    QueueOffset next_begin_offset{};
    QueueOffset min_offset{};
    QueueOffset max_offset{};
    std::optional<std::int64_t> offset_delta{};  // Static topics.
    std::optional<std::int32_t> topic_sys_flag{};
    std::optional<std::int32_t> group_sys_flag{};

    static constexpr auto fields() {
        using R = PullMessageResponse;
        return list_of(field("groupSysFlag", &R::group_sys_flag), field("maxOffset", &R::max_offset),
                       field("minOffset", &R::min_offset), field("nextBeginOffset", &R::next_begin_offset),
                       field("offsetDelta", &R::offset_delta),
                       field("suggestWhichBrokerId", &R::suggest_which_broker_id),
                       field("topicSysFlag", &R::topic_sys_flag));
    }
};

// With code 16: who forbids it.
struct PullForbiddenResponse {
    static constexpr std::int32_t by_broker = 1;
    static constexpr std::int32_t by_group = 2;
    static constexpr std::int32_t by_topic = 3;
    static constexpr std::int32_t by_broadcast = 4;
    static constexpr std::int32_t by_subscription = 5;

    std::int32_t forbidden_type{};

    static constexpr auto fields() {
        return list_of(field("forbiddenType", &PullForbiddenResponse::forbidden_type));
    }
};

}  // namespace tern::remoting
