// How far queues and groups are, for administrators (wire-protocol 13). Maps keyed by queues go out with
// whole objects as keys, for Java decodes them by the type of the key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/strong.hpp"
#include "model/message_queue.hpp"
#include "model/subscription.hpp"

namespace tern::remoting {

struct TopicOffset {
    std::int64_t last_update_timestamp{};
    QueueOffset max_offset{};
    QueueOffset min_offset{};

    static constexpr auto fields() {
        using O = TopicOffset;
        return list_of(optional_field("lastUpdateTimestamp", &O::last_update_timestamp),
                       optional_field("maxOffset", &O::max_offset),
                       optional_field("minOffset", &O::min_offset));
    }
    friend bool operator==(const TopicOffset&, const TopicOffset&) = default;
};

struct TopicStatsTable {
    std::map<model::MessageQueue, TopicOffset> offset_table{};
    double topic_put_tps{};

    static constexpr auto fields() {
        return list_of(optional_field("offsetTable", &TopicStatsTable::offset_table),
                       optional_field("topicPutTps", &TopicStatsTable::topic_put_tps));
    }
    friend bool operator==(const TopicStatsTable&, const TopicStatsTable&) = default;
};

struct ConsumeOffset {
    QueueOffset broker_offset{};
    QueueOffset consumer_offset{};
    std::int64_t last_timestamp{};
    QueueOffset pull_offset{};

    static constexpr auto fields() {
        using O = ConsumeOffset;
        return list_of(optional_field("brokerOffset", &O::broker_offset),
                       optional_field("consumerOffset", &O::consumer_offset),
                       optional_field("lastTimestamp", &O::last_timestamp),
                       optional_field("pullOffset", &O::pull_offset));
    }
    friend bool operator==(const ConsumeOffset&, const ConsumeOffset&) = default;
};

struct ConsumeStats {
    double consume_tps{};
    std::map<model::MessageQueue, ConsumeOffset> offset_table{};

    static constexpr auto fields() {
        return list_of(optional_field("consumeTps", &ConsumeStats::consume_tps),
                       optional_field("offsetTable", &ConsumeStats::offset_table));
    }
    friend bool operator==(const ConsumeStats&, const ConsumeStats&) = default;
};

// The answer to GET_BROKER_CONSUME_STATS (317).
struct BrokerConsumeStats {
    std::string broker_addr{};
    std::vector<std::map<std::string, std::vector<ConsumeStats>>> consume_stats_list{};  // By group.
    std::int64_t total_diff{};
    std::int64_t total_inflight_diff{};

    static constexpr auto fields() {
        using S = BrokerConsumeStats;
        return list_of(optional_field("brokerAddr", &S::broker_addr),
                       optional_field("consumeStatsList", &S::consume_stats_list),
                       optional_field("totalDiff", &S::total_diff),
                       optional_field("totalInflightDiff", &S::total_inflight_diff));
    }
    friend bool operator==(const BrokerConsumeStats&, const BrokerConsumeStats&) = default;
};

// Offsets by queue: the answer to 222, and the order 220 to Java and Go consumers.
struct OffsetTableBody {
    std::map<model::MessageQueue, QueueOffset> offset_table{};

    static constexpr auto fields() {
        return list_of(optional_field("offsetTable", &OffsetTableBody::offset_table));
    }
    friend bool operator==(const OffsetTableBody&, const OffsetTableBody&) = default;
};

// The order 220 to C++ consumers.
struct QueueOffsetEntry {
    std::string broker_name{};
    QueueOffset offset{};
    QueueId queue_id{};
    std::string topic{};

    static constexpr auto fields() {
        using E = QueueOffsetEntry;
        return list_of(field("brokerName", &E::broker_name), field("offset", &E::offset),
                       field("queueId", &E::queue_id), field("topic", &E::topic));
    }
    friend bool operator==(const QueueOffsetEntry&, const QueueOffsetEntry&) = default;
};
struct OffsetListBody {
    std::vector<QueueOffsetEntry> offset_table{};

    static constexpr auto fields() {
        return list_of(optional_field("offsetTable", &OffsetListBody::offset_table));
    }
    friend bool operator==(const OffsetListBody&, const OffsetListBody&) = default;
};

// The answer to GET_CONSUMER_STATUS: of a member by queue, of a group by member.
struct ConsumerStatusBody {
    std::map<std::string, std::map<model::MessageQueue, QueueOffset>> consumer_table{};  // By client id.
    std::map<model::MessageQueue, QueueOffset> message_queue_table{};

