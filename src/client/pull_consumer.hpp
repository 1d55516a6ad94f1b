// Reads queues at the places that the caller names, and keeps a group's offsets in them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_names.hpp"
#include "base/inplace_function.hpp"
#include "base/result.hpp"
#include "client/client.hpp"
#include "client/message.hpp"
#include "model/message_queue.hpp"
#include "model/subscription.hpp"

namespace tern::client {

enum class PullStatus { found, no_new_message, no_matched_message, offset_illegal };
constexpr std::array<std::string_view, 4> enum_names(PullStatus) {
    return {"FOUND", "NO_NEW_MSG", "NO_MATCHED_MSG", "OFFSET_ILLEGAL"};
}

struct Pull {
    model::MessageQueue queue{};
    QueueOffset offset{};  // The first one wanted.
    std::int32_t max_messages{32};
    Duration hold{};  // How long the broker may wait for a message when there is none; 0: not at all.
    // Only messages that match come, by the codes of their tags and then by the tags themselves.
    model::SubscriptionData subscription{.sub_string = std::string{model::subscribe_all}};
    bool registered{};  // The broker knows the subscription from heartbeats: it is not in the request.
    std::optional<QueueOffset> commit{};  // The group's offset, to be kept with this.
    BrokerId member{master_id};           // To be read from, if it is there.
};

struct Pulled {
    PullStatus status{};
    QueueOffset next_offset{};  // Where to go on, whatever the status.
    QueueOffset min_offset{};
    QueueOffset max_offset{};  // One behind the last message.
    BrokerId suggested_member{};
    std::vector<ReceivedMessage> messages{};
};

// Of one loop. Keeps nothing but its name: what is under way goes on without it. The routes of the topics
// have to be known: RouteCache::find() first.
class PullConsumer {
public:
    // Called at once when the route has no such broker.
    template <class T>
    using Done = InplaceFunction<void(Result<T>), 64>;

    PullConsumer(Client& client, std::string group) : client_{client}, group_{std::move(group)} {}

    const std::string& group() const { return group_; }

    void pull(Pull pull, Done<Pulled> done);

    void min_offset(const model::MessageQueue& queue, Done<QueueOffset> done);
    // One behind the last message.
    void max_offset(const model::MessageQueue& queue, Done<QueueOffset> done);
    // The first message stored at that time or later; the end when there is none.
    void search_offset(const model::MessageQueue& queue, WallMillis time, Done<QueueOffset> done);
    // The group's offset; nothing when it has none, and the consumer begins where it likes.
    void query_offset(const model::MessageQueue& queue, Done<std::optional<QueueOffset>> done);
    void commit_offset(const model::MessageQueue& queue, QueueOffset offset, Done<void> done);
    // Nobody answers.
    void commit_offset_oneway(const model::MessageQueue& queue, QueueOffset offset);

private:
    template <class Header>
    void ask_offset(const model::MessageQueue& queue, const Header& request, Done<QueueOffset> done);

    Client& client_;
    std::string group_;
};

}  // namespace tern::client
