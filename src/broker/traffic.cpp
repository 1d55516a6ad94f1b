#include "broker/traffic.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace tern::broker {
namespace {

// As RocketMQ has them: seven samples 10 s apart, seven 10 minutes apart, 25 an hour apart.
constexpr std::size_t minute_samples = 7;
constexpr std::size_t hour_samples = 7;
constexpr std::size_t day_samples = 25;
constexpr std::uint64_t samples_per_hour_sample = 60;
constexpr std::uint64_t samples_per_day_sample = 360;

std::string_view joined(std::string_view topic, std::string_view group, std::string& scratch) {
    scratch.assign(topic);
    scratch += '@';
    return scratch.append(group);
}

// "a@b@c" as "a" and "b@c".
std::pair<std::string_view, std::string_view> cut_first(std::string_view key) {
    const auto at = std::min(key.find('@'), key.size());
    return {key.substr(0, at), key.substr(std::min(at + 1, key.size()))};
}

}  // namespace

const Traffic::Item Traffic::items[] = {
    {"TOPIC_PUT_NUMS", &Traffic::find_stored, messages_of},
    {"TOPIC_PUT_SIZE", &Traffic::find_stored, bytes_of},
    {"TOPIC_PUT_LATENCY", &Traffic::find_stored_by_queue, took_ms_of},
    {"QUEUE_PUT_NUMS", &Traffic::find_stored_of_queue, messages_of},
    {"QUEUE_PUT_SIZE", &Traffic::find_stored_of_queue, bytes_of},
    {"GROUP_GET_NUMS", &Traffic::find_delivered, messages_of},
    {"GROUP_GET_SIZE", &Traffic::find_delivered, bytes_of},
    {"GROUP_GET_LATENCY", &Traffic::find_delivered_by_queue, took_ms_of},
    {"QUEUE_GET_NUMS", &Traffic::find_delivered_of_queue, messages_of},
    {"QUEUE_GET_SIZE", &Traffic::find_delivered_of_queue, bytes_of},
    {"SNDBCK_PUT_NUMS", &Traffic::find_sent_back, messages_of},
    {"BROKER_PUT_NUMS", &Traffic::find_broker_stored, messages_of},
    {"BROKER_GET_NUMS", &Traffic::find_broker_delivered, messages_of},
    {"BROKER_PUT_NUMS_WITHOUT_SYSTEM_TOPIC", &Traffic::find_broker_stored_of_users, messages_of},
    {"BROKER_GET_NUMS_WITHOUT_SYSTEM_TOPIC", &Traffic::find_broker_delivered_of_users, messages_of},
};

Traffic::Traffic(Setup setup, Instant now) : setup_{std::move(setup)}, sampled_at_{now} {
    for (auto* broker : {&broker_stored_, &broker_delivered_}) broker->all = broker->of_users = history();
}

double Traffic::messages_of(const Flow& flow) {
    return static_cast<double>(flow.messages);
}
double Traffic::bytes_of(const Flow& flow) {
    return static_cast<double>(flow.bytes);
}
double Traffic::took_ms_of(const Flow& flow) {
    return std::chrono::duration<double, std::milli>(flow.took).count();
}

// Nothing had come when the last sample was taken.
Traffic::History Traffic::history() const {
    const Samples none{{sampled_at_, {}}};
    return {{}, none, none, none};
}

Traffic::Histories& Traffic::histories_of(Table& table, std::string_view key) {
    if (const auto known = table.find(key); known != table.end()) return known->second;
    return table.emplace(key, Histories{history(), {}, {}, setup_.is_system(cut_first(key).first)})
        .first->second;
}

Traffic::History& Traffic::queue_of(Histories& histories, QueueId queue) {
    const QueueId key = setup_.by_queue ? queue : QueueId{0};
    if (const auto known = histories.queues.find(key); known != histories.queues.end()) return known->second;
    return histories.queues.emplace(key, history()).first->second;
}

void Traffic::find_flow(const store::ConsumeQueue& queue) {
    if (queue.number() >= by_queue_.size()) by_queue_.resize(queue.number() + 1);
    by_queue_[queue.number()] = &queue_of(histories_of(stored_, queue.topic()), queue.id()).flow;
}

