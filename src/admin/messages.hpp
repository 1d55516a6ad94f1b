// Stored messages: found by their ids, their keys and their places, and who consumed them.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/admin.hpp"
#include "base/enum_names.hpp"
#include "client/message.hpp"
#include "client/producer.hpp"
#include "client/pull_consumer.hpp"
#include "model/topic_name.hpp"
#include "remoting/body/consume_directly.hpp"
#include "remoting/body/stats.hpp"

namespace tern::admin {

// By the id of its place, from the broker that the id names. Errc::malformed for what is no such id.
Task<Result<client::ReceivedMessage>> message_by_offset_id(Admin& admin, std::string topic, std::string id);

enum class KeyType { key, unique_key, tag };
constexpr std::array<std::string_view, 3> enum_names(KeyType) {
    return {"key", "id", "tag"};
}

struct KeyQuery {
    std::string topic{};
    std::string key{};
    KeyType type{KeyType::key};
    std::int32_t max_messages{64};
    WallMillis begin{0};
    WallMillis end{std::numeric_limits<WallMillis>::max()};
};
// From all brokers of the topic, in the order they were stored. Errc::query_not_found when no broker has any.
Task<Result<std::vector<client::ReceivedMessage>>> messages_by_key(Admin& admin, KeyQuery query);

// The first with that unique id.
Task<Result<client::ReceivedMessage>> message_by_unique_id(Admin& admin, std::string topic, std::string id);

// Errc::query_not_found when there is none at that place.
Task<Result<client::ReceivedMessage>> message_at(Admin& admin, model::MessageQueue queue, QueueOffset offset);

// What became of a message in a group.
enum class TrackType {
    consumed,
    consumed_but_filtered,
    pull,  // The group reads by itself; nobody knows what it has read.
    not_consume_yet,
    not_online,
    consume_broadcasting,
    unknown,
};
constexpr std::array<std::string_view, 7> enum_names(TrackType) {
    return {"CONSUMED",   "CONSUMED_BUT_FILTERED", "PULL",   "NOT_CONSUME_YET",
            "NOT_ONLINE", "CONSUME_BROADCASTING",  "UNKNOWN"};
}
struct MessageTrack {
    std::string consumer_group{};
    TrackType type{TrackType::unknown};
    std::optional<Error> error{};  // Why it is not known.
};
// In every group that consumes the topic.
Task<Result<std::vector<MessageTrack>>> message_tracks(Admin& admin, client::ReceivedMessage message);

// Makes a member of the group consume the message, through the broker that has stored it.
Task<Result<remoting::ConsumeDirectlyResult>> consume_directly(Admin& admin, client::ReceivedMessage message,
                                                               std::string group, std::string client_id);

// A pull, with the group of RocketMQ's tools unless another is named; the topic's route has to be known.
Task<Result<client::Pulled>> pull(Admin& admin, client::Pull what,
                                  std::string group = std::string{model::group::tools_consumer});
// Entries of a queue as they lie there, and what a group wants of them.
Task<Result<remoting::ConsumeQueueBody>> queue_entries(Admin& admin, std::string address,
                                                       model::MessageQueue queue, QueueOffset from,
                                                       std::int32_t count, std::string group);
struct QueueBounds {
    QueueOffset min;
    QueueOffset max;
};
Task<Result<QueueBounds>> queue_bounds(Admin& admin, model::MessageQueue queue);
Task<Result<QueueOffset>> search_offset(Admin& admin, model::MessageQueue queue, WallMillis time);

}  // namespace tern::admin
