#include "simulation/evidence.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tern::simulation {
namespace {

template <class Map, class Key>
const typename Map::mapped_type& find_or_empty(const Map& map, const Key& key) {
    static const typename Map::mapped_type empty{};
    const auto found = map.find(key);
    return found == map.end() ? empty : found->second;
}

bool may_lie_below(const Send& send, const Expired& one) {
    return send.record_at ? *send.record_at < one.begin : send.started < one.reached;
}

}  // namespace

Evidence::Evidence(const History& history, const Promise& promise) : history_{history}, promise_{promise} {
    attempts_.reserve(history.sends().size());
    for (const auto& send : history.sends()) {
        const auto& attempt =
            attempts_.emplace_back(&send, is_voided(send) ? Outcome::unknown : send.outcome);
        attempts_by_copy_[copy_of(send)].push_back(&attempt);
        checksums_.emplace(send.key, send.checksum);
        if (attempt.outcome == Outcome::acknowledged && send.offset && send.queue)
            acknowledged_places_.emplace(Place{{send.topic, *send.queue}, *send.offset}, &send);
    }
    for (const auto& reading : history.readings()) {
        if (is_voided(reading)) continue;
        readings_.push_back(&reading);
        if (!reading.is_final) continue;
        final_readings_.emplace(reading.place, &reading);
        final_copies_[copy_of(reading)].push_back(&reading);
    }
}

const std::vector<const Attempt*>& Evidence::attempts_at(const Copy& copy) const {
    return find_or_empty(attempts_by_copy_, copy);
}

bool Evidence::was_sent(const std::string& key, std::uint32_t checksum) const {
    const auto found = checksums_.find(key);
    return found != checksums_.end() && found->second == checksum;
}

const std::vector<const Reading*>& Evidence::final_copies(const Copy& copy) const {
    return find_or_empty(final_copies_, copy);
}

const Send* Evidence::acknowledged_at(const Place& place) const {
    return find_or_empty(acknowledged_places_, place);
}

bool Evidence::may_be_undone(const Moment& asked, const Moment& later) const {
    return !promise_.synced_before_answer &&
           std::ranges::any_of(history_.losses(),
                               [&](const UnsyncedLost& loss) { return asked < loss.at && loss.at < later; });
}

bool Evidence::may_have_expired(const Send& send) const {
    return may_lie_below(send, history_.gone_in_the_end());
}

bool Evidence::may_have_expired_somewhere(const Send& send) const {
    return may_have_expired(send) || std::ranges::any_of(history_.expired(), [&](const Expired& one) {
               return may_lie_below(send, one);
           });
}

bool Evidence::was_expired_somewhere(const Reading& reading) const {
    return std::ranges::any_of(history_.expired(),
                               [&](const Expired& one) { return reading.record_at < one.begin; });
}

bool Evidence::is_voided(const Send& send) const {
    if (send.outcome != Outcome::acknowledged) return false;
    if (promise_.is_kept_by_others && !send.waits_for_flush) return true;
    if (promise_.synced_before_answer && send.waits_for_flush) return false;
    return std::ranges::any_of(history_.losses(), [&](const UnsyncedLost& loss) {
        const bool is_kept = loss.is_kept_by_slaves && send.waits_for_flush;
        return send.started < loss.at && !is_kept && !is_durable(send, loss);
    });
}

// The place of the record tells; without one, a later record that was synced: the log is one sequence.
bool Evidence::is_durable(const Send& send, const UnsyncedLost& loss) const {
    if (send.record_at) return *send.record_at < loss.durable_end;
    return std::ranges::any_of(history_.sends(), [&](const Send& later) {
        return send.ended < later.started && later.outcome == Outcome::acknowledged &&
               later.ended < loss.at && later.record_at && *later.record_at < loss.durable_end;
    });
}

bool Evidence::is_voided(const Reading& reading) const {
    return !promise_.synced_before_answer &&
           std::ranges::any_of(history_.losses(), [&](const UnsyncedLost& loss) {
               return reading.asked < loss.at && reading.record_at >= loss.durable_end;
           });
}

std::string words(const Queue& queue) {
    return fmt::format("{}/{}", queue.topic, queue.id.value());
}

std::string words(const Place& place) {
    return fmt::format("{} offset {}", words(place.queue), place.offset.value());
}

std::string words(const Copy& copy) {
    return copy.reconsume_times == 0
               ? fmt::format("\"{}\" in {}", copy.key, copy.topic)
               : fmt::format("\"{}\", sent back {} times, in {}", copy.key, copy.reconsume_times, copy.topic);
}

std::string words(Instant at) {
    return fmt::format("{:.6f} s", std::chrono::duration<double>{at.time_since_epoch()}.count());
}

std::string words(const Moment& moment) {
    return words(moment.at);
}

}  // namespace tern::simulation
