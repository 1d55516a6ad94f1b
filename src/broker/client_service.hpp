// What clients tell of themselves and ask of each other: heartbeats, who is in a group, which queues are
// locked. spec/broker-semantics.md 7 and 8.
#pragma once

#include <string_view>

#include "base/runtime.hpp"
#include "broker/broker_config.hpp"
#include "broker/client_registry.hpp"
#include "broker/queue_locks.hpp"
#include "broker/registration.hpp"
#include "broker/subscription_groups.hpp"
#include "broker/topics.hpp"
#include "remoting/caller.hpp"
#include "remoting/header/client.hpp"
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
        const replication::Group& group;
    };
    ClientService(Runtime runtime, Parts parts);

    ClientRegistry& registry() { return registry_; }

    void heartbeat(remoting::Request& request);
    void unregister(const remoting::UnregisterClientRequest& header, remoting::Request& request);
    void consumer_list(const remoting::GetConsumerListByGroupRequest& header, remoting::Request& request);
    void check_client(remoting::Request& request);
    void lock_queues(remoting::Request& request);
    void unlock_queues(remoting::Request& request);

    void on_group_changed(std::string_view group, const ConsumerGroup& state) override;

private:
    Runtime runtime_;
    Parts parts_;
    ClientRegistry registry_;
};

}  // namespace tern::broker
