#include "broker/traffic.hpp"

#include <algorithm>
#include <utility>

namespace tern::broker {
namespace {

// As RocketMQ has them: seven samples 10 s apart, seven 10 minutes apart, 25 an hour apart.
constexpr std::size_t minute_samples = 7;
constexpr std::size_t hour_samples = 7;
constexpr std::size_t day_samples = 25;
constexpr std::uint64_t samples_per_hour_sample = 60;
constexpr std::uint64_t samples_per_day_sample = 360;

std::string_view key_of(std::string_view topic, std::string_view group, std::string& scratch) {
    scratch.assign(topic);
    scratch += '@';
    return scratch.append(group);
}

}  // namespace

const Traffic::Item Traffic::items[] = {
    {"TOPIC_PUT_NUMS", &Traffic::stored_, &Flow::messages},
    {"TOPIC_PUT_SIZE", &Traffic::stored_, &Flow::bytes},
    {"GROUP_GET_NUMS", &Traffic::delivered_, &Flow::messages},
    {"GROUP_GET_SIZE", &Traffic::delivered_, &Flow::bytes},
    {"SNDBCK_PUT_NUMS", &Traffic::sent_back_, &Flow::messages},
    {"BROKER_PUT_NUMS", &Traffic::broker_stored_, &Flow::messages},
    {"BROKER_GET_NUMS", &Traffic::broker_delivered_, &Flow::messages},
};

Traffic::Traffic(std::string_view cluster, Instant now) : sampled_at_{now} {
    history_of(broker_stored_, cluster);
    history_of(broker_delivered_, cluster);
}

// Nothing had come when the last sample was taken.
Traffic::History& Traffic::history_of(Histories& histories, std::string_view key) {
    if (const auto known = histories.find(key); known != histories.end()) return known->second;
    const Samples none{{sampled_at_, {}}};
    return histories.emplace(key, History{{}, none, none, none}).first->second;
}

void Traffic::find_recent(std::string_view topic) {
    history_of(stored_, topic);
    recent_ = &*stored_.find(topic);
}

void Traffic::delivered(std::string_view topic, std::string_view group, std::int64_t messages,
                        std::int64_t bytes) {
    history_of(delivered_, key_of(topic, group, scratch_)).flow.add(messages, bytes);
}

void Traffic::sent_back(std::string_view topic, std::string_view group) {
    history_of(sent_back_, key_of(topic, group, scratch_)).flow.add(1, 0);
}

void Traffic::sum_up() {
    const auto sum = [](const Histories& histories, Flow total, Histories& into) {
        for (const auto& [key, history] : histories) total += history.flow;
        into.begin()->second.flow = total;
    };
    sum(stored_, forgotten_stored_, broker_stored_);
    sum(delivered_, forgotten_delivered_, broker_delivered_);
}

void Traffic::sample(Instant now) {
    sum_up();
    sampled_at_ = now;
    ++samples_;
    const auto take = [now](const Flow& flow, Samples& samples, std::size_t count) {
        if (samples.front().flow == flow) samples.clear();
        if (samples.size() == count) samples.erase(samples.begin());
        samples.push_back({now, flow});
    };
    for (auto* histories : {&stored_, &delivered_, &sent_back_, &broker_stored_, &broker_delivered_}) {
        for (auto& [key, history] : *histories) {
            take(history.flow, history.minute, minute_samples);
            if (samples_ % samples_per_hour_sample == 0) take(history.flow, history.hour, hour_samples);
            if (samples_ % samples_per_day_sample == 0) take(history.flow, history.day, day_samples);
        }
    }
}

void Traffic::keep(Exists exists) {
    recent_ = nullptr;
    const auto forget = [&exists](Histories& histories, Flow& forgotten) {
        std::erase_if(histories, [&](const auto& entry) {
            const std::string_view key = entry.first;
            const auto at = std::min(key.find('@'), key.size());
            if (exists(key.substr(0, at), key.substr(std::min(at + 1, key.size())))) return false;
            forgotten += entry.second.flow;
            return true;
        });
    };
    Flow unused;
    forget(stored_, forgotten_stored_);
    forget(delivered_, forgotten_delivered_);
    forget(sent_back_, unused);
}

remoting::BrokerStatsItem Traffic::growth(const History& history, const Samples& samples,
                                          std::int64_t Flow::* what, Instant now) {
    const auto& oldest = samples.front();
    const double seconds = std::chrono::duration<double>(now - oldest.at).count();
    const auto times = history.flow.times - oldest.flow.times;
    remoting::BrokerStatsItem item;
    item.sum = history.flow.*what - oldest.flow.*what;
    if (seconds > 0) item.tps = static_cast<double>(item.sum) / seconds;
    if (times > 0) item.avgpt = static_cast<double>(item.sum) / static_cast<double>(times);
    return item;
}

std::optional<remoting::BrokerStatsData> Traffic::find(std::string_view item, std::string_view key,
                                                       Instant now) {
    for (const auto& [name, histories, what] : items) {
        if (name != item) continue;
        if (name.starts_with("BROKER_")) sum_up();
        const auto found = (this->*histories).find(key);
        if (found == (this->*histories).end()) return std::nullopt;
        const auto& history = found->second;
        return remoting::BrokerStatsData{.stats_day = growth(history, history.day, what, now),
                                         .stats_hour = growth(history, history.hour, what, now),
                                         .stats_minute = growth(history, history.minute, what, now)};
    }
    return std::nullopt;
}

double Traffic::stored_per_second(std::string_view topic, Instant now) {
    return per_second("TOPIC_PUT_NUMS", topic, now);
}

double Traffic::delivered_per_second(std::string_view topic, std::string_view group, Instant now) {
    return per_second("GROUP_GET_NUMS", key_of(topic, group, scratch_), now);
}

double Traffic::per_second(std::string_view item, std::string_view key, Instant now) {
    const auto found = find(item, key, now);
    return found ? found->stats_minute.tps : 0;
}

}  // namespace tern::broker
