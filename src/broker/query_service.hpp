// Finds single messages: by the offset in their id, by unique key and by business key.
// spec/wire-protocol.md 8.
#pragma once

#include "broker/broker_config.hpp"
#include "remoting/header/query.hpp"
#include "remoting/router.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// Of one loop; the parts it refers to outlive it.
class QueryService {
public:
    QueryService(const BrokerConfig& config, const store::MessageStore& store)
        : config_{config}, store_{store} {}

    void view(const remoting::ViewMessageRequest& header, remoting::Request& request);
    void query(const remoting::QueryMessageRequest& header, remoting::Request& request);

private:
    const BrokerConfig& config_;
    const store::MessageStore& store_;
};

}  // namespace tern::broker