void Traffic::delivered(std::string_view topic, QueueId queue, std::string_view group, std::int64_t messages,
                        std::int64_t bytes, Duration took, QueueOffset next) {
    auto& histories = histories_of(delivered_, joined(topic, group, scratch_));
    auto& flow = queue_of(histories, queue).flow;
    flow.add(messages, bytes);
    flow.took += took;
    histories.read_to[queue] = next;
}

std::optional<QueueOffset> Traffic::read_to(std::string_view topic, QueueId queue, std::string_view group) {
    const auto histories = delivered_.find(joined(topic, group, scratch_));
    if (histories == delivered_.end()) return std::nullopt;
    const auto found = histories->second.read_to.find(queue);
    return found == histories->second.read_to.end() ? std::nullopt : std::optional{found->second};
}

void Traffic::sent_back(std::string_view topic, std::string_view group) {
    queue_of(histories_of(sent_back_, joined(topic, group, scratch_)), QueueId{0}).flow.add(1, 0);
}

Traffic::Flow Traffic::sum_of(const Histories& histories) {
    Flow sum;
    for (const auto& [queue, history] : histories.queues) sum += history.flow;
    return sum;
}

void Traffic::sum_up(Table& table, BrokerHistories& broker) {
    broker.all.flow = broker.all_forgotten;
    broker.of_users.flow = broker.of_users_forgotten;
    for (auto& [key, histories] : table) {
        histories.total.flow = sum_of(histories);
        broker.all.flow += histories.total.flow;
        if (!histories.is_system) broker.of_users.flow += histories.total.flow;
    }
}

void Traffic::sample(Instant now) {
    sum_up(stored_, broker_stored_);
    sum_up(delivered_, broker_delivered_);
    for (auto& [key, histories] : sent_back_) histories.total.flow = sum_of(histories);
    sampled_at_ = now;
    ++samples_;
    const auto take = [now](const Flow& flow, Samples& samples, std::size_t count) {
        if (samples.front().flow == flow) samples.clear();
        if (samples.size() == count) samples.erase(samples.begin());
        samples.push_back({now, flow});
    };
    const auto take_all = [&](History& history) {
        take(history.flow, history.minute, minute_samples);
        if (samples_ % samples_per_hour_sample == 0) take(history.flow, history.hour, hour_samples);
        if (samples_ % samples_per_day_sample == 0) take(history.flow, history.day, day_samples);
    };
    for (auto* table : {&stored_, &delivered_, &sent_back_}) {
        for (auto& [key, histories] : *table) {
            take_all(histories.total);
            for (auto& [queue, history] : histories.queues) take_all(history);
        }
    }
    for (auto* broker : {&broker_stored_, &broker_delivered_}) {
        take_all(broker->all);
        take_all(broker->of_users);
    }
}

void Traffic::keep(Exists exists) {
    by_queue_.clear();
    const auto forget = [&exists](Table& table, BrokerHistories& broker) {
        std::erase_if(table, [&](const auto& entry) {
            const auto [topic, group] = cut_first(entry.first);
            if (exists(topic, group)) return false;
            const Flow sum = sum_of(entry.second);
            broker.all_forgotten += sum;
            if (!entry.second.is_system) broker.of_users_forgotten += sum;
            return true;
        });
    };
    BrokerHistories unused;
    forget(stored_, broker_stored_);
    forget(delivered_, broker_delivered_);
    forget(sent_back_, unused);
}

Traffic::History* Traffic::find_total(Table& table, std::string_view key) {
    const auto found = table.find(key);
    if (found == table.end()) return nullptr;
    found->second.total.flow = sum_of(found->second);
    return &found->second.total;
}

Traffic::History* Traffic::find_queue(Table& table, std::string_view key, std::string_view queue) {
    const auto id = parse_number<std::int32_t>(queue);
    const auto found = table.find(key);
    if (!setup_.by_queue || !id || found == table.end()) return nullptr;
    const auto history = found->second.queues.find(QueueId{*id});
    return history == found->second.queues.end() ? nullptr : &history->second;
}

