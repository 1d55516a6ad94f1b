// What clients tell of themselves and ask of each other: heartbeats, who is in a group, which queues are
// locked. spec/broker-semantics.md 7 and 8.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "base/runtime.hpp"
#include "base/string_map.hpp"
#include "broker/broker_config.hpp"
#include "broker/client_registry.hpp"
#include "broker/peer_consumers.hpp"
#include "broker/queue_locks.hpp"
#include "broker/registration.hpp"
#include "broker/subscription_groups.hpp"
#include "broker/topics.hpp"
#include "remoting/caller.hpp"
#include "remoting/header/client.hpp"
#include "remoting/header/group.hpp"
#include "remoting/router.hpp"

namespace tern::broker {

// Of one loop; the parts it refers to outlive it.
class ClientService final : public ClientRegistry::Watcher {
public:
    struct Parts {
        const BrokerConfig& config;
        Topics& topics;
        SubscriptionGroups& groups;
        QueueLocks& locks;
        Registration& registration;
        remoting::Caller& caller;
        remoting::Transport& transport;
        const replication::Group& group;
    };
    static constexpr std::size_t told_bytes_max = std::size_t{8} * 1024 * 1024;  // To another member.
    // Questions for a list that wait until this member knows enough: longer than stock clients do, for 3 s
    // those in Java, Go and JavaScript, for 5 s those in C++.
    static constexpr std::size_t questions_max = 10'000;
    static constexpr Duration question_patience = 6s;

    ClientService(Runtime runtime, Parts parts);
    ~ClientService() override { runtime_.timers.cancel(question_timer_); }

    ClientRegistry& registry() { return registry_; }
    PeerConsumers& peers() { return peers_; }
    // Times that another member could not be told of all consumers.
    const std::uint64_t& untold_consumers() const { return untold_consumers_; }
    // And that a question for a list could not wait.
    const std::uint64_t& refused_questions() const { return refused_questions_; }

    void heartbeat(remoting::Request& request);
    void unregister(const remoting::UnregisterClientRequest& header, remoting::Request& request);
    void consumer_list(const remoting::GetConsumerListByGroupRequest& header, remoting::Request& request);
    // Of all groups, for another member of this one: what this member hears itself.
    void consumers(const remoting::GetConsumersRequest& header, remoting::Request& request);
    void check_client(remoting::Request& request);
    void lock_queues(remoting::Request& request);
    void unlock_queues(remoting::Request& request);

    void on_group_changed(std::string_view group, const ConsumerGroup& state) override;

private:
    struct Question {
        std::string group;
        remoting::Responder responder;
        Instant deadline;
    };
    std::string make_retry_topic(const model::SubscriptionGroupConfig& group, bool unit_mode);
    void hold(std::string_view group, remoting::Responder responder);
    void answer_held();
    void answer_list(std::string_view group, remoting::Responder& responder) const;

    Runtime runtime_;
    Parts parts_;
    ClientRegistry registry_;
    PeerConsumers peers_;
    StringSet untold_;                // New retry topics, until the NameServers know them.
    std::deque<Question> questions_;  // The oldest first.
    TimerId question_timer_{0};
    std::uint64_t untold_consumers_{0};
    std::uint64_t refused_questions_{0};
};

}  // namespace tern::broker
