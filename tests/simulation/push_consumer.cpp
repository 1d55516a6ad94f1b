#include "simulation/push_consumer.hpp"

#include <algorithm>
#include <set>

#include "json/fields.hpp"
#include "model/tag_filter.hpp"
#include "model/topic_name.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/lock_batch.hpp"
#include "remoting/header/client.hpp"

namespace tern::simulation {
namespace {

// Of stock push consumers (spec/broker-semantics.md 17).
constexpr Duration rebalance_interval = 20s;
constexpr Duration rebalance_soon_interval = 1s;
constexpr Duration commit_interval = 5s;
constexpr Duration relock_interval = 20s;
constexpr Duration lock_trust = 30s;

}  // namespace

std::vector<model::MessageQueue> allocate_averagely(const std::vector<model::MessageQueue>& queues,
                                                    const std::vector<std::string>& members,
                                                    const std::string& member) {
    const auto found = std::ranges::find(members, member);
    if (found == members.end()) return {};
    const auto index = static_cast<std::size_t>(found - members.begin());
    const std::size_t share = queues.size() / members.size();
    const std::size_t rest = queues.size() % members.size();
    const std::size_t begin = index * share + std::min(index, rest);
    const std::size_t count = share + (index < rest ? 1 : 0);
    return {queues.begin() + static_cast<std::ptrdiff_t>(begin),
            queues.begin() + static_cast<std::ptrdiff_t>(begin + count)};
}

PushConsumer::PushConsumer(Client& client, Histories& histories, ConsumerPlan plan,
                           const model::DelayLevels& delays)
    : client_{client},
      plan_{std::move(plan)},
      consuming_{client, histories, plan_, delays, client.runtime().clock.wall_ms(), [this] {
                     rebalance_soon(Duration::zero());
                 }} {}

PushConsumer::~PushConsumer() {
    for (const auto& [queue, assigned] : queues_) assigned->unlocked();
}

void PushConsumer::start() {
    for (const auto& topic : topics()) {
        client_.follow_topic(topic);
        const auto wanted = subscription(topic);
        for (auto& [name, history] : consuming_.histories.all())
            history.subscribed(plan_.group, topic, wanted.tags_set);
    }
    client_.on_members_changed([this] { rebalance_soon(Duration::zero()); });
    client_.refresh_route(plan_.topic, [this] {
        introduce();
        rebalance();
    });
    every(rebalance_interval, &PushConsumer::rebalance);
    every(commit_interval, &PushConsumer::commit_all);
    if (plan_.in_order) every(relock_interval, &PushConsumer::lock_again);
}

void PushConsumer::introduce() {
    remoting::ConsumerData data{.consume_from_where = remoting::ConsumeFromWhere::first_offset,
                                .group_name = plan_.group};
    for (const auto& topic : topics()) {
        data.subscription_data_set.push_back(subscription(topic));
    }
    client_.introduce(data);
}

// What failed comes back whatever its tag.
model::SubscriptionData PushConsumer::subscription(const std::string& topic) const {
    const std::string_view expression = topic == plan_.topic ? std::string_view{plan_.expression} : "*";
    return *model::tag_subscription(topic, expression, consuming_.subscription_version);
}

void PushConsumer::stop() {
    stopped_ = true;
    for (const auto& [queue, assigned] : queues_) give_up(assigned);
    queues_.clear();
    std::set<std::string> addresses;
    for (const auto& queue : client_.write_queues(plan_.topic))
        addresses.insert(client_.master_of(queue.broker_name));
    for (const auto& address : addresses)
        client_.call(
            address,
            remoting::UnregisterClientRequest{.client_id = client_.id(), .consumer_group = plan_.group}, {},
            control_timeout, [](Result<remoting::Command>) {});
}

std::string PushConsumer::state() const {
    std::string words = client_.id() + (stopped_ ? " stopped:" : ":");
    for (const auto& [queue, assigned] : queues_) words += " [" + assigned->state() + "]";
    return words;
}

std::size_t PushConsumer::unfinished() const {
    std::size_t count = 0;
    for (const auto& [queue, assigned] : queues_) count += assigned->unfinished();
    return count;
}

bool PushConsumer::has_pull_held_for(Duration time) const {
    return std::ranges::any_of(queues_, [&](const auto& entry) {
        const auto since = entry.second->pulling_since();
        return since && client_.runtime().clock.now() - *since >= time;
    });
}

bool PushConsumer::has_locked_queue() const {
    return std::ranges::any_of(queues_, [](const auto& entry) { return entry.second->is_locked(); });
}

std::vector<std::string> PushConsumer::topics() const {
    return {plan_.topic, model::retry_topic(plan_.group)};
}

void PushConsumer::rebalance_soon(Duration delay) {
    if (stopped_ || std::exchange(rebalance_scheduled_, true)) return;
    client_.runtime().timers.after(delay, [this] {
        rebalance_scheduled_ = false;
        rebalance();
    });
}

void PushConsumer::rebalance() {
    if (stopped_) return;
    for (const auto& [queue, assigned] : std::map{queues_}) {
        if (!assigned->is_given_up()) continue;
        assigned->unlocked();
        queues_.erase(queue);
    }
    for (const auto& topic : topics()) rebalance_topic(topic);
}

void PushConsumer::rebalance_topic(const std::string& topic) {
    const auto queues = client_.read_queues(topic);
    if (queues.empty()) {
        client_.refresh_route(topic);
        return rebalance_soon(rebalance_soon_interval);
    }
    ++questions_;
    const auto& any = queues[client_.runtime().random.below(queues.size())];
    client_.call(client_.master_of(any.broker_name),
                 remoting::GetConsumerListByGroupRequest{.consumer_group = plan_.group}, {}, control_timeout,
                 [this, topic](Result<remoting::Command> answer) {
                     --questions_;
                     if (stopped_) return;
                     if (!answer || !remoting::check_answer(*answer))
                         return rebalance_soon(rebalance_soon_interval);
                     auto list = json::decode<remoting::ConsumerListBody>(answer->body);
                     if (!list) return;
                     std::ranges::sort(list->consumer_id_list);
                     divide(topic, list->consumer_id_list);
                 });
}

void PushConsumer::divide(const std::string& topic, const std::vector<std::string>& members) {
    const auto mine = allocate_averagely(client_.read_queues(topic), members, client_.id());
    for (auto entry = queues_.begin(); entry != queues_.end();) {
        const bool is_mine = entry->first.topic != topic || std::ranges::binary_search(mine, entry->first);
        if (!is_mine) give_up(entry->second);
        entry = is_mine ? std::next(entry) : queues_.erase(entry);
    }
    std::vector<model::MessageQueue> added;
    std::ranges::copy_if(mine, std::back_inserter(added),
                         [&](const auto& queue) { return !queues_.contains(queue); });
    if (added.empty()) return;
    if (plan_.in_order) return lock(added);
    for (const auto& queue : added) assign(queue);
}

void PushConsumer::give_up(const QueueRef& queue) {
    queue->give_up();
    if (!plan_.in_order) return;
    queue->unlocked();
    last_unlock_[queue->queue()] = ++unlocks_;
    const remoting::LockBatchRequestBody body{
        .client_id = client_.id(), .consumer_group = plan_.group, .mq_set = {queue->queue()}};
    client_.send_oneway(
        client_.master_of(queue->queue().broker_name), remoting::RequestCode::unlock_batch_mq,
        [](remoting::FrameWriter&) {}, json::encode(body));
}

void PushConsumer::assign(const model::MessageQueue& queue) {
    const auto assigned = std::make_shared<AssignedQueue>(consuming_, queue);
    queues_.emplace(queue, assigned);
    assigned->start();
}

void PushConsumer::lock(const std::vector<model::MessageQueue>& queues) {
    std::map<std::string, std::vector<model::MessageQueue>> by_broker;
    for (const auto& queue : queues) by_broker[queue.broker_name].push_back(queue);
    for (auto& [broker_name, its_queues] : by_broker) lock_at(broker_name, std::move(its_queues));
}

void PushConsumer::lock_at(const std::string& broker_name, std::vector<model::MessageQueue> queues) {
    ++questions_;
    const auto address = client_.master_of(broker_name);
    const remoting::LockBatchRequestBody body{
        .client_id = client_.id(), .consumer_group = plan_.group, .mq_set = queues};
    client_.call(
        address, remoting::RequestCode::lock_batch_mq, [](remoting::FrameWriter&) {}, json::encode(body),
        control_timeout,
        [this, question = std::make_unique<LockQuestion>(
                   std::move(queues), client_.runtime().clock.now() + lock_trust, unlocks_,
                   consuming_.histories.of(broker_name).now())](Result<remoting::Command> answer) {
            on_locked(*question, answer);
        });
}

// Queues that the broker lets this client have are assigned if they are not yet, and trusted for a while.
void PushConsumer::on_locked(const LockQuestion& question, const Result<remoting::Command>& answer) {
    --questions_;
    if (stopped_) return;
    const auto held = answer && remoting::check_answer(*answer)
                          ? json::decode<remoting::LockBatchResponseBody>(answer->body)
                          : failure(Errc::refused, "no lock");
    if (!held) return rebalance_soon(rebalance_soon_interval);
    for (const auto& queue : question.queues) {
        if (last_unlock_[queue] > question.unlocks) continue;  // Given back since: the answer is history.
        const bool is_held = std::ranges::find(held->lock_ok_mq_set, queue) != held->lock_ok_mq_set.end();
        if (!is_held) {
            rebalance_soon(rebalance_soon_interval);
            if (queues_.contains(queue)) queues_.at(queue)->unlocked();
            continue;
        }
        if (!queues_.contains(queue)) assign(queue);
        queues_.at(queue)->locked_until(question.until, question.asked);
    }
}

void PushConsumer::lock_again() {
    std::vector<model::MessageQueue> all;
    for (const auto& [queue, assigned] : queues_) all.push_back(queue);
    if (!all.empty()) lock(all);
}

void PushConsumer::commit_all() {
    for (const auto& [queue, assigned] : queues_) assigned->commit();
}

void PushConsumer::every(Duration interval, void (PushConsumer::*work)()) {
    client_.runtime().timers.after(interval, [this, interval, work] {
        if (!stopped_) (this->*work)();
        every(interval, work);
    });
}

}  // namespace tern::simulation
