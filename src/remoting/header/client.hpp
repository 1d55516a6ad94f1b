// Clients and their groups (wire-protocol 9, 11). Heartbeats (34), queue locks (41, 42) and the check of a
// filter (46) say what they want in their bodies: body/heartbeat.hpp, body/lock_batch.hpp.
#pragma once

#include <optional>
#include <string_view>

#include "base/fields.hpp"
#include "remoting/request_code.hpp"

namespace tern::remoting {

// The answer to HEART_BEAT (34).
struct HeartbeatResponse {
    bool is_sub_change{true};  // Always: so a new leader hears what is subscribed to with the next heartbeat.
    bool is_support_heartbeat_v2{true};

    static constexpr auto fields() {
        using R = HeartbeatResponse;
        return list_of(optional_field("IS_SUB_CHANGE", &R::is_sub_change),
                       optional_field("IS_SUPPORT_HEART_BEAT_V2", &R::is_support_heartbeat_v2));
    }
};

struct UnregisterClientRequest {
    static constexpr RequestCode code = RequestCode::unregister_client;

    std::string_view client_id{};
    std::optional<std::string_view> consumer_group{};
    std::optional<std::string_view> producer_group{};

    static constexpr auto fields() {
        using R = UnregisterClientRequest;
        return list_of(field("clientID", &R::client_id), field("consumerGroup", &R::consumer_group),
                       field("producerGroup", &R::producer_group));
    }
};

// Answered with a ConsumerListBody, or code 1 when the group has no member.
struct GetConsumerListByGroupRequest {
    static constexpr RequestCode code = RequestCode::get_consumer_list_by_group;

    std::string_view consumer_group{};

    static constexpr auto fields() {
        return list_of(field("consumerGroup", &GetConsumerListByGroupRequest::consumer_group));
    }
};

// To each member of a group, one-way: divide the queues again.
struct NotifyConsumerIdsChangedRequest {
    static constexpr RequestCode code = RequestCode::notify_consumer_ids_changed;

    std::string_view consumer_group{};

    static constexpr auto fields() {
        return list_of(field("consumerGroup", &NotifyConsumerIdsChangedRequest::consumer_group));
    }
};

}  // namespace tern::remoting
