#include "broker/held_pulls.hpp"

#include <utility>

#include "model/tag_filter.hpp"

namespace tern::broker {
namespace {

// What it takes, about: what clients can make large is counted.
std::size_t size_of(const HeldPull& pull) {
    constexpr std::size_t fixed = 1024;  // With its timer, and what leads to it.
    constexpr std::size_t of_a_tag = 64;
    const auto& subscription = pull.subscription;
    std::size_t bytes = fixed + pull.group.size() + 3 * pull.topic.size() + subscription.sub_string.size() +
                        of_a_tag * subscription.code_set.size();
    for (const auto& tag : subscription.tags_set) bytes += of_a_tag + tag.size();
    return bytes;
}

}  // namespace

HeldPulls::~HeldPulls() {
    *alive_ = false;
    for (auto& [topic, queues] : topics_) {
        for (auto& [queue, entries] : queues) {
            for (auto& [id, entry] : entries) runtime_.timers.cancel(entry->timer);
        }
    }
}

void HeldPulls::hold(HeldPull pull, Duration for_time) {
    const Id id = ++last_id_;
    const std::uint64_t connection = pull.responder.connection()->id();
    const QueueId queue = pull.queue;
    std::string topic = pull.topic;
    const std::size_t bytes = size_of(pull);
    auto entry = std::make_unique<Entry>(Entry{std::move(pull), 0, connection, bytes, false});
    // Looked up by place when it falls due: the entry may be gone by then.
    entry->timer = runtime_.timers.after(for_time, [this, place = Place{topic, queue, id}] { serve(place); });
    by_connection_[connection].push_back({topic, queue, id});
    topics_[std::move(topic)][queue.value()].emplace(id, std::move(entry));
    ++count_;
    bytes_ += bytes;
}

void HeldPulls::on_arrival(std::string_view topic, QueueId queue, QueueOffset at, std::int64_t tag_code) {
    if (count_ == 0) return;
    wake(topic, queue, [&](const HeldPull& pull) {
        return at >= pull.offset && model::matches_tag_code(pull.subscription, tag_code);
    });
}

void HeldPulls::on_reset(std::string_view group, std::string_view topic, QueueId queue) {
    wake(topic, queue, [&](const HeldPull& pull) { return pull.group == group; });
}

template <class IsMeant>
void HeldPulls::wake(std::string_view topic, QueueId queue, IsMeant is_meant) {
    const auto queues = topics_.find(topic);
    if (queues == topics_.end()) return;
    const auto entries = queues->second.find(queue.value());
    if (entries == queues->second.end()) return;
    for (auto& [id, entry] : entries->second) {
        if (entry->woken || !is_meant(entry->pull)) continue;
        entry->woken = true;
        woken_.push_back({std::string{topic}, queue, id});
        if (woken_.size() == 1) {
            runtime_.executor.post([this, alive = alive_] {
                if (*alive) serve_woken();
            });
        }
    }
}

void HeldPulls::serve_woken() {
    for (const auto& place : std::exchange(woken_, {})) serve(place);
}

void HeldPulls::serve(const Place& place) {
    if (auto entry = take(place)) serve_(std::move(entry->pull));
}

std::unique_ptr<HeldPulls::Entry> HeldPulls::take(const Place& place) {
    const auto queues = topics_.find(place.topic);
    if (queues == topics_.end()) return nullptr;
    const auto entries = queues->second.find(place.queue.value());
    if (entries == queues->second.end()) return nullptr;
    const auto found = entries->second.find(place.id);
    if (found == entries->second.end()) return nullptr;
    auto entry = std::move(found->second);
    entries->second.erase(found);
    if (entries->second.empty()) queues->second.erase(entries);
    if (queues->second.empty()) topics_.erase(queues);
    --count_;
    bytes_ -= entry->bytes;
    runtime_.timers.cancel(entry->timer);
    if (const auto places = by_connection_.find(entry->connection); places != by_connection_.end()) {
        std::erase_if(places->second, [&](const Place& other) { return other.id == place.id; });
        if (places->second.empty()) by_connection_.erase(places);
    }
    return entry;
}

void HeldPulls::on_closed(const remoting::Connection& connection) {
    const auto places = by_connection_.find(connection.id());
    if (places == by_connection_.end()) return;
    for (const auto& place : std::exchange(places->second, {})) take(place);
}

std::vector<HeldPull> HeldPulls::take_all() {
    std::vector<Place> all;
    for (const auto& [connection, places] : by_connection_)
        all.insert(all.end(), places.begin(), places.end());
    std::vector<HeldPull> pulls;
    for (const auto& place : all) pulls.push_back(std::move(take(place)->pull));
    return pulls;
}

}  // namespace tern::broker
