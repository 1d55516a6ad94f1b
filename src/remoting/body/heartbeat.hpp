// What a client says of itself: its groups and what they subscribe to (wire-protocol 9.1, 9.4). C++ clients
// send enums as numbers and leave out whatever is empty.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "model/subscription.hpp"

namespace tern::remoting {

enum class ConsumeType { actively, passively, pop };  // Pull, push, pop.
constexpr std::array<std::string_view, 3> enum_names(ConsumeType) {
    return {"CONSUME_ACTIVELY", "CONSUME_PASSIVELY", "CONSUME_POP"};
}

enum class MessageModel { broadcasting, clustering };
constexpr std::array<std::string_view, 2> enum_names(MessageModel) {
    return {"BROADCASTING", "CLUSTERING"};
}

enum class ConsumeFromWhere {
    last_offset,
    last_offset_and_from_min_when_boot_first,
    min_offset,
    max_offset,
    first_offset,
    timestamp,
};
constexpr std::array<std::string_view, 6> enum_names(ConsumeFromWhere) {
    return {"CONSUME_FROM_LAST_OFFSET",  "CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST",
            "CONSUME_FROM_MIN_OFFSET",   "CONSUME_FROM_MAX_OFFSET",
            "CONSUME_FROM_FIRST_OFFSET", "CONSUME_FROM_TIMESTAMP"};
}

struct ConsumerData {
    ConsumeFromWhere consume_from_where{};
    ConsumeType consume_type{ConsumeType::passively};
    std::string group_name{};
    MessageModel message_model{MessageModel::clustering};
    std::vector<model::SubscriptionData> subscription_data_set{};
    bool unit_mode{};

    static constexpr auto fields() {
        using D = ConsumerData;
        return list_of(optional_field("consumeFromWhere", &D::consume_from_where),
                       optional_field("consumeType", &D::consume_type), field("groupName", &D::group_name),
                       optional_field("messageModel", &D::message_model),
                       optional_field("subscriptionDataSet", &D::subscription_data_set),
                       optional_field("unitMode", &D::unit_mode));
    }
    friend bool operator==(const ConsumerData&, const ConsumerData&) = default;
};

struct ProducerData {
    std::string group_name{};

    static constexpr auto fields() { return list_of(field("groupName", &ProducerData::group_name)); }
    friend bool operator==(const ProducerData&, const ProducerData&) = default;
};

struct HeartbeatData {
    std::string client_id{};
    std::vector<ConsumerData> consumer_data_set{};
    std::int32_t heartbeat_fingerprint{};  // Not 0: a hash of the subscriptions (V2).
    std::vector<ProducerData> producer_data_set{};
    bool without_sub{};  // The subscriptions are those of the last heartbeat with this fingerprint.

    static constexpr auto fields() {
        using D = HeartbeatData;
        return list_of(field("clientID", &D::client_id),
                       optional_field("consumerDataSet", &D::consumer_data_set),
                       optional_field("heartbeatFingerprint", &D::heartbeat_fingerprint),
                       optional_field("producerDataSet", &D::producer_data_set),
                       optional_field("withoutSub", &D::without_sub));
    }
    friend bool operator==(const HeartbeatData&, const HeartbeatData&) = default;
};

// CHECK_CLIENT_CONFIG (46): is this filter all right?
struct CheckClientRequestBody {
    std::string client_id{};
    std::string group{};
    std::string name_space{};
    model::SubscriptionData subscription_data{};

    static constexpr auto fields() {
        using B = CheckClientRequestBody;
        return list_of(field("clientId", &B::client_id), field("group", &B::group),
                       optional_field("namespace", &B::name_space),
                       field("subscriptionData", &B::subscription_data));
    }
    friend bool operator==(const CheckClientRequestBody&, const CheckClientRequestBody&) = default;
};

}  // namespace tern::remoting