    static constexpr auto fields() {
        using B = ConsumerStatusBody;
        return list_of(optional_field("consumerTable", &B::consumer_table),
                       optional_field("messageQueueTable", &B::message_queue_table));
    }
    friend bool operator==(const ConsumerStatusBody&, const ConsumerStatusBody&) = default;
};

// The times of a queue's first, last and last consumed message, and how long the next one has waited.
struct QueueTimeSpan {
    std::int64_t consume_timestamp{};
    std::int64_t delay_ms{};
    std::int64_t max_timestamp{};
    model::MessageQueue message_queue{};
    std::int64_t min_timestamp{};

    static constexpr auto fields() {
        using S = QueueTimeSpan;
        return list_of(
            optional_field("consumeTimeStamp", &S::consume_timestamp),
            optional_field("delayTime", &S::delay_ms), optional_field("maxTimeStamp", &S::max_timestamp),
            field("messageQueue", &S::message_queue), optional_field("minTimeStamp", &S::min_timestamp));
    }
    friend bool operator==(const QueueTimeSpan&, const QueueTimeSpan&) = default;
};

// The answer to QUERY_CONSUME_TIME_SPAN (303).
struct ConsumeTimeSpans {
    std::vector<QueueTimeSpan> consume_time_span_set{};

    static constexpr auto fields() {
        return list_of(optional_field("consumeTimeSpanSet", &ConsumeTimeSpans::consume_time_span_set));
    }
    friend bool operator==(const ConsumeTimeSpans&, const ConsumeTimeSpans&) = default;
};

// The answer to QUERY_CORRECTION_OFFSET (308).
struct CorrectionOffsets {
    std::map<QueueId, QueueOffset> correction_offsets{};

    static constexpr auto fields() {
        return list_of(optional_field("correctionOffsets", &CorrectionOffsets::correction_offsets));
    }
    friend bool operator==(const CorrectionOffsets&, const CorrectionOffsets&) = default;
};

// How much something grew within a time: in all, a second, and each time.
struct BrokerStatsItem {
    double avgpt{};
    std::int64_t sum{};
    double tps{};

    static constexpr auto fields() {
        using I = BrokerStatsItem;
        return list_of(optional_field("avgpt", &I::avgpt), optional_field("sum", &I::sum),
                       optional_field("tps", &I::tps));
    }
    friend bool operator==(const BrokerStatsItem&, const BrokerStatsItem&) = default;
};

// The answer to VIEW_BROKER_STATS_DATA (315).
struct BrokerStatsData {
    BrokerStatsItem stats_day{};
    BrokerStatsItem stats_hour{};
    BrokerStatsItem stats_minute{};

    static constexpr auto fields() {
        using D = BrokerStatsData;
        return list_of(optional_field("statsDay", &D::stats_day), optional_field("statsHour", &D::stats_hour),
                       optional_field("statsMinute", &D::stats_minute));
    }
    friend bool operator==(const BrokerStatsData&, const BrokerStatsData&) = default;
};

struct ConsumeQueueEntryBody {
    std::optional<std::string> bit_map{};
    bool eval{};
    std::optional<std::string> extend_data_json{};
    std::optional<std::string> msg{};
    PhysicalOffset physic_offset{};
    std::int32_t physic_size{};
    std::int64_t tags_code{};

    static constexpr auto fields() {
        using E = ConsumeQueueEntryBody;
        return list_of(field("bitMap", &E::bit_map), optional_field("eval", &E::eval),
                       field("extendDataJson", &E::extend_data_json), field("msg", &E::msg),
                       optional_field("physicOffset", &E::physic_offset),
                       optional_field("physicSize", &E::physic_size),
                       optional_field("tagsCode", &E::tags_code));
    }
    friend bool operator==(const ConsumeQueueEntryBody&, const ConsumeQueueEntryBody&) = default;
};

// The answer to QUERY_CONSUME_QUEUE (321).
struct ConsumeQueueBody {
    std::optional<std::string> filter_data{};
    QueueOffset max_queue_index{};
    QueueOffset min_queue_index{};
    std::vector<ConsumeQueueEntryBody> queue_data{};
    std::optional<model::SubscriptionData> subscription_data{};

    static constexpr auto fields() {
        using B = ConsumeQueueBody;
        return list_of(
            field("filterData", &B::filter_data), optional_field("maxQueueIndex", &B::max_queue_index),
            optional_field("minQueueIndex", &B::min_queue_index), optional_field("queueData", &B::queue_data),
            field("subscriptionData", &B::subscription_data));
    }
    friend bool operator==(const ConsumeQueueBody&, const ConsumeQueueBody&) = default;
};

}  // namespace tern::remoting
