// Locks on queues, for consumption in order (wire-protocol 9.5).
#pragma once

#include <string>
#include <vector>

#include "base/fields.hpp"
#include "model/message_queue.hpp"

namespace tern::remoting {

// LOCK_BATCH_MQ (41) and UNLOCK_BATCH_MQ (42).
struct LockBatchRequestBody {
    std::string client_id{};
    std::string consumer_group{};
    std::vector<model::MessageQueue> mq_set{};
    bool only_this_broker{};

    static constexpr auto fields() {
        using B = LockBatchRequestBody;
        return list_of(field("clientId", &B::client_id), field("consumerGroup", &B::consumer_group),
                       optional_field("mqSet", &B::mq_set),
                       optional_field("onlyThisBroker", &B::only_this_broker));
    }
    friend bool operator==(const LockBatchRequestBody&, const LockBatchRequestBody&) = default;
};

// Those of the queues asked for that the client holds now.
struct LockBatchResponseBody {
    std::vector<model::MessageQueue> lock_ok_mq_set{};

    static constexpr auto fields() {
        return list_of(optional_field("lockOKMQSet", &LockBatchResponseBody::lock_ok_mq_set));
    }
    friend bool operator==(const LockBatchResponseBody&, const LockBatchResponseBody&) = default;
};

}  // namespace tern::remoting
