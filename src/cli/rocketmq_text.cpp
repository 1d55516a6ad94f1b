#include "cli/rocketmq_text.hpp"

#include <fmt/format.h>

#include <ctime>

#include "base/enum_names.hpp"
#include "base/text.hpp"
#include "model/message_properties.hpp"
#include "model/permission.hpp"

namespace tern::cli {
namespace {

std::tm local_time(WallMillis time) {
    const auto seconds = static_cast<std::time_t>(time / 1000);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return parts;
}

std::string_view java_boolean(bool value) {
    return value ? "true" : "false";
}

std::string retry_policy_text(const model::GroupRetryPolicy& policy) {
    std::string exponential = "null";
    if (const auto& p = policy.exponential)
        exponential = fmt::format("ExponentialRetryPolicy{{initial={}, max={}, multiplier={}}}",
                                  p->initial_ms, p->max_ms, p->multiplier);
    std::string customized = "null";
    if (policy.customized) {
        customized = "CustomizedRetryPolicy{next=[";
        for (const auto delay : policy.customized->next)
            customized += fmt::format("{}{}", customized.ends_with('[') ? "" : ", ", delay);
        customized += "]}";
    }
    return fmt::format("GroupRetryPolicy{{type={}, exponentialRetryPolicy={}, customizedRetryPolicy={}}}",
                       enum_name(policy.type), exponential, customized);
}

// A byte array as Java prints it: signed numbers.
std::string bytes_text(std::string_view bytes) {
    std::string text = "[";
    for (const char byte : bytes) {
        if (text.size() > 1) text += ", ";
        text += std::to_string(static_cast<signed char>(byte));
    }
    return text += ']';
}

}  // namespace

std::string time_text(WallMillis time) {
    const auto at = local_time(time);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", at.tm_year + 1900, at.tm_mon + 1, at.tm_mday,
                       at.tm_hour, at.tm_min, at.tm_sec);
}

std::string time_text_ms(WallMillis time) {
    return fmt::format("{},{:03}", time_text(time), time % 1000);
}

Result<WallMillis> parse_time(std::string_view text, WallMillis now) {
    if (text == "now") return now;
    if (const auto millis = parse_number<WallMillis>(text)) return *millis;
    constexpr std::string_view shape = "yyyy-MM-dd#HH:mm:ss:SSS";
    bool well_formed = text.size() == shape.size();
    for (std::size_t i = 0; well_formed && i < shape.size(); ++i) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        const bool is_letter = (shape[i] >= 'a' && shape[i] <= 'z') || (shape[i] >= 'A' && shape[i] <= 'Z');
        well_formed = is_letter ? is_digit : text[i] == shape[i];
    }
    if (!well_formed)
        return failure(Errc::invalid_argument,
                       fmt::format("not a time: {}; write milliseconds, now, or {}", text, shape));
    const auto part = [&](std::size_t at, std::size_t size) {
        return *parse_number<int>(text.substr(at, size));
    };
    std::tm at{};
    at.tm_year = part(0, 4) - 1900;
    at.tm_mon = part(5, 2) - 1;
    at.tm_mday = part(8, 2);
    at.tm_hour = part(11, 2);
    at.tm_min = part(14, 2);
    at.tm_sec = part(17, 2);
    at.tm_isdst = -1;
    return static_cast<WallMillis>(std::mktime(&at)) * 1000 + part(20, 3);
}

std::string version_text(std::int32_t version) {
    constexpr std::int32_t first_of_4_0 = 212;  // 4.0.0-SNAPSHOT; two for each release, ten releases each.
    constexpr std::int32_t last_of_ours = 999;
    if (version < first_of_4_0) return fmt::format("V3({})", version);
    if (version > last_of_ours) return "HIGHER_VERSION";
    const auto place = version - first_of_4_0;
    const auto minor = place / 20;
    return fmt::format("V{}_{}_{}{}", 4 + minor / 10, minor % 10, place % 20 / 2,
                       place % 2 == 0 ? "_SNAPSHOT" : "");
}

