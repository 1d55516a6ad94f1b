// A member of a consumer group: divides the queues of its topics with the other members, reads its share and
// hands each message to a listener, one at a time and in order within a queue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/inplace_function.hpp"
#include "base/result.hpp"
#include "base/runtime.hpp"
#include "client/client.hpp"
#include "client/message.hpp"
#include "client/pull_consumer.hpp"
#include "client/weak.hpp"
#include "model/message_queue.hpp"
#include "model/subscription.hpp"
#include "remoting/body/heartbeat.hpp"

namespace tern::client {

enum class Consumed {
    yes,
    later,  // The broker delivers it again after a while, and buries it after too many times.
};

struct PushConsumerConfig {
    std::string group{};
    // Where a queue is begun in which the group has no offset yet.
    remoting::ConsumeFromWhere from{remoting::ConsumeFromWhere::last_offset};
    WallMillis from_time{};  // For ConsumeFromWhere::timestamp.
    std::int32_t max_messages{32};
    std::int32_t max_reconsume_times{16};
    Duration hold{15s};
    Duration rebalance_interval{20s};
    Duration commit_interval{5s};
    Duration pause_after_error{1s};
};

// Of one loop. Consumes in clustering mode; delivers at least once.
class PushConsumer {
public:
    using Listener = InplaceFunction<Consumed(const ReceivedMessage&), 64>;

    PushConsumer(Client& client, PushConsumerConfig config, Listener listener);
    ~PushConsumer() { stop(); }
    PushConsumer(const PushConsumer&) = delete;
    PushConsumer& operator=(const PushConsumer&) = delete;

    // "TagA || TagB", or "*". Before start(). Errc::subscription_malformed, Errc::invalid_argument for the
    // topic.
    Result<> subscribe(std::string_view topic, std::string_view expression);
    void start();
    // Commits what was consumed, leaves the group and calls the listener no more.
    void stop();

    // Where it stands, by queue.
    std::map<model::MessageQueue, QueueOffset> positions() const;

private:
    // A queue that is ours for now. What is under way for it notices by is_dropped that it no longer is.
    struct Assignment final : Counted {
        explicit Assignment(const model::MessageQueue& of) : queue{of} {}
        model::MessageQueue queue;
        bool is_dropped{false};
        bool is_placed{false};  // next means something.
        QueueOffset next{};     // To be consumed; all before it are.
        QueueOffset committed{};
        BrokerId member{master_id};
        Pulled pulled{};
        std::size_t consumed{};  // Messages of pulled.
    };
    using Subscriptions = std::map<std::string, model::SubscriptionData, std::less<>>;

    void join();
    void rebalance();
    void schedule_rebalance(Duration delay);
    void schedule_commit();
    void rebalance_topic(const std::string& topic);
    void divide(const std::string& topic, const std::vector<std::string>& members);
    void begin(const Ref<Assignment>& assignment);
    void drop(Assignment& assignment);
    void begin_where_configured(const Ref<Assignment>& assignment);
    void begin_at(const Ref<Assignment>& assignment, const Result<QueueOffset>& offset);
    void pull(const Ref<Assignment>& assignment);
    void on_pulled(const Ref<Assignment>& assignment, Result<Pulled> pulled);
    // The messages that were pulled, from the one that is next; then the next pull.
    void consume(const Ref<Assignment>& assignment);
    void send_back(const Ref<Assignment>& assignment);
    void after_pause(const Ref<Assignment>& assignment, void (PushConsumer::*then)(const Ref<Assignment>&));
    void commit(Assignment& assignment);

    Client& client_;
    PushConsumerConfig config_;
    Listener listener_;
    PullConsumer queues_;
    Subscriptions subscriptions_;
    std::map<model::MessageQueue, Ref<Assignment>> assignments_;
    TimerId rebalance_timer_{0};
    TimerId commit_timer_{0};
    bool is_running_{false};
    Lifeline<PushConsumer> lifeline_{this};
};

}  // namespace tern::client