Traffic::History* Traffic::find_stored(std::string_view topic) {
    return find_total(stored_, topic);
}
Traffic::History* Traffic::find_stored_of_queue(std::string_view topic_queue) {
    const auto [topic, queue] = cut_first(topic_queue);
    return find_queue(stored_, topic, queue);
}
Traffic::History* Traffic::find_stored_by_queue(std::string_view queue_topic) {
    const auto [queue, topic] = cut_first(queue_topic);
    return find_queue(stored_, topic, queue);
}
Traffic::History* Traffic::find_delivered(std::string_view topic_group) {
    return find_total(delivered_, topic_group);
}
Traffic::History* Traffic::find_delivered_of_queue(std::string_view topic_queue_group) {
    const auto [topic, queue_group] = cut_first(topic_queue_group);
    const auto [queue, group] = cut_first(queue_group);
    return find_queue(delivered_, joined(topic, group, scratch_), queue);
}
// Where nothing is told of single queues, RocketMQ's key has none either.
Traffic::History* Traffic::find_delivered_by_queue(std::string_view queue_topic_group) {
    if (!setup_.by_queue) return find_delivered(queue_topic_group);
    const auto [queue, topic_group] = cut_first(queue_topic_group);
    return find_queue(delivered_, topic_group, queue);
}
Traffic::History* Traffic::find_sent_back(std::string_view topic_group) {
    return find_total(sent_back_, topic_group);
}

Traffic::History* Traffic::find_broker(std::string_view cluster, Table& table, BrokerHistories& broker,
                                       History BrokerHistories::* which) {
    if (cluster != setup_.cluster) return nullptr;
    sum_up(table, broker);
    return &(broker.*which);
}
Traffic::History* Traffic::find_broker_stored(std::string_view cluster) {
    return find_broker(cluster, stored_, broker_stored_, &BrokerHistories::all);
}
Traffic::History* Traffic::find_broker_stored_of_users(std::string_view cluster) {
    return find_broker(cluster, stored_, broker_stored_, &BrokerHistories::of_users);
}
Traffic::History* Traffic::find_broker_delivered(std::string_view cluster) {
    return find_broker(cluster, delivered_, broker_delivered_, &BrokerHistories::all);
}
Traffic::History* Traffic::find_broker_delivered_of_users(std::string_view cluster) {
    return find_broker(cluster, delivered_, broker_delivered_, &BrokerHistories::of_users);
}

remoting::BrokerStatsItem Traffic::growth(const History& history, const Samples& samples,
                                          double (*value)(const Flow&), Instant now) {
    const auto& oldest = samples.front();
    const double seconds = std::chrono::duration<double>(now - oldest.at).count();
    const auto times = history.flow.times - oldest.flow.times;
    const double grown = value(history.flow) - value(oldest.flow);
    remoting::BrokerStatsItem item;
    item.sum = static_cast<std::int64_t>(grown);
    if (seconds > 0) item.tps = grown / seconds;
    if (times > 0) item.avgpt = grown / static_cast<double>(times);
    return item;
}

std::optional<remoting::BrokerStatsData> Traffic::find(std::string_view name, std::string_view key,
                                                       Instant now) {
    const auto* item = std::ranges::find(items, name, &Item::name);
    if (item == std::end(items)) return std::nullopt;
    const auto* history = (this->*item->find)(key);
    if (history == nullptr) return std::nullopt;
    return remoting::BrokerStatsData{.stats_day = growth(*history, history->day, item->value, now),
                                     .stats_hour = growth(*history, history->hour, item->value, now),
                                     .stats_minute = growth(*history, history->minute, item->value, now)};
}

double Traffic::stored_per_second(std::string_view topic, Instant now) {
    return per_second("TOPIC_PUT_NUMS", topic, now);
}

double Traffic::delivered_per_second(std::string_view topic, std::string_view group, Instant now) {
    const std::string key{joined(topic, group, scratch_)};
    return per_second("GROUP_GET_NUMS", key, now);
}

double Traffic::per_second(std::string_view item, std::string_view key, Instant now) {
    const auto found = find(item, key, now);
    return found ? found->stats_minute.tps : 0;
}

}  // namespace tern::broker
