// What administrators ask of a broker (wire-protocol 13). Requests 25, 26, 28, 43, 45, 305, 318, 319 and 328
// have no fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fields.hpp"
#include "base/strong.hpp"
#include "remoting/request_code.hpp"

namespace tern::remoting {

// The body is the settings as properties text.
struct GetBrokerConfigResponse {
    std::string_view version{};  // JSON of a DataVersion.

    static constexpr auto fields() { return list_of(field("version", &GetBrokerConfigResponse::version)); }
};

// Answered with a TopicStatsTable, or code 17.
struct GetTopicStatsInfoRequest {
    static constexpr RequestCode code = RequestCode::get_topic_stats_info;

    std::string_view topic{};

    static constexpr auto fields() { return list_of(field("topic", &GetTopicStatsInfoRequest::topic)); }
};

// Answered with a ConsumerConnection, or code 206.
struct GetConsumerConnectionListRequest {
    static constexpr RequestCode code = RequestCode::get_consumer_connection_list;

    std::string_view consumer_group{};

    static constexpr auto fields() {
        return list_of(field("consumerGroup", &GetConsumerConnectionListRequest::consumer_group));
    }
};

// Answered with a ProducerConnection, or code 1.
struct GetProducerConnectionListRequest {
    static constexpr RequestCode code = RequestCode::get_producer_connection_list;

    std::string_view producer_group{};

    static constexpr auto fields() {
        return list_of(field("producerGroup", &GetProducerConnectionListRequest::producer_group));
    }
};

// Answered with a ConsumeStats: of one topic, of those listed, or of all the group has offsets in.
struct GetConsumeStatsRequest {
    static constexpr RequestCode code = RequestCode::get_consume_stats;

    std::string_view consumer_group{};
    std::optional<std::string_view> topic{};
    std::optional<std::string_view> topic_list{};  // With semicolons between.

    static constexpr auto fields() {
        using R = GetConsumeStatsRequest;
        return list_of(field("consumerGroup", &R::consumer_group), field("topic", &R::topic),
                       field("topicList", &R::topic_list));
    }
};

// Answered with a BrokerConsumeStats.
struct GetBrokerConsumeStatsRequest {
    static constexpr RequestCode code = RequestCode::get_broker_consume_stats;

    bool is_order{};

    static constexpr auto fields() {
        return list_of(field("isOrder", &GetBrokerConsumeStatsRequest::is_order));
    }
};

// Answered with a GroupList.
struct QueryTopicConsumeByWhoRequest {
    static constexpr RequestCode code = RequestCode::query_topic_consume_by_who;

    std::string_view topic{};

    static constexpr auto fields() { return list_of(field("topic", &QueryTopicConsumeByWhoRequest::topic)); }
};

// Answered with a TopicList.
struct QueryTopicsByConsumerRequest {
    static constexpr RequestCode code = RequestCode::query_topics_by_consumer;

    std::string_view group{};

    static constexpr auto fields() { return list_of(field("group", &QueryTopicsByConsumerRequest::group)); }
};

// Answered with a SubscriptionBody: what the group's members want of the topic.
struct QuerySubscriptionByConsumerRequest {
    static constexpr RequestCode code = RequestCode::query_subscription_by_consumer;

    std::string_view group{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = QuerySubscriptionByConsumerRequest;
        return list_of(field("group", &R::group), optional_field("topic", &R::topic));
    }
};

// Answered with a ConsumeTimeSpans, or code 17.
struct QueryConsumeTimeSpanRequest {
    static constexpr RequestCode code = RequestCode::query_consume_time_span;

    std::string_view group{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = QueryConsumeTimeSpanRequest;
        return list_of(field("group", &R::group), field("topic", &R::topic));
    }
};

// Answered with a BrokerStatsData, or code 1.
struct ViewBrokerStatsDataRequest {
    static constexpr RequestCode code = RequestCode::view_broker_stats_data;

    std::string_view stats_key{};
    std::string_view stats_name{};

    static constexpr auto fields() {
        using R = ViewBrokerStatsDataRequest;
        return list_of(field("statsKey", &R::stats_key), field("statsName", &R::stats_name));
    }
};

// Passed on to the client it names, and the client's answer back as it is.
struct GetConsumerRunningInfoRequest {
    static constexpr RequestCode code = RequestCode::get_consumer_running_info;

    std::string_view client_id{};
    std::string_view consumer_group{};
    std::optional<bool> jstack_enable{};

    static constexpr auto fields() {
        using R = GetConsumerRunningInfoRequest;
        return list_of(field("clientId", &R::client_id), field("consumerGroup", &R::consumer_group),
                       field("jstackEnable", &R::jstack_enable));
    }
};

// Likewise; the broker adds the last three fields and, as the body, the message that the id names.
struct ConsumeMessageDirectlyRequest {
    static constexpr RequestCode code = RequestCode::consume_message_directly;