std::string_view cut(std::string_view text, std::size_t size) {
    if (text.size() <= size) return text;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
    return text.substr(0, size);
}

std::string double_text(double value) {
    auto text = fmt::format("{}", value);
    if (text.find_first_of(".en") == std::string::npos) text += ".0";
    return text;
}

std::string map_text(const std::map<std::string, std::string>& map) {
    std::string text = "{";
    for (const auto& [name, value] : map)
        text += fmt::format("{}{}={}", text.size() > 1 ? ", " : "", name, value);
    return text += '}';
}

std::string properties_text(std::string_view properties) {
    std::string text = "{";
    model::for_each_property(properties, [&](std::string_view name, std::string_view value) {
        text += fmt::format("{}{}={}", text.size() > 1 ? ", " : "", name, value);
    });
    return text += '}';
}

std::string queue_text(const model::MessageQueue& queue) {
    return fmt::format("MessageQueue [topic={}, brokerName={}, queueId={}]", queue.topic, queue.broker_name,
                       queue.queue_id.value());
}

std::string topic_config_text(const model::TopicConfig& config) {
    return fmt::format(
        "TopicConfig [topicName={}, readQueueNums={}, writeQueueNums={}, perm={}, topicFilterType={}, "
        "topicSysFlag={}, "
        "order={}, attributes={}]",
        config.name, config.read_queue_nums, config.write_queue_nums, model::permission_text(config.perm),
        enum_name(config.filter_type), config.sys_flag, java_boolean(config.order),
        map_text(config.attributes));
}

std::string group_config_text(const model::SubscriptionGroupConfig& config) {
    return fmt::format(
        "SubscriptionGroupConfig{{groupName={}, consumeEnable={}, consumeFromMinEnable={}, "
        "consumeBroadcastEnable={}, "
        "consumeMessageOrderly={}, retryQueueNums={}, retryMaxTimes={}, groupRetryPolicy={}, brokerId={}, "
        "whichBrokerWhenConsumeSlowly={}, notifyConsumerIdsChangedEnable={}, groupSysFlag={}, "
        "consumeTimeoutMinute={}, "
        "subscriptionDataSet=null, attributes={}}}",
        config.group_name, java_boolean(config.consume_enable), java_boolean(config.consume_from_min_enable),
        java_boolean(config.consume_broadcast_enable), java_boolean(config.consume_message_orderly),
        config.retry_queue_nums, config.retry_max_times, retry_policy_text(config.group_retry_policy),
        config.broker_id.value(), config.which_broker_when_consume_slowly.value(),
        java_boolean(config.notify_consumer_ids_changed_enable), config.group_sys_flag,
        config.consume_timeout_minute, map_text(config.attributes));
}

std::string message_text(const client::ReceivedMessage& message) {
    const auto transaction_id = message.property(model::property::transaction_id);
    return fmt::format(
        "MessageExt [brokerName={}, queueId={}, storeSize={}, queueOffset={}, sysFlag={}, bornTimestamp={}, "
        "bornHost=/{}, storeTimestamp={}, storeHost=/{}, msgId={}, commitLogOffset={}, bodyCRC={}, "
        "reconsumeTimes={}, "
        "preparedTransactionOffset={}, toString()=Message{{topic='{}', flag={}, properties={}, body={}, "
        "transactionId='{}'}}]",
        message.queue.broker_name, message.queue.queue_id.value(), message.stored_size,
        message.queue_offset.value(), message.sys_flag, message.born_timestamp, message.born_host.text(),
        message.store_timestamp, message.store_host.text(), message.offset_message_id,
        message.physical_offset.value(), message.body_crc, message.reconsume_times,
        message.prepared_transaction_offset, message.queue.topic, message.flag,
        properties_text(message.properties), bytes_text(message.body), transaction_id.value_or("null"));
}

}  // namespace tern::cli
