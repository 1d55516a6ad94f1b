// A simulated push consumer: a member of a group that divides the queues of a topic, and of the group's retry
// topic, with the other members, as stock clients do.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulation/assigned_queue.hpp"

namespace tern::simulation {

// The queues that the member gets of all, both sorted: stock's averaging allocation. Pure.
std::vector<model::MessageQueue> allocate_averagely(const std::vector<model::MessageQueue>& queues,
                                                    const std::vector<std::string>& members,
                                                    const std::string& member);

// The client and the history outlive it; the client's process is killed before it dies.
class PushConsumer {
public:
    PushConsumer(Client& client, Histories& histories, ConsumerPlan plan, const model::DelayLevels& delays);
    // What it held as locked it holds no longer.
    ~PushConsumer();
    PushConsumer(const PushConsumer&) = delete;
    PushConsumer& operator=(const PushConsumer&) = delete;

    void start();
    // Commits, unlocks, says good-bye. The process may be killed a little later.
    void stop();

    // Messages pulled and not done.
    std::string state() const;
    std::size_t unfinished() const;
    const std::string& group() const { return plan_.group; }
    // A question that a rebalance asks has no answer yet.
    bool is_rebalancing() const { return questions_ > 0; }
    bool has_pull_held_for(Duration time) const;
    bool has_locked_queue() const;

private:
    struct LockQuestion {  // To one broker.
        std::vector<model::MessageQueue> queues;
        Instant until{};          // What a lock is trusted for if it is granted.
        std::uint64_t unlocks{};  // When it was asked.
        Moment asked;
    };

    using QueueRef = std::shared_ptr<AssignedQueue>;

    void introduce();
    model::SubscriptionData subscription(const std::string& topic) const;
    void rebalance();
    void rebalance_topic(const std::string& topic);
    void divide(const std::string& topic, const std::vector<std::string>& members);
    void give_up(const QueueRef& queue);
    void assign(const model::MessageQueue& queue);
    void lock(const std::vector<model::MessageQueue>& queues);
    void lock_at(const std::string& broker_name, std::vector<model::MessageQueue> queues);
    void on_locked(const LockQuestion& question, const Result<remoting::Command>& answer);
    void lock_again();
    void commit_all();
    void every(Duration interval, void (PushConsumer::*work)());
    void rebalance_soon(Duration delay);
    std::vector<std::string> topics() const;

    Client& client_;
    ConsumerPlan plan_;
    Consuming consuming_;
    std::map<model::MessageQueue, QueueRef> queues_;
    std::uint32_t questions_{0};
    std::uint64_t unlocks_{0};
    std::map<model::MessageQueue, std::uint64_t> last_unlock_;
    bool rebalance_scheduled_{false};
    bool stopped_{false};
};

}  // namespace tern::simulation
