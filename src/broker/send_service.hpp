// Takes messages in: single ones and batches, the checks in RocketMQ's order, the properties that a broker
// adds, and the turn to the schedule topic for delayed ones. spec/broker-semantics.md 2 and 3.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.hpp"
#include "broker/broker_config.hpp"
#include "broker/broker_stats.hpp"
#include "broker/client_registry.hpp"
#include "broker/forwarder.hpp"
#include "broker/queue_locks.hpp"
#include "broker/registration.hpp"
#include "broker/subscription_groups.hpp"
#include "broker/topics.hpp"
#include "broker/traffic.hpp"
#include "model/delay_level.hpp"
#include "model/message_id.hpp"
#include "remoting/header/send.hpp"
#include "remoting/router.hpp"
#include "replication/group.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// Of one loop; the parts it refers to outlive it.
class SendService {
public:
    struct Parts {
        const BrokerConfig& config;
        Topics& topics;
        SubscriptionGroups& groups;
        const QueueLocks& locks;
        ClientRegistry& clients;
        Registration& registration;
        const model::DelayLevels& delays;
        store::MessageStore& store;
        replication::Group& group;
        BrokerStats& stats;
        Traffic& traffic;
    };
    SendService(Runtime runtime, Parts parts, const model::Host& store_host);

    // SEND_MESSAGE (10).
    void send(remoting::Request& request);
    // SEND_MESSAGE_V2 (310) and SEND_BATCH_MESSAGE (320): the same with short names.
    void send_v2(remoting::Request& request);
    // A message with its header decoded; of the request's command only the body counts.
    void store(const remoting::SendMessageRequest& header, remoting::Request& request);

    // Of those whose fate is not known: whether a leader, lost since, has stored them below `to`. The unique
    // key tells a send from others; batches and messages without one cannot be told.
    void settle(std::span<LostSend> sends, PhysicalOffset to);

private:
    // Where a message goes, after all checks. Of one request: the topic is a view into it or into the table
    // of topics.
    struct Target {
        std::string_view topic;  // Differs from the request's for dead letters and delayed messages.
        QueueId queue;           // Likewise.
        QueueId asked_queue;     // What the answer says.
        bool multi_tags{};
        bool is_new{};  // The topic: it is registered before the first sends to it are answered.
    };
    // What the properties of a request say that the broker acts on.
    struct Marks {
        std::int32_t delay_level{0};
        bool wait{true};
        model::IndexedProperties indexed;  // Views into what is stored.
    };

    void answer_stored(const Ref<remoting::Connection>& client, const remoting::Command& request,
                       std::string_view key, const model::RecordView& record) const;
    Result<Target> resolve(const remoting::SendMessageRequest& header);
    Result<> redirect_exhausted_retry(const remoting::SendMessageRequest& header, Target& target);
    std::string_view added_properties();
    Result<Marks> complete_properties(const remoting::SendMessageRequest& header,
                                      const remoting::Request& request);
    [[gnu::noinline]] void remember_requester(std::string_view client_id,
                                              const remoting::SendMessageRequest& header,
                                              const remoting::Request& request);
    Result<> delay(Marks& marks, Target& target);
    void store_one(const remoting::SendMessageRequest& header, Target& target, remoting::Request& request);
    void store_batch(const remoting::SendMessageRequest& header, const Target& target,
                     remoting::Request& request);
    // Runs answer when that is settled, and registered where it is the first in its topic.
    template <class Answer>
    [[gnu::always_inline]] void when_settled(const replication::Appended& appended, replication::WaitFor wait,
                                             bool topic_is_new, Answer&& answer);
    template <class Answer>
    [[gnu::noinline]] void when_registered(const replication::Appended& appended, replication::WaitFor wait,
                                           Answer answer);
    // What lies in the queue is answered.
    void settled(const store::ConsumeQueue& queue);
    model::RecordDraft draft(const remoting::SendMessageRequest& header, const Target& target,
                             const remoting::Connection& connection) const;
    void refuse(remoting::Request& request, const Error& error);

    Runtime runtime_;
    Parts parts_;
    model::Host store_host_;
    model::UniqueIdGenerator unique_ids_;
    Buffer properties_;  // Scratch: what is stored.
    Buffer added_properties_;
    bool added_trace_on_{};
};

}  // namespace tern::broker
