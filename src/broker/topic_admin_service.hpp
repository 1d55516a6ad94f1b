// Topics and consumer groups as administrators see them: made, changed, deleted, listed.
// spec/wire-protocol.md 12.
#pragma once

#include <string>
#include <vector>

#include "broker/broker_config.hpp"
#include "broker/consumer_offsets.hpp"
#include "broker/registration.hpp"
#include "broker/subscription_groups.hpp"
#include "broker/topics.hpp"
#include "remoting/header/topic.hpp"
#include "remoting/router.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// Of one loop; the parts it refers to outlive it.
class TopicAdminService {
public:
    struct Parts {
        const BrokerConfig& config;
        Topics& topics;
        SubscriptionGroups& groups;
        const ConsumerOffsets& offsets;
        Registration& registration;
        store::MessageStore& store;
    };
    explicit TopicAdminService(Parts parts) : parts_{parts} {}

    void put_topic(const remoting::CreateTopicRequest& header, remoting::Request& request);
    // UPDATE_AND_CREATE_TOPIC_LIST (18): all of them or none.
    void put_topics(remoting::Request& request);
    void delete_topic(const remoting::DeleteTopicRequest& header, remoting::Request& request);
    void get_topic(const remoting::GetTopicConfigRequest& header, remoting::Request& request);
    void all_topics(const remoting::GetAllTopicConfigRequest& header, remoting::Request& request);
    void put_group(remoting::Request& request);
    // UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST (225): all of them or none.
    void put_groups(remoting::Request& request);
    // SET_MESSAGE_REQUEST_MODE (401): every group pulls, so that is all that can be asked for.
    void set_request_mode(remoting::Request& request);
    void delete_group(const remoting::DeleteSubscriptionGroupRequest& header, remoting::Request& request);
    void get_group(const remoting::GetSubscriptionGroupRequest& header, remoting::Request& request);
    // Whether a group may read a topic: changed, where that is asked for, and told.
    void forbid(const remoting::UpdateGroupForbiddenRequest& header, remoting::Request& request);
    void all_groups(const remoting::GetAllSubscriptionGroupRequest& header, remoting::Request& request);

private:
    // Attributes of what is asked for are changes of those that are known.
    void change_topics(std::vector<model::TopicConfig> topics, remoting::Request& request);
    void change_groups(std::vector<model::SubscriptionGroupConfig> groups, remoting::Request& request);
    Result<> check(const model::TopicConfig& topic) const;
    // A change is known to the NameServers before the one who asked for it is told.
    void answer_when_registered(Result<> changed, remoting::Responder responder);

    Parts parts_;
};

}  // namespace tern::broker
