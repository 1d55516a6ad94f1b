#include "nameserver/broker_liveness.hpp"

#include <algorithm>

namespace tern::nameserver {

void BrokerLiveness::registered(const BrokerKey& broker, Ref<remoting::Connection> connection,
                                Duration timeout, Instant now) {
    lives_.insert_or_assign(broker, Life{std::move(connection), timeout, now});
}

void BrokerLiveness::heard(const BrokerKey& broker, Instant now) {
    if (const auto life = lives_.find(broker); life != lives_.end()) life->second.last_heard = now;
}

void BrokerLiveness::forget(const BrokerKey& broker) {
    lives_.erase(broker);
}

std::vector<BrokerKey> BrokerLiveness::living_by(const remoting::Connection& connection) const {
    std::vector<BrokerKey> brokers;
    for (const auto& [broker, life] : lives_)
        if (life.connection.get() == &connection) brokers.push_back(broker);
    return brokers;
}

std::vector<BrokerLiveness::Silent> BrokerLiveness::silent(Instant now) const {
    std::vector<Silent> silent;
    for (const auto& [broker, life] : lives_)
        if (life.due() < now) silent.push_back({broker, life.connection});
    return silent;
}

std::optional<Instant> BrokerLiveness::next_due() const {
    const auto first =
        std::ranges::min_element(lives_, {}, [](const auto& entry) { return entry.second.due(); });
    if (first == lives_.end()) return std::nullopt;
    return first->second.due();
}

}  // namespace tern::nameserver