    std::optional<std::string_view> broker_name{};
    std::optional<std::string_view> client_id{};
    std::string_view consumer_group{};
    std::optional<std::int32_t> group_sys_flag{};
    std::optional<std::string_view> msg_id{};
    std::optional<std::string_view> topic{};
    std::optional<std::int32_t> topic_sys_flag{};

    static constexpr auto fields() {
        using R = ConsumeMessageDirectlyRequest;
        return list_of(field("brokerName", &R::broker_name), field("clientId", &R::client_id),
                       field("consumerGroup", &R::consumer_group), field("groupSysFlag", &R::group_sys_flag),
                       field("msgId", &R::msg_id), field("topic", &R::topic),
                       field("topicSysFlag", &R::topic_sys_flag));
    }
};

// Asked of each member, or of the one that client_addr names; answered with a ConsumerStatusBody of all.
struct GetConsumerStatusRequest {
    static constexpr RequestCode code = RequestCode::invoke_broker_to_get_consumer_status;

    std::optional<std::string_view> client_addr{};  // A client id, in spite of its name.
    std::string_view group{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = GetConsumerStatusRequest;
        return list_of(field("clientAddr", &R::client_addr), field("group", &R::group),
                       field("topic", &R::topic));
    }
};

// That question to one member, who answers with its part of a ConsumerStatusBody.
struct GetConsumerStatusFromClientRequest {
    static constexpr RequestCode code = RequestCode::get_consumer_status_from_client;

    std::string_view group{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = GetConsumerStatusFromClientRequest;
        return list_of(field("group", &R::group), field("topic", &R::topic));
    }
};

// Answered with a ConsumeQueueBody.
struct QueryConsumeQueueRequest {
    static constexpr RequestCode code = RequestCode::query_consume_queue;

    std::optional<std::string_view> consumer_group{};
    std::int32_t count{};
    QueueOffset index{};
    QueueId queue_id{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = QueryConsumeQueueRequest;
        return list_of(field("consumerGroup", &R::consumer_group), field("count", &R::count),
                       field("index", &R::index), field("queueId", &R::queue_id), field("topic", &R::topic));
    }
};

// Answered with an OffsetTableBody: what the group's offsets are now.
struct ResetOffsetRequest {
    static constexpr RequestCode code = RequestCode::invoke_broker_to_reset_offset;

    std::string_view group{};
    bool is_force{};
    std::optional<QueueOffset> offset{};
    QueueId queue_id{-1};      // Negative: all queues of the topic.
    std::int64_t timestamp{};  // -1: the end.
    std::string_view topic{};

    static constexpr auto fields() {
        using R = ResetOffsetRequest;
        return list_of(field("group", &R::group), field("isForce", &R::is_force), field("offset", &R::offset),
                       optional_field("queueId", &R::queue_id), field("timestamp", &R::timestamp),
                       field("topic", &R::topic));
    }
};

// To a consumer, one-way: it goes on at the offsets of the body.
struct ResetConsumerClientOffsetRequest {
    static constexpr RequestCode code = RequestCode::reset_consumer_client_offset;

    std::string_view group{};
    bool is_force{};
    std::int64_t timestamp{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = ResetConsumerClientOffsetRequest;
        return list_of(field("group", &R::group), field("isForce", &R::is_force),
                       field("timestamp", &R::timestamp), field("topic", &R::topic));
    }
};

// The offsets of one group become those of another, on one topic or on all.
struct CloneGroupOffsetRequest {
    static constexpr RequestCode code = RequestCode::clone_group_offset;

    std::string_view dest_group{};
    bool offline{};
    std::string_view src_group{};
    std::optional<std::string_view> topic{};

    static constexpr auto fields() {
        using R = CloneGroupOffsetRequest;
        return list_of(field("destGroup", &R::dest_group), optional_field("offline", &R::offline),
                       field("srcGroup", &R::src_group), field("topic", &R::topic));
    }
};

// Answered with a CorrectionOffsets.
struct QueryCorrectionOffsetRequest {
    static constexpr RequestCode code = RequestCode::query_correction_offset;

    std::string_view compare_group{};
    std::optional<std::string_view> filter_groups{};  // With commas between.
    std::string_view topic{};

    static constexpr auto fields() {
        using R = QueryCorrectionOffsetRequest;
        return list_of(field("compareGroup", &R::compare_group), field("filterGroups", &R::filter_groups),
                       field("topic", &R::topic));
    }
};

}  // namespace tern::remoting
