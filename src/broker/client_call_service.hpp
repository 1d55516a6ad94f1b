// Calls that go through the broker to one client: its running state, or a message to be consumed at once.
// spec/wire-protocol.md 11.
#pragma once

#include <string_view>

#include "broker/client_registry.hpp"
#include "remoting/caller.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/router.hpp"

namespace tern::broker {

// Of one loop; the parts it refers to outlive it.
class ClientCallService {
public:
    static constexpr Duration timeout = 10s;  // RocketMQ's.

    ClientCallService(const ClientRegistry& clients, remoting::Caller& caller)
        : clients_{clients}, caller_{caller} {}

    // GET_CONSUMER_RUNNING_INFO (307): asked of the client, its answer passed on as it is.
    void running_info(const remoting::GetConsumerRunningInfoRequest& header, remoting::Request& request);

private:
    const ClientRegistry& clients_;
    remoting::Caller& caller_;
};

}  // namespace tern::broker
