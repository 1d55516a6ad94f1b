// Values as RocketMQ's tools print them, for people who know them and scripts that read them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/runtime.hpp"
#include "client/message.hpp"
#include "model/message_queue.hpp"
#include "model/subscription_group.hpp"
#include "model/topic_config.hpp"

namespace tern::cli {

// Local time: "2026-11-21 16:13:02", and with ",288" behind it.
std::string time_text(WallMillis time);
std::string time_text_ms(WallMillis time);

// A time as operators write it: milliseconds, "now", or local time as "2026-11-21#16:13:02:288".
Result<WallMillis> parse_time(std::string_view text, WallMillis now);

// "V5_5_0"; the number of a version is its place in RocketMQ's list (wire-protocol 1.6).
std::string version_text(std::int32_t version);

// The first so many bytes, whole characters.
std::string_view cut(std::string_view text, std::size_t size);

// Java's text of a number with a fraction: "0.0", "46.5".
std::string double_text(double value);

std::string map_text(const std::map<std::string, std::string>& map);  // "{a=b, c=d}"
std::string properties_text(std::string_view properties);             // Likewise, of a message.
std::string queue_text(
    const model::MessageQueue& queue);  // "MessageQueue [topic=…, brokerName=…, queueId=…]"
std::string topic_config_text(const model::TopicConfig& config);  // "TopicConfig [topicName=…"
std::string group_config_text(
    const model::SubscriptionGroupConfig& config);                 // "SubscriptionGroupConfig{groupName=…"
std::string message_text(const client::ReceivedMessage& message);  // "MessageExt [brokerName=…"

}  // namespace tern::cli
