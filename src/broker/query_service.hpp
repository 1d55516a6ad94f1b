// Finds single messages: by the offset in their id, by unique key and by business key.
// spec/wire-protocol.md 8.
#pragma once

#include "broker/broker_config.hpp"
#include "broker/client_registry.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/header/query.hpp"
#include "remoting/router.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// Of one loop; the parts it refers to outlive it.
class QueryService {
public:
    QueryService(const BrokerConfig& config, const store::MessageStore& store, const ClientRegistry& clients)
        : config_{config}, store_{store}, clients_{clients} {}

    void view(const remoting::ViewMessageRequest& header, remoting::Request& request);
    void query(const remoting::QueryMessageRequest& header, remoting::Request& request);
    // QUERY_CONSUME_QUEUE (321): entries as they lie in a queue, and a group's subscription. None is said to
    // be taken by it: RocketMQ's broker says so of compiled expressions alone.
    void queue_entries(const remoting::QueryConsumeQueueRequest& header, remoting::Request& request);

private:
    const BrokerConfig& config_;
    const store::MessageStore& store_;
    const ClientRegistry& clients_;
};

}  // namespace tern::broker
