// Requests to the NameServer: registrations, routes, key-value configuration (wire-protocol 4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fields.hpp"
#include "base/strong.hpp"
#include "remoting/request_code.hpp"

namespace tern::remoting {

// The body says which topics: body/register_broker.hpp.
struct RegisterBrokerRequest {
    static constexpr RequestCode code = RequestCode::register_broker;

    std::optional<std::string_view> zone_name{};
    std::int32_t body_crc32{};  // Of the body, without the sign bit; 0 is not checked.
    std::string_view broker_addr{};
    BrokerId broker_id{};
    std::string_view broker_name{};
    std::string_view cluster_name{};
    bool compressed{};
    std::optional<bool> enable_acting_master{};  // Absent from brokers that do not know it.
    std::string_view ha_server_addr{};
    std::optional<std::int64_t> heartbeat_timeout_ms{};

    static constexpr auto fields() {
        using R = RegisterBrokerRequest;
        return list_of(field("__ZONE_NAME", &R::zone_name), optional_field("bodyCrc32", &R::body_crc32),
                       field("brokerAddr", &R::broker_addr), field("brokerId", &R::broker_id),
                       field("brokerName", &R::broker_name), field("clusterName", &R::cluster_name),
                       optional_field("compressed", &R::compressed),
                       field("enableActingMaster", &R::enable_acting_master),
                       field("haServerAddr", &R::ha_server_addr),
                       field("heartbeatTimeoutMillis", &R::heartbeat_timeout_ms));
    }
};

// Filled for members that are not the master, when there is one. The body is a KVTable of order topics, or
// empty.
struct RegisterBrokerResponse {
    std::optional<std::string_view> ha_server_addr{};
    std::optional<std::string_view> master_addr{};

    static constexpr auto fields() {
        using R = RegisterBrokerResponse;
        return list_of(field("haServerAddr", &R::ha_server_addr), field("masterAddr", &R::master_addr));
    }
};

struct UnregisterBrokerRequest {
    static constexpr RequestCode code = RequestCode::unregister_broker;

    std::string_view broker_addr{};
    BrokerId broker_id{};
    std::string_view broker_name{};
    std::string_view cluster_name{};

    static constexpr auto fields() {
        using R = UnregisterBrokerRequest;
        return list_of(field("brokerAddr", &R::broker_addr), field("brokerId", &R::broker_id),
                       field("brokerName", &R::broker_name), field("clusterName", &R::cluster_name));
    }
};

// The body is the broker's DataVersion; the answer's is the NameServer's, or empty.
struct QueryDataVersionRequest {
    static constexpr RequestCode code = RequestCode::query_data_version;

    std::string_view broker_addr{};
    BrokerId broker_id{};
    std::string_view broker_name{};
    std::string_view cluster_name{};

    static constexpr auto fields() {
        using R = QueryDataVersionRequest;
        return list_of(field("brokerAddr", &R::broker_addr), field("brokerId", &R::broker_id),
                       field("brokerName", &R::broker_name), field("clusterName", &R::cluster_name));
    }
};

struct QueryDataVersionResponse {
    bool changed{};

    static constexpr auto fields() { return list_of(field("changed", &QueryDataVersionResponse::changed)); }
};

// One-way: the broker lives.
struct BrokerHeartbeatRequest {
    static constexpr RequestCode code = RequestCode::broker_heartbeat;

    std::string_view broker_addr{};
    std::optional<BrokerId> broker_id{};
    std::string_view broker_name{};
    std::string_view cluster_name{};
    std::optional<std::int64_t> confirm_offset{};
    std::optional<std::int32_t> election_priority{};
    std::optional<std::int32_t> epoch{};
    std::optional<std::int64_t> heartbeat_timeout_ms{};
    std::optional<std::int64_t> max_offset{};

    static constexpr auto fields() {
        using R = BrokerHeartbeatRequest;
        return list_of(field("brokerAddr", &R::broker_addr), field("brokerId", &R::broker_id),
                       field("brokerName", &R::broker_name), field("clusterName", &R::cluster_name),
                       field("confirmOffset", &R::confirm_offset),
                       field("electionPriority", &R::election_priority), field("epoch", &R::epoch),
                       field("heartbeatTimeoutMills", &R::heartbeat_timeout_ms),  // Spelled so.
                       field("maxOffset", &R::max_offset));
    }
};

// To brokers, one-way: another member has the smallest id now.
struct NotifyMinBrokerIdChangeRequest {
    static constexpr RequestCode code = RequestCode::notify_min_broker_id_change;

    std::optional<std::string_view> broker_name{};
    std::optional<std::string_view> ha_broker_addr{};
    std::optional<std::string_view> min_broker_addr{};
    std::optional<BrokerId> min_broker_id{};
    std::optional<std::string_view> offline_broker_addr{};

