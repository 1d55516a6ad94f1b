// Sending messages, and giving them back (wire-protocol 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fields.hpp"
#include "base/strong.hpp"
#include "remoting/request_code.hpp"

namespace tern::remoting {

// SEND_MESSAGE (10), SEND_MESSAGE_V2 (310), SEND_BATCH_MESSAGE (320); the body is the message's, or a batch
// (batch.hpp). One header with two lists of names: 10 uses the long ones, 310 and 320 the short ones. Whether
// it is a batch says the field, not the code.
struct SendMessageRequest {
    static constexpr RequestCode code = RequestCode::send_message;
    static constexpr RequestCode short_code = RequestCode::send_message_v2;

    std::string_view producer_group{};
    std::string_view topic{};
    std::string_view default_topic{};         // The template for automatic creation,
    std::int32_t default_topic_queue_nums{};  // and the queues wanted then.
    QueueId queue_id{};                       // Negative: the broker picks one.
    std::int32_t sys_flag{};
    std::int64_t born_timestamp{};
    std::int32_t flag{};  // The user's.
    std::optional<std::string_view> properties{};
    std::int32_t reconsume_times{};
    bool unit_mode{};
    std::optional<std::int32_t> max_reconsume_times{};  // Means something for retry topics only.
    bool batch{};
    std::optional<std::string_view> broker_name{};

    static constexpr auto fields() {
        using R = SendMessageRequest;
        return list_of(optional_field("batch", &R::batch), field("bname", &R::broker_name),
                       field("bornTimestamp", &R::born_timestamp), field("defaultTopic", &R::default_topic),
                       field("defaultTopicQueueNums", &R::default_topic_queue_nums), field("flag", &R::flag),
                       field("maxReconsumeTimes", &R::max_reconsume_times),
                       field("producerGroup", &R::producer_group), field("properties", &R::properties),
                       field("queueId", &R::queue_id), optional_field("reconsumeTimes", &R::reconsume_times),
                       field("sysFlag", &R::sys_flag), field("topic", &R::topic),
                       optional_field("unitMode", &R::unit_mode));
    }
    static constexpr auto short_fields() {
        using R = SendMessageRequest;
        return list_of(field("a", &R::producer_group), field("b", &R::topic), field("c", &R::default_topic),
                       field("d", &R::default_topic_queue_nums), field("e", &R::queue_id),
                       field("f", &R::sys_flag), field("g", &R::born_timestamp), field("h", &R::flag),
                       field("i", &R::properties), optional_field("j", &R::reconsume_times),
                       optional_field("k", &R::unit_mode), field("l", &R::max_reconsume_times),
                       optional_field("m", &R::batch), field("n", &R::broker_name));
    }
};

// PUSH_REPLY_MESSAGE_TO_CLIENT (326), from the broker to the producer that waits for the reply; the body is
// the reply's as it was sent.
struct PushReplyRequest {
    static constexpr RequestCode code = RequestCode::push_reply_message_to_client;

    std::string_view producer_group{};
    std::string_view topic{};
    std::string_view default_topic{};
    std::int32_t default_topic_queue_nums{};
    QueueId queue_id{};
    std::int32_t sys_flag{};
    std::int64_t born_timestamp{};
    std::int32_t flag{};
    std::optional<std::string_view> properties{};
    std::int32_t reconsume_times{};
    bool unit_mode{};
    std::string_view born_host{};  // "ip:port", as the next one.
    std::string_view store_host{};
    std::int64_t store_timestamp{};

    static constexpr auto fields() {
        using R = PushReplyRequest;
        return list_of(field("bornHost", &R::born_host), field("bornTimestamp", &R::born_timestamp),
                       field("defaultTopic", &R::default_topic),
                       field("defaultTopicQueueNums", &R::default_topic_queue_nums), field("flag", &R::flag),
                       field("producerGroup", &R::producer_group), field("properties", &R::properties),
                       field("queueId", &R::queue_id), optional_field("reconsumeTimes", &R::reconsume_times),
                       field("storeHost", &R::store_host), field("storeTimestamp", &R::store_timestamp),
                       field("sysFlag", &R::sys_flag), field("topic", &R::topic),
                       optional_field("unitMode", &R::unit_mode));
    }
};

// With codes 0, 10, 11 and 12: stored. Clients crash without the first three.
struct SendMessageResponse {
    PlainText msg_id{};  // The offset id; of a batch all of them, with commas between.
    QueueId queue_id{};
    QueueOffset queue_offset{};  // Of a batch: the first message's.
    std::optional<std::string_view> transaction_id{};
    std::optional<std::string_view> batch_uniq_id{};
    std::optional<std::string_view> recall_handle{};
    std::optional<std::string_view> region{};
    std::optional<bool> trace_on{};

    static constexpr auto fields() {
        using R = SendMessageResponse;
        return list_of(field("MSG_REGION", &R::region), field("TRACE_ON", &R::trace_on),
                       field("batchUniqId", &R::batch_uniq_id), field("msgId", &R::msg_id),
                       field("queueId", &R::queue_id), field("queueOffset", &R::queue_offset),
                       field("recallHandle", &R::recall_handle), field("transactionId", &R::transaction_id));
    }
};

// With every other code: what error answers to a send carry all the same.
struct SendMessageRefusal {
    std::optional<std::string_view> region{};
    std::optional<bool> trace_on{};

    static constexpr auto fields() {
        using R = SendMessageRefusal;
        return list_of(field("MSG_REGION", &R::region), field("TRACE_ON", &R::trace_on));
    }
};

// A consumer could not deal with a message: try again later, or bury it.
struct ConsumerSendMsgBackRequest {
    static constexpr RequestCode code = RequestCode::consumer_send_msg_back;

    PhysicalOffset offset{};
    std::string_view group{};
    std::int32_t delay_level{};  // Negative: dead letter at once; 0: the broker decides.
    std::optional<std::string_view> origin_msg_id{};
    std::optional<std::string_view> origin_topic{};
    bool unit_mode{};
    std::optional<std::int32_t> max_reconsume_times{};

    static constexpr auto fields() {
        using R = ConsumerSendMsgBackRequest;
        return list_of(field("delayLevel", &R::delay_level), field("group", &R::group),
                       field("maxReconsumeTimes", &R::max_reconsume_times), field("offset", &R::offset),
                       field("originMsgId", &R::origin_msg_id), field("originTopic", &R::origin_topic),
                       optional_field("unitMode", &R::unit_mode));
    }
};

}  // namespace tern::remoting
