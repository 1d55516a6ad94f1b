#include "client/push_consumer.hpp"

#include <set>
#include <utility>

#include "client/answer.hpp"
#include "client/rebalance.hpp"
#include "model/tag_filter.hpp"
#include "model/topic_name.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/header/client.hpp"
#include "remoting/header/send.hpp"

namespace tern::client {

PushConsumer::PushConsumer(Client& client, PushConsumerConfig config, Listener listener)
    : client_{client},
      config_{std::move(config)},
      listener_{std::move(listener)},
      queues_{client, config_.group} {
    // What members give back comes again in a topic of the group's own.
    const auto retry_topic = model::retry_topic(config_.group);
    subscriptions_.emplace(retry_topic, *model::tag_subscription(retry_topic, model::subscribe_all,
                                                                 client.runtime().clock.wall_ms()));
}

Result<> PushConsumer::subscribe(std::string_view topic, std::string_view expression) {
    if (auto checked = model::check_topic(topic); !checked) return checked;
    auto subscription = model::tag_subscription(topic, expression, client_.runtime().clock.wall_ms());
    if (!subscription) return std::unexpected{subscription.error()};
    subscriptions_.insert_or_assign(std::string{topic}, std::move(*subscription));
    return {};
}

void PushConsumer::start() {
    TERN_ASSERT(!is_running_);
    is_running_ = true;
    struct Waiting final : Counted {
        std::size_t routes{};
    };
    const auto waiting = make_counted<Waiting>();
    waiting->routes = subscriptions_.size();
    // The routes first, for they say which brokers have to hear of us; a topic without one gets it later.
    for (const auto& [topic, subscription] : subscriptions_)
        client_.routes().refresh(topic, [waiting, consumer = lifeline_.weak()](const Result<Ref<Route>>&) {
            if (--waiting->routes == 0 && consumer.get() != nullptr) consumer.get()->join();
        });
}

void PushConsumer::join() {
    if (!is_running_) return;
    remoting::ConsumerData data{.consume_from_where = config_.from, .group_name = config_.group};
    for (const auto& [topic, subscription] : subscriptions_)
        data.subscription_data_set.push_back(subscription);
    client_.join_as_consumer(std::move(data), [this] { schedule_rebalance(Duration::zero()); });
    schedule_commit();
    rebalance();
}

void PushConsumer::stop() {
    if (!is_running_) return;
    is_running_ = false;
    client_.runtime().timers.cancel(rebalance_timer_);
    client_.runtime().timers.cancel(commit_timer_);
    for (auto& [queue, assignment] : assignments_) drop(*assignment);
    assignments_.clear();
    client_.leave_as_consumer(config_.group);
}

std::map<model::MessageQueue, QueueOffset> PushConsumer::positions() const {
    std::map<model::MessageQueue, QueueOffset> positions;
    for (const auto& [queue, assignment] : assignments_)
        if (assignment->is_placed) positions.emplace(queue, assignment->next);
    return positions;
}

void PushConsumer::schedule_rebalance(Duration delay) {
    client_.runtime().timers.cancel(rebalance_timer_);
    rebalance_timer_ = client_.runtime().timers.after(delay, [this] { rebalance(); });
}

void PushConsumer::schedule_commit() {
    commit_timer_ = client_.runtime().timers.after(config_.commit_interval, [this] {
        for (auto& [queue, assignment] : assignments_) commit(*assignment);
        schedule_commit();
    });
}

void PushConsumer::rebalance() {
    schedule_rebalance(config_.rebalance_interval);
    for (const auto& [topic, subscription] : subscriptions_) rebalance_topic(topic);
}

void PushConsumer::rebalance_topic(const std::string& topic) {
    const auto route = client_.routes().known(topic);
    if (!route) return client_.routes().refresh(topic, [](const Result<Ref<Route>>&) {});
    const auto& brokers = route->data().broker_datas;
    const auto& any = brokers[client_.runtime().random.below(brokers.size())];
    const auto address = route->member_address(any.broker_name, master_id);
    if (!address) return;
    const remoting::GetConsumerListByGroupRequest request{config_.group};
    client_.rpc().call(*address, request, {}, client_.config().request_timeout,
                       [consumer = lifeline_.weak(), topic](const Result<remoting::Command>& answer) {
                           const auto members = body_of<remoting::ConsumerListBody>(answer);
                           if (members && consumer.get() != nullptr)
                               consumer.get()->divide(topic, members->consumer_id_list);
                       });
}

void PushConsumer::divide(const std::string& topic, const std::vector<std::string>& members) {
    const auto route = client_.routes().known(topic);
    if (!is_running_ || !route) return;
    const auto share = allocate_averagely(route->subscribe_queues(), members, client_.config().client_id);
    const std::set<model::MessageQueue> ours{share.begin(), share.end()};
    std::erase_if(assignments_, [&](const auto& entry) {
        if (entry.first.topic != topic || ours.contains(entry.first)) return false;
        drop(*entry.second);
        return true;
    });
    for (const auto& queue : ours) {
        if (assignments_.contains(queue)) continue;
        const auto assignment = make_counted<Assignment>(queue);
        assignments_.emplace(queue, assignment);
        begin(assignment);
    }
}

void PushConsumer::drop(Assignment& assignment) {
    commit(assignment);
    assignment.is_dropped = true;
}

void PushConsumer::begin(const Ref<Assignment>& assignment) {
    queues_.query_offset(assignment->queue, [consumer = lifeline_.weak(),
                                             assignment](const Result<std::optional<QueueOffset>>& stored) {
        if (consumer.get() == nullptr || assignment->is_dropped) return;
        if (stored && !*stored) return consumer.get()->begin_where_configured(assignment);
        consumer.get()->begin_at(assignment,
                                 stored ? Result<QueueOffset>{**stored} : std::unexpected{stored.error()});
    });
}

void PushConsumer::begin_where_configured(const Ref<Assignment>& assignment) {
    auto begin = [consumer = lifeline_.weak(), assignment](const Result<QueueOffset>& offset) {
        if (consumer.get() != nullptr && !assignment->is_dropped)
            consumer.get()->begin_at(assignment, offset);
    };
    using From = remoting::ConsumeFromWhere;
    const bool is_first = config_.from == From::first_offset || config_.from == From::min_offset;
    if (is_first || (model::is_retry_topic(assignment->queue.topic) && config_.from != From::timestamp))
        return begin(QueueOffset{0});
    if (config_.from == From::timestamp)
        return queues_.search_offset(assignment->queue, config_.from_time, std::move(begin));
    queues_.max_offset(assignment->queue, std::move(begin));
}

void PushConsumer::begin_at(const Ref<Assignment>& assignment, const Result<QueueOffset>& offset) {
    if (!offset) {  // Given up for now: a guess would lose messages or repeat them.
        assignment->is_dropped = true;
        assignments_.erase(assignment->queue);
        return schedule_rebalance(config_.pause_after_error);
    }
    assignment->is_placed = true;
    assignment->next = assignment->committed = *offset;
    pull(assignment);
}

void PushConsumer::pull(const Ref<Assignment>& assignment) {
    Pull pull{.queue = assignment->queue,
              .offset = assignment->next,
              .max_messages = config_.max_messages,
              .hold = config_.hold,
              .subscription = subscriptions_.find(assignment->queue.topic)->second,
              .registered = true,
              .member = assignment->member};
    if (assignment->member == master_id && assignment->next > assignment->committed) {
        pull.commit = assignment->next;
        assignment->committed = assignment->next;
    }
    queues_.pull(std::move(pull), [consumer = lifeline_.weak(), assignment](Result<Pulled> pulled) {
        if (consumer.get() != nullptr && !assignment->is_dropped)
            consumer.get()->on_pulled(assignment, std::move(pulled));
    });
}

void PushConsumer::on_pulled(const Ref<Assignment>& assignment, Result<Pulled> pulled) {
    if (!pulled) {
        assignment->member = master_id;
        assignment->committed = QueueOffset{-1};  // The offset that went with the pull may not have arrived.
        if (pulled.error().code == Errc::subscription_not_exist) client_.send_heartbeats();
        return after_pause(assignment, &PushConsumer::pull);
    }
    assignment->member = pulled->suggested_member;
    assignment->pulled = std::move(*pulled);
    assignment->consumed = 0;
    consume(assignment);
}

void PushConsumer::consume(const Ref<Assignment>& assignment) {
    const auto alive = lifeline_.weak();
    auto& messages = assignment->pulled.messages;
    while (assignment->consumed < messages.size()) {
        const auto& message = messages[assignment->consumed];
        const auto consumed = listener_(message);
        if (alive.get() == nullptr || assignment->is_dropped) return;
        if (consumed == Consumed::later) return send_back(assignment);
        assignment->next = message.queue_offset + 1;
        ++assignment->consumed;
    }
    assignment->next = assignment->pulled.next_offset;
    pull(assignment);
}

void PushConsumer::send_back(const Ref<Assignment>& assignment) {
    const auto& message = assignment->pulled.messages[assignment->consumed];
    const auto address = client_.member_address(assignment->queue, master_id);
    if (!address) return after_pause(assignment, &PushConsumer::consume);
    const remoting::ConsumerSendMsgBackRequest request{.offset = message.physical_offset,
                                                       .group = config_.group,
                                                       .origin_msg_id = message.message_id,
                                                       .origin_topic = message.topic(),
                                                       .max_reconsume_times = config_.max_reconsume_times};
    client_.rpc().call(*address, request, {}, client_.config().request_timeout,
                       [consumer = lifeline_.weak(), assignment](const Result<remoting::Command>& answer) {
                           if (consumer.get() == nullptr || assignment->is_dropped) return;
                           if (!success_of(answer))  // Nobody else has it: we try it again ourselves.
                               return consumer.get()->after_pause(assignment, &PushConsumer::consume);
                           const auto& back = assignment->pulled.messages[assignment->consumed++];
                           assignment->next = back.queue_offset + 1;
                           consumer.get()->consume(assignment);
                       });
}

void PushConsumer::after_pause(const Ref<Assignment>& assignment,
                               void (PushConsumer::*then)(const Ref<Assignment>&)) {
    client_.runtime().timers.after(config_.pause_after_error,
                                   [consumer = lifeline_.weak(), assignment, then] {
                                       if (consumer.get() != nullptr && !assignment->is_dropped)
                                           (consumer.get()->*then)(assignment);
                                   });
}

void PushConsumer::commit(Assignment& assignment) {
    if (!assignment.is_placed || assignment.next == assignment.committed) return;
    assignment.committed = assignment.next;
    queues_.commit_offset_oneway(assignment.queue, assignment.next);
}

}  // namespace tern::client