    static constexpr auto fields() {
        using R = NotifyMinBrokerIdChangeRequest;
        return list_of(field("brokerName", &R::broker_name), field("haBrokerAddr", &R::ha_broker_addr),
                       field("minBrokerAddr", &R::min_broker_addr), field("minBrokerId", &R::min_broker_id),
                       field("offlineBrokerAddr", &R::offline_broker_addr));
    }
};

// Answered with a TopicRouteData, or code 17.
struct GetRouteInfoRequest {
    static constexpr RequestCode code = RequestCode::get_routeinfo_by_topic;

    std::optional<bool> zone_mode{};
    std::optional<std::string_view> zone_name{};
    bool accept_standard_json_only{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = GetRouteInfoRequest;
        return list_of(field("__ZONE_MODE", &R::zone_mode), field("__ZONE_NAME", &R::zone_name),
                       optional_field("acceptStandardJsonOnly", &R::accept_standard_json_only),
                       field("topic", &R::topic));
    }
};

// Answered with a BrokerMemberGroupBody.
struct GetBrokerMemberGroupRequest {
    static constexpr RequestCode code = RequestCode::get_broker_member_group;

    std::string_view broker_name{};
    std::string_view cluster_name{};

    static constexpr auto fields() {
        using R = GetBrokerMemberGroupRequest;
        return list_of(field("brokerName", &R::broker_name), field("clusterName", &R::cluster_name));
    }
};

// Answered with a TopicList.
struct GetTopicsByClusterRequest {
    static constexpr RequestCode code = RequestCode::get_topics_by_cluster;

    std::string_view cluster{};

    static constexpr auto fields() { return list_of(field("cluster", &GetTopicsByClusterRequest::cluster)); }
};

struct DeleteTopicInNamesrvRequest {
    static constexpr RequestCode code = RequestCode::delete_topic_in_namesrv;

    std::optional<std::string_view> cluster_name{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = DeleteTopicInNamesrvRequest;
        return list_of(field("clusterName", &R::cluster_name), field("topic", &R::topic));
    }
};

// The body is a TopicRouteData of which only the queues count.
struct RegisterTopicRequest {
    static constexpr RequestCode code = RequestCode::register_topic_in_namesrv;

    std::string_view topic{};

    static constexpr auto fields() { return list_of(field("topic", &RegisterTopicRequest::topic)); }
};

struct WipeWritePermRequest {
    static constexpr RequestCode code = RequestCode::wipe_write_perm_of_broker;

    std::string_view broker_name{};

    static constexpr auto fields() {
        return list_of(field("brokerName", &WipeWritePermRequest::broker_name));
    }
};

struct WipeWritePermResponse {
    std::int32_t wipe_topic_count{};

    static constexpr auto fields() {
        return list_of(field("wipeTopicCount", &WipeWritePermResponse::wipe_topic_count));
    }
};

struct AddWritePermRequest {
    static constexpr RequestCode code = RequestCode::add_write_perm_of_broker;

    std::string_view broker_name{};

    static constexpr auto fields() { return list_of(field("brokerName", &AddWritePermRequest::broker_name)); }
};

struct AddWritePermResponse {
    std::int32_t add_topic_count{};

    static constexpr auto fields() {
        return list_of(field("addTopicCount", &AddWritePermResponse::add_topic_count));
    }
};

struct PutKvConfigRequest {
    static constexpr RequestCode code = RequestCode::put_kv_config;

    std::string_view key{};
    std::string_view name_space{};
    std::string_view value{};

    static constexpr auto fields() {
        using R = PutKvConfigRequest;
        return list_of(field("key", &R::key), field("namespace", &R::name_space), field("value", &R::value));
    }
};

// Code 22 when there is none.
struct GetKvConfigRequest {
    static constexpr RequestCode code = RequestCode::get_kv_config;

    std::string_view key{};
    std::string_view name_space{};

    static constexpr auto fields() {
        using R = GetKvConfigRequest;
        return list_of(field("key", &R::key), field("namespace", &R::name_space));
    }
};

struct GetKvConfigResponse {
    std::optional<std::string_view> value{};

    static constexpr auto fields() { return list_of(field("value", &GetKvConfigResponse::value)); }
};

struct DeleteKvConfigRequest {
    static constexpr RequestCode code = RequestCode::delete_kv_config;

    std::string_view key{};
    std::string_view name_space{};

    static constexpr auto fields() {
        using R = DeleteKvConfigRequest;
        return list_of(field("key", &R::key), field("namespace", &R::name_space));
    }
};

// Answered with a KVTable, or code 22.
struct GetKvListRequest {
    static constexpr RequestCode code = RequestCode::get_kvlist_by_namespace;

    std::string_view name_space{};

    static constexpr auto fields() { return list_of(field("namespace", &GetKvListRequest::name_space)); }
};

}  // namespace tern::remoting
