// Takes a message back that a consumer could not deal with: for another try after a while, or as a dead
// letter. spec/broker-semantics.md 3.2.
#pragma once

#include <cstdint>

#include "base/runtime.hpp"
#include "broker/broker_config.hpp"
#include "broker/registration.hpp"
#include "broker/subscription_groups.hpp"
#include "broker/topics.hpp"
#include "broker/traffic.hpp"
#include "model/delay_level.hpp"
#include "model/message_properties.hpp"
#include "remoting/header/send.hpp"
#include "remoting/router.hpp"
#include "replication/group.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// Of one loop; the parts it refers to outlive it.
class RetryService {
public:
    struct Parts {
        const BrokerConfig& config;
        Topics& topics;
        SubscriptionGroups& groups;
        Registration& registration;
        const model::DelayLevels& delays;
        store::MessageStore& store;
        replication::Group& group;
        Traffic& traffic;
    };
    RetryService(Runtime runtime, Parts parts, const model::Host& store_host)
        : runtime_{runtime}, parts_{parts}, store_host_{store_host} {}

    // CONSUMER_SEND_MSG_BACK (36).
    void send_back(const remoting::ConsumerSendMsgBackRequest& header, remoting::Request& request);

private:
    struct Copy {
        replication::Appended appended;
        bool topic_is_new;  // It is registered before the request is answered.
    };
    Result<Copy> store_copy(const remoting::ConsumerSendMsgBackRequest& header,
                            const model::SubscriptionGroupConfig& group, const model::RecordView& original);

    Runtime runtime_;
    Parts parts_;
    model::Host store_host_;
    model::PropertyEditor properties_;  // Scratch.
};

}  // namespace tern::broker
