// One queue that the rebalance has given to a consumer: where it begins, its pulls, the messages under
// consumption, and what of it is done. As a stock push consumer's process queue.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "model/delay_level.hpp"
#include "model/message_queue.hpp"
#include "model/message_record.hpp"
#include "simulation/client.hpp"
#include "simulation/history.hpp"

namespace tern::simulation {

struct ConsumerPlan {
    std::string group{};
    std::string topic{};
    std::string expression{"*"};  // The tags it takes of the topic.
    bool in_order{false};         // One message of a queue at a time, under the queue's lock.
    Duration consume_time_max{20ms};
    std::uint32_t failing_one_in{
        0};  // Messages that fail at least once, some until they are dead; 0 for none.
    std::int32_t reconsume_times_max{2};
    std::int32_t pull_batch{32};
    bool commits_one_way{true};  // As Java clients do; Go and C++ clients get an answer.
};

// What the queues of one consumer share; outlives them.
struct Consuming {
    Client& client;
    Histories& histories;
    const ConsumerPlan& plan;
    const model::DelayLevels& delays;
    std::int64_t subscription_version;
    std::function<void()> rebalance;  // At the next occasion.
};

// Shared, because answers may come after the consumer has given it up.
class AssignedQueue final : public std::enable_shared_from_this<AssignedQueue> {
public:
    AssignedQueue(Consuming& consuming, model::MessageQueue queue);

    // Asks where to begin, then pulls until it is given up.
    void start();
    // Commits what is done; nothing is pulled or begun any more.
    void give_up();
    bool is_given_up() const { return given_up_; }
    void commit();
    // Consumption in order goes on until then.
    void locked_until(Instant until, const Moment& asked);
    void unlocked();

    const model::MessageQueue& queue() const { return queue_; }
    std::size_t unfinished() const { return messages_.size(); }
    // When the pull that is not answered yet was sent.
    std::optional<Instant> pulling_since() const {
        return pulling_ ? std::optional{pulled_at_} : std::nullopt;
    }
    // For the report of a run that does not come to rest.
    std::string state() const;
    bool is_locked() const { return locked_until_ > consuming_.client.runtime().clock.now(); }

private:
    struct Message {
        std::string key;
        std::uint32_t checksum{};
        PhysicalOffset record_at;
        std::int32_t reconsume_times{};
    };

    Queue place() const { return {queue_.topic, queue_.queue_id}; }
    std::string address() const { return consuming_.client.master_of(queue_.broker_name); }
    void retry_later(Duration delay, void (AssignedQueue::*what)());
    void begin_at(QueueOffset offset);
    void pull();
    void on_pulled(Result<remoting::Command> answer, std::optional<CommitId> commit, const Moment& asked);
    void take(std::string_view records, const Moment& asked);
    void correct_offset(QueueOffset offset);
    QueueOffset done_below() const;
    void commit(QueueOffset offset);

    void consume_next_in_order();
    void consume(QueueOffset offset);
    void finish_consuming(QueueOffset offset);
    bool fails(QueueOffset offset, const Message& message) const;
    void finished(QueueOffset offset);
    void send_back(QueueOffset offset);

    Consuming& consuming_;
    model::MessageQueue queue_;
    History& history_;
    bool given_up_{false};
    bool pulling_{false};
    Instant pulled_at_{};
    QueueOffset next_;                         // To pull.
    std::map<QueueOffset, Message> messages_;  // Pulled, and not done.
    // To be committed every few seconds: as Java's, also the one that was read at the start, because a late
    // commit of the queue's last owner may have set it back.
    bool has_offset_{false};
    Instant locked_until_{};
    std::optional<LockId> lock_;
    bool consuming_in_order_{false};
    std::map<QueueOffset, std::int32_t> local_attempts_;  // Failures that were not sent back.
};

}  // namespace tern::simulation
