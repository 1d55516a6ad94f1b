// Calls that go through the broker to clients: their running state, or a message to be consumed at once.
// spec/wire-protocol.md 11.
#pragma once

#include <string_view>

#include "broker/broker_config.hpp"
#include "broker/client_registry.hpp"
#include "broker/subscription_groups.hpp"
#include "broker/topics.hpp"
#include "remoting/caller.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/router.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// Of one loop; the parts it refers to outlive it.
class ClientCallService {
public:
    static constexpr Duration timeout = 10s;  // RocketMQ's.

    struct Parts {
        const BrokerConfig& config;
        const Topics& topics;
        const SubscriptionGroups& groups;
        const ClientRegistry& clients;
        const store::MessageStore& store;
        remoting::Caller& caller;
    };
    explicit ClientCallService(Parts parts) : parts_{parts} {}

    // GET_CONSUMER_RUNNING_INFO (307): asked of the client, its answer passed on as it is.
    void running_info(const remoting::GetConsumerRunningInfoRequest& header, remoting::Request& request);
    // CONSUME_MESSAGE_DIRECTLY (309): likewise, with the message that the id names.
    void consume(const remoting::ConsumeMessageDirectlyRequest& header, remoting::Request& request);
    // INVOKE_BROKER_TO_GET_CONSUMER_STATUS (223): which offsets the members have in their memory.
    void consumer_status(const remoting::GetConsumerStatusRequest& header, remoting::Request& request);

private:
    template <class Header>
    void relay(std::string_view group, std::string_view client_id, const Header& header,
               std::string_view body, remoting::Request& request);

    Parts parts_;
};

}  // namespace tern::broker
