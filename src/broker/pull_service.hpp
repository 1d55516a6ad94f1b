// Gives messages out: the checks in RocketMQ's order, the range of the queue that the filter lets through,
// and the wait for messages that are not there yet. spec/broker-semantics.md 4.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.hpp"
#include "broker/broker_config.hpp"
#include "broker/broker_stats.hpp"
#include "broker/client_registry.hpp"
#include "broker/consumer_offsets.hpp"
#include "broker/group_setup.hpp"
#include "broker/held_pulls.hpp"
#include "broker/subscription_groups.hpp"
#include "broker/topics.hpp"
#include "broker/traffic.hpp"
#include "remoting/header/pull.hpp"
#include "remoting/router.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// Of one loop; the parts it refers to outlive it.
class PullService {
public:
    struct Parts {
        const BrokerConfig& config;
        Topics& topics;
        SubscriptionGroups& groups;
        const ClientRegistry& clients;
        OffsetCommits& commits;
        store::MessageStore& store;
        BrokerStats& stats;
        Traffic& traffic;
        replication::Group& group;
        const GroupSetup& setup;
    };
    PullService(Runtime runtime, Parts parts);

    // Whether a member that does not lead has what the pull asks for; what it does not have yet the leader
    // may, and a pull that commits an offset is meant for the leader. Where the leader is away and nobody can
    // take its place, it may wait for messages, and of groups that nobody has made yet.
    bool can_serve_as_follower(const remoting::PullMessageRequest& header, bool leader_is_away) const;
    // PULL_MESSAGE (11) and LITE_PULL_MESSAGE (361).
    void pull(const remoting::PullMessageRequest& header, remoting::Request& request);

    HeldPulls& held() { return held_; }
    // All that wait, with what there is: before a stop.
    void serve_held();
    // There will be no messages for them here.
    void refuse_held();

private:
    struct FoundMessage {
        store::ConsumeQueueEntry entry;
        QueueOffset at;
        std::string_view bytes;  // Empty: to be read from the disk.
    };
    // What a pull found, before it becomes an answer.
    struct Found {
        remoting::ResponseCode code{};
        std::string_view status;  // RocketMQ's name for it; the answer's remark.
        remoting::PullMessageResponse answer;
        const store::ConsumeQueue* queue{};
        std::vector<FoundMessage> messages;
        Instant began{};
        bool sends_back{false};         // To an offset below the one that was asked for.
        bool is_far{false};             // They lie so far back that they have to be read from the disk.
        bool waits_for_mending{false};  // The disk has changed the first one; another member has it.
    };
    struct Refusal {
        Error error;
        std::int32_t forbidden_by{0};  // PullForbiddenResponse, when it is one.
    };

    std::expected<model::SubscriptionData, Refusal> admit(const remoting::PullMessageRequest& header);
    std::expected<model::SubscriptionData, Refusal> subscription_of(
        const remoting::PullMessageRequest& header, const model::SubscriptionGroupConfig& group) const;
    void refuse(remoting::Request& request, const Refusal& refusal);
    void add_flags(std::string_view group, std::string_view topic,
                   remoting::PullMessageResponse& answer) const;
    void send_to_reset(std::string_view group, std::string_view topic, QueueId queue, QueueOffset reset,
                       remoting::Responder responder);
    void find(std::string_view group, std::string_view topic, QueueId queue, QueueOffset offset,
              std::int32_t max_messages, const model::SubscriptionData& subscription, Found& found);
    void collect(const store::ConsumeQueue& queue, QueueOffset offset, std::int32_t max_messages,
                 const model::SubscriptionData& subscription, Found& found);
    bool look_up(const store::ConsumeQueue& queue, FoundMessage& message);
    bool mend_entry(const store::ConsumeQueue& queue, FoundMessage& message);
    void pass_over(const store::ConsumeQueue& queue, QueueOffset at, std::string_view why);
    bool is_in_memory(PhysicalOffset at) const;
    BrokerId advised_reader(std::string_view group_name, const Found& found) const;
    // What has left to the group.
    void count(std::string_view group, const Found& found);
    void answer(std::string_view group, Found& found, remoting::Responder responder);
    struct ColdPull;
    void answer_cold(std::string_view group, const Found& found, remoting::Responder responder);
    void answer_read(ColdPull& pull);
    bool is_checked(const Found& found) const;
    bool is_checked(const store::ConsumeQueueEntry& entry) const;
    void serve_checked(HeldPull pull);
    void serve_held(HeldPull pull);
    void serve_confirmed(HeldPull pull);

    Runtime runtime_;
    Parts parts_;
    HeldPulls held_;
    Found found_;                               // Scratch.
    std::vector<std::string_view> body_parts_;  // Likewise.
};

}  // namespace tern::broker
