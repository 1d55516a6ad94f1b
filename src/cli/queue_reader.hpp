// Reads queues of a topic between two places, for the commands that print messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admin/messages.hpp"
#include "cli/command.hpp"

namespace tern::cli {

// Which messages of which queues.
struct Reading {
    std::string topic{};
    std::string group{model::group::tools_consumer};
    std::string expression{model::subscribe_all};
    std::optional<std::string> broker_name{};
    std::optional<std::int64_t> queue_id{};
    std::optional<QueueOffset> offset{};  // Where to begin, in each queue.
    std::optional<WallMillis>
        begin{};                      // Else the first stored at that time or later; else the first there is.
    std::optional<WallMillis> end{};  // Up to the first stored at that time or later.
    std::int64_t messages_max{};      // Of all queues together.
};

// All messages of the options topic, subExpression, beginTimestamp and endTimestamp, in all queues.
Result<Reading> reading_of(const Invocation& in);

struct QueueRead {
    model::MessageQueue queue{};
    admin::QueueBounds bounds{};
    client::PullStatus last_status{client::PullStatus::no_new_message};
    QueueOffset next_offset{};
    std::vector<client::ReceivedMessage> messages{};
};

// The queues side by side, each in as many pulls as it takes; in the order of the queues, without messages
// and queues beyond the number of messages that was asked for.
admin::Task<Result<std::vector<QueueRead>>> read_queues(admin::Admin& admin, Reading reading);

}  // namespace tern::cli
