// Who is connected: members of consumer and producer groups, for administrators (wire-protocol 13).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "model/subscription.hpp"
#include "remoting/body/heartbeat.hpp"

namespace tern::remoting {

struct ClientConnection {
    std::string client_addr{};
    std::string client_id{};
    std::string language{};
    std::int32_t version{};

    static constexpr auto fields() {
        using C = ClientConnection;
        return list_of(optional_field("clientAddr", &C::client_addr), field("clientId", &C::client_id),
                       optional_field("language", &C::language), optional_field("version", &C::version));
    }
    friend bool operator==(const ClientConnection&, const ClientConnection&) = default;
};

struct ConsumerConnection {
    std::vector<ClientConnection> connection_set{};
    ConsumeFromWhere consume_from_where{};
    ConsumeType consume_type{};
    MessageModel message_model{MessageModel::clustering};
    std::map<std::string, model::SubscriptionData> subscription_table{};  // By topic.

    static constexpr auto fields() {
        using C = ConsumerConnection;
        return list_of(optional_field("connectionSet", &C::connection_set),
                       optional_field("consumeFromWhere", &C::consume_from_where),
                       optional_field("consumeType", &C::consume_type),
                       optional_field("messageModel", &C::message_model),
                       optional_field("subscriptionTable", &C::subscription_table));
    }
    friend bool operator==(const ConsumerConnection&, const ConsumerConnection&) = default;
};

// The answer to QUERY_SUBSCRIPTION_BY_CONSUMER (345).
struct SubscriptionBody {
    std::string group{};
    std::optional<model::SubscriptionData> subscription_data{};  // Of a group that has members.
    std::string topic{};

    static constexpr auto fields() {
        using B = SubscriptionBody;
        return list_of(optional_field("group", &B::group), field("subscriptionData", &B::subscription_data),
                       optional_field("topic", &B::topic));
    }
    friend bool operator==(const SubscriptionBody&, const SubscriptionBody&) = default;
};

struct ProducerConnection {
    std::vector<ClientConnection> connection_set{};

    static constexpr auto fields() {
        return list_of(optional_field("connectionSet", &ProducerConnection::connection_set));
    }
    friend bool operator==(const ProducerConnection&, const ProducerConnection&) = default;
};

struct ProducerInfo {
    std::string client_id{};
    std::string language{};
    std::int64_t last_update_timestamp{};
    std::string remote_ip{};  // "/ip:port", as Java prints it.
    std::int32_t version{};

    static constexpr auto fields() {
        using I = ProducerInfo;
        return list_of(field("clientId", &I::client_id), optional_field("language", &I::language),
                       optional_field("lastUpdateTimestamp", &I::last_update_timestamp),
                       optional_field("remoteIP", &I::remote_ip), optional_field("version", &I::version));
    }
    friend bool operator==(const ProducerInfo&, const ProducerInfo&) = default;
};

// The answer to GET_ALL_PRODUCER_INFO (328): by group.
struct ProducerTableInfo {
    std::map<std::string, std::vector<ProducerInfo>> data{};

    static constexpr auto fields() { return list_of(optional_field("data", &ProducerTableInfo::data)); }
    friend bool operator==(const ProducerTableInfo&, const ProducerTableInfo&) = default;
};

}  // namespace tern::remoting
