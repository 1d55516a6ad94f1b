// Offsets: those that consumers have reached, and the bounds and times of queues. spec/broker-semantics.md 6,
// spec/wire-protocol.md 8.
#pragma once

#include "broker/broker_config.hpp"
#include "broker/client_registry.hpp"
#include "broker/consumer_offsets.hpp"
#include "broker/held_pulls.hpp"
#include "broker/kept_offsets.hpp"
#include "broker/subscription_groups.hpp"
#include "broker/topics.hpp"
#include "remoting/body/stats.hpp"
#include "remoting/caller.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/header/offset.hpp"
#include "remoting/router.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// Of one loop; the parts it refers to outlive it.
class OffsetService {
public:
    struct Parts {
        const BrokerConfig& config;
        const Topics& topics;
        SubscriptionGroups& groups;
        const ConsumerOffsets& offsets;
        OffsetCommits& commits;
        const store::MessageStore& store;
        const replication::Group& group;
        KeptOffsets& kept;
        const ClientRegistry& clients;
        HeldPulls& held;
        remoting::Caller& caller;
    };
    explicit OffsetService(Parts parts) : parts_{parts} {}

    void query(const remoting::QueryConsumerOffsetRequest& header, remoting::Request& request);
    void update(const remoting::UpdateConsumerOffsetRequest& header, remoting::Request& request);
    // INVOKE_BROKER_TO_RESET_OFFSET (222): with useServerSideResetOffset for a group with or without members,
    // which go there with their next pull; without it the members are told to (6.4).
    void reset(const remoting::ResetOffsetRequest& header, remoting::Request& request);
    // CLONE_GROUP_OFFSET (314): of what the source's members have subscribed to, unless all are asked for.
    void clone(const remoting::CloneGroupOffsetRequest& header, remoting::Request& request);
    // QUERY_CORRECTION_OFFSET (308): the least offset that any other group than those left out has in each
    // queue; the end of all numbers where the compared one is behind it.
    void correction(const remoting::QueryCorrectionOffsetRequest& header, remoting::Request& request);
    void search(const remoting::SearchOffsetRequest& header, remoting::Request& request);
    void max(const remoting::GetMaxOffsetRequest& header, remoting::Request& request);
    void min(const remoting::GetMinOffsetRequest& header, remoting::Request& request);
    void earliest_time(const remoting::GetEarliestMsgStoretimeRequest& header, remoting::Request& request);

private:
    Result<QueueOffset> reset_target(const remoting::ResetOffsetRequest& header, QueueId queue_id) const;
    void tell_consumers(const remoting::ResetOffsetRequest& header, remoting::OffsetTableBody offsets,
                        remoting::Request& request);
    void answer_query(std::string_view group, std::string_view topic, QueueId queue, bool zero_if_young,
                      remoting::Responder responder) const;

    Parts parts_;
};

}  // namespace tern::broker
