// Offsets: those that consumers have reached, and those that queues have (wire-protocol 8).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fields.hpp"
#include "base/strong.hpp"
#include "remoting/request_code.hpp"

namespace tern::remoting {

// Answers to 14, 29, 30 and 31.
struct OffsetResponse {
    QueueOffset offset{};

    static constexpr auto fields() { return list_of(field("offset", &OffsetResponse::offset)); }
};

// Code 22: nothing stored, the client begins where its settings say.
struct QueryConsumerOffsetRequest {
    static constexpr RequestCode code = RequestCode::query_consumer_offset;

    std::string_view consumer_group{};
    QueueId queue_id{};
    std::optional<bool> set_zero_if_not_found{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = QueryConsumerOffsetRequest;
        return list_of(field("consumerGroup", &R::consumer_group), field("queueId", &R::queue_id),
                       field("setZeroIfNotFound", &R::set_zero_if_not_found), field("topic", &R::topic));
    }
};

struct UpdateConsumerOffsetRequest {
    static constexpr RequestCode code = RequestCode::update_consumer_offset;

    QueueOffset commit_offset{};
    std::string_view consumer_group{};
    QueueId queue_id{};
    std::string_view topic{};
    // Ours: a member kept it while the leader was away. It counts if the group is there or behind it, and
    // before the offset.
    std::optional<QueueOffset> kept_since{};

    static constexpr auto fields() {
        using R = UpdateConsumerOffsetRequest;
        return list_of(field("commitOffset", &R::commit_offset), field("consumerGroup", &R::consumer_group),
                       field("queueId", &R::queue_id), field("topic", &R::topic),
                       field("ternKeptSince", &R::kept_since));
    }
};

enum class BoundaryType { lower, upper };

// LOWER, the default: the first message stored at or after the time; UPPER: the last one stored at or before
// it.
struct SearchOffsetRequest {
    static constexpr RequestCode code = RequestCode::search_offset_by_timestamp;

    std::optional<std::string_view> boundary_type{};  // In any case of letters; what is not "upper" is lower.
    QueueId queue_id{};
    std::int64_t timestamp{};
    std::string_view topic{};

    BoundaryType boundary() const {
        const auto lower_case = [](char c) { return static_cast<char>(c | 0x20); };  // Of letters.
        const bool upper =
            boundary_type && std::ranges::equal(*boundary_type, std::string_view{"upper"}, {}, lower_case);
        return upper ? BoundaryType::upper : BoundaryType::lower;
    }
    static constexpr auto fields() {
        using R = SearchOffsetRequest;
        return list_of(field("boundaryType", &R::boundary_type), field("queueId", &R::queue_id),
                       field("timestamp", &R::timestamp), field("topic", &R::topic));
    }
};

// The end of the queue, exclusive; 0 when there is no such queue.
struct GetMaxOffsetRequest {
    static constexpr RequestCode code = RequestCode::get_max_offset;

    bool committed{true};
    QueueId queue_id{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = GetMaxOffsetRequest;
        return list_of(optional_field("committed", &R::committed), field("queueId", &R::queue_id),
                       field("topic", &R::topic));
    }
};

struct GetMinOffsetRequest {
    static constexpr RequestCode code = RequestCode::get_min_offset;

    QueueId queue_id{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = GetMinOffsetRequest;
        return list_of(field("queueId", &R::queue_id), field("topic", &R::topic));
    }
};

struct GetEarliestMsgStoretimeRequest {
    static constexpr RequestCode code = RequestCode::get_earliest_msg_storetime;

    QueueId queue_id{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = GetEarliestMsgStoretimeRequest;
        return list_of(field("queueId", &R::queue_id), field("topic", &R::topic));
    }
};

// -1 when there is no message.
struct GetEarliestMsgStoretimeResponse {
    std::int64_t timestamp{};

    static constexpr auto fields() {
        return list_of(field("timestamp", &GetEarliestMsgStoretimeResponse::timestamp));
    }
};

}  // namespace tern::remoting
