// One queue of a topic on one broker, as clients and administrators name it.
#pragma once

#include <compare>
#include <string>
#include <tuple>

#include "base/fields.hpp"
#include "base/strong.hpp"

namespace tern::model {

struct MessageQueue {
    std::string broker_name{};
    QueueId queue_id{};
    std::string topic{};

    static constexpr auto fields() {
        using Q = MessageQueue;
        return list_of(field("brokerName", &Q::broker_name), field("queueId", &Q::queue_id),
                       field("topic", &Q::topic));
    }
    friend bool operator==(const MessageQueue&, const MessageQueue&) = default;
    // By topic first, as Java sorts them: clients that divide queues among them have to agree.
    friend std::strong_ordering operator<=>(const MessageQueue& a, const MessageQueue& b) {
        return std::tie(a.topic, a.broker_name, a.queue_id) <=> std::tie(b.topic, b.broker_name, b.queue_id);
    }
};

}  // namespace tern::model
