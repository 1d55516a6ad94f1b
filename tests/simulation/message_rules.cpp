// The rules about messages: what was sent against what is read.
#include <algorithm>

#include <fmt/format.h>

#include "simulation/evidence.hpp"

namespace tern::simulation {
namespace {

bool same_value(const Reading& a, const Reading& b) {
    return a.key == b.key && a.checksum == b.checksum && a.record_at == b.record_at &&
           a.reconsume_times == b.reconsume_times;
}

std::string value_words(const Reading& reading) {
    return fmt::format("\"{}\" (checksum {:08X}, at byte {} of the log)", reading.key, reading.checksum,
                       reading.record_at.value());
}

std::string sent_words(const Send& send) {
    return fmt::format("\"{}\" of {}, sent at {}", send.key, send.producer, words(send.started));
}

bool is_dead_letter_topic(const std::string& topic) {
    return topic.starts_with(dead_letter_topic_prefix);
}

// One reading for each place: that of the end if there is one. What differs from it breaks another rule.
std::map<Place, const Reading*> one_reading_a_place(const Evidence& evidence) {
    auto readings = evidence.final_readings();
    for (const auto* reading : evidence.readings()) readings.emplace(reading->place, reading);
    return readings;
}

bool may_be_stored(const Attempt* attempt) {
    return attempt->outcome != Outcome::refused;
}

}  // namespace

Finding find_acknowledged_not_kept(const Evidence& evidence) {
    for (const auto& [send, outcome] : evidence.attempts()) {
        if (outcome != Outcome::acknowledged || !send->offset) continue;
        const Place place{{send->topic, send->queue.value()}, *send->offset};
        if (evidence.acknowledged_at(place) != send) continue;  // A place with two values.
        const auto told = fmt::format("{}, was acknowledged at {} ({})", sent_words(*send), words(place),
                                      words(send->ended));
        const auto found = evidence.final_readings().find(place);
        if (found == evidence.final_readings().end() && evidence.may_have_expired(*send)) continue;
        if (found == evidence.final_readings().end()) return told + ", where nothing is in the end";
        const Reading& reading = *found->second;
        const bool is_it = reading.key == send->key && reading.checksum == send->checksum &&
                           (!send->record_at || reading.record_at == *send->record_at);
        if (!is_it)
            return fmt::format("{} with checksum {:08X} at byte {} of the log, where {} is in the end", told,
                               send->checksum, send->record_at.value_or(PhysicalOffset{-1}).value(),
                               value_words(reading));
    }
    return std::nullopt;
}

Finding find_second_value(const Evidence& evidence) {
    for (const auto& [send, outcome] : evidence.attempts()) {
        if (outcome != Outcome::acknowledged || !send->offset) continue;
        const Place place{{send->topic, send->queue.value()}, *send->offset};
        const Send* first = evidence.acknowledged_at(place);
        if (first != send)
            return fmt::format("{} was acknowledged to two: {}, and {}", words(place), sent_words(*first),
                               sent_words(*send));
    }
    std::map<Place, const Reading*> seen;
    for (const auto* reading : evidence.readings()) {
        const auto [first, is_new] = seen.emplace(reading->place, reading);
        if (is_new || same_value(*first->second, *reading)) continue;
        return fmt::format("{} was {} to {} ({}), then {} to {} ({})", words(reading->place),
                           value_words(*first->second), first->second->reader, words(first->second->at),
                           value_words(*reading), reading->reader, words(reading->at));
    }
    return std::nullopt;
}

Finding find_phantom(const Evidence& evidence) {
    for (const auto& [place, reading] : one_reading_a_place(evidence)) {
        if (evidence.acknowledged_at(place) != nullptr) continue;  // What must be there is known exactly.
        const auto read = fmt::format("{} read {} at {} ({})", reading->reader, value_words(*reading),
                                      words(place), words(reading->at));
        if (!evidence.was_sent(reading->key, reading->checksum)) return read + ", which nobody sent";
        if (is_dead_letter_topic(place.queue.topic)) continue;
        const auto& attempts = evidence.attempts_at(copy_of(*reading));
        const bool expected = std::ranges::any_of(attempts, [&](const Attempt* attempt) {
            return !attempt->send->queue || *attempt->send->queue == place.queue.id;
        });
        if (!expected)
            return fmt::format("{}, which nobody sent there after it was sent back {} times", read,
                               reading->reconsume_times);
    }
    return std::nullopt;
}

Finding find_hole(const Evidence& evidence) {
    for (const auto& bounds : evidence.history().bounds()) {
        for (QueueOffset offset = bounds.first; offset < bounds.last; offset += 1) {
            const Place place{bounds.queue, offset};
            if (evidence.final_readings().contains(place)) continue;
            if (evidence.acknowledged_at(place) != nullptr) continue;  // Lost, not only missing.
            return fmt::format("{} has no message, and the queue goes from {} to {}", words(place),
                               bounds.first.value(), bounds.last.value());
        }
    }
    return std::nullopt;
}

// Of any producers: a queue is one sequence, and what is known to be in it comes before all that is sent
// then.
Finding find_disorder_in_time(const Evidence& evidence) {
    struct Stored {
        const Send* send;
        QueueOffset offset;
    };
    std::map<Queue, std::vector<Stored>> stored;
    for (const auto& attempt : evidence.attempts()) {
        const Send& send = *attempt.send;
        if (!send.queue || send.delay > Duration::zero() || !may_be_stored(&attempt)) continue;
        auto& in_queue = stored[Queue{send.topic, *send.queue}];
        const auto& copies = evidence.final_copies(copy_of(send));
        const auto is_there = [&](const Reading* copy) { return copy->place.offset == *send.offset; };
        if (attempt.outcome == Outcome::acknowledged) {
            // Where the answer is wrong, that is broken, and says nothing of an order.
            if (copies.empty() || std::ranges::any_of(copies, is_there))
                in_queue.push_back({&send, *send.offset});
        } else if (copies.size() == 1 && evidence.attempts_at(copy_of(send)).size() == 1) {
            in_queue.push_back({&send, copies.front()->place.offset});
        }
    }
    for (auto& [queue, by_start] : stored) {
        std::vector<Stored> by_end;
        std::ranges::copy_if(by_start, std::back_inserter(by_end),
                             [](const Stored& one) { return one.send->outcome == Outcome::acknowledged; });
        std::ranges::sort(by_end, {}, [](const Stored& one) { return one.send->ended; });
        std::ranges::sort(by_start, {}, [](const Stored& one) { return one.send->started; });
        const Stored* highest = nullptr;  // Of those that were acknowledged by then.
        auto next = by_end.begin();
        for (const auto& later : by_start) {
            for (; next != by_end.end() && next->send->ended < later.send->started; ++next)
                if (highest == nullptr || next->offset > highest->offset) highest = &*next;
            if (highest != nullptr && later.offset < highest->offset)
                return fmt::format("{}: {}, is at offset {}; {}, after that was acknowledged, is at {}",
                                   words(queue), sent_words(*highest->send), highest->offset.value(),
                                   sent_words(*later.send), later.offset.value());
        }
    }
    return std::nullopt;
}

Finding find_refused_but_read(const Evidence& evidence) {
    for (const auto& [place, reading] : one_reading_a_place(evidence)) {
        const auto& attempts = evidence.attempts_at(copy_of(*reading));
        if (attempts.empty() || std::ranges::any_of(attempts, may_be_stored)) continue;
        return fmt::format("{}, was refused ({}), and {} read it at {} ({})",
                           sent_words(*attempts.front()->send), words(attempts.front()->send->ended),
                           reading->reader, words(place), words(reading->at));
    }
    return std::nullopt;
}

Finding find_unexplained_copy(const Evidence& evidence) {
    for (const auto& [place, reading] : evidence.final_readings()) {
        const Copy copy = copy_of(*reading);
        const auto tried = std::ranges::count_if(evidence.attempts_at(copy), may_be_stored);
        const auto& copies = evidence.final_copies(copy);
        if (tried == 0 || std::ssize(copies) <= tried) continue;  // None at all breaks another rule.
        return fmt::format(
            "{} is there {} times, for instance at {} and {}, after {} attempts that can have stored it",
            words(copy), copies.size(), words(copies[0]->place), words(copies[1]->place), tried);
    }
    return std::nullopt;
}

Finding find_delayed_early(const Evidence& evidence) {
    for (const auto* reading : evidence.readings()) {
        const Send* first_due = nullptr;
        WallMillis due = 0;
        for (const auto* attempt : evidence.attempts_at(copy_of(*reading))) {
            if (!may_be_stored(attempt)) continue;
            const auto its_due =
                attempt->send->started.wall_ms +
                std::chrono::duration_cast<std::chrono::milliseconds>(attempt->send->delay).count();
            if (first_due == nullptr || its_due < due) due = its_due;
            if (first_due == nullptr || its_due <= due) first_due = attempt->send;
        }
        if (first_due == nullptr || first_due->delay == Duration::zero()) continue;
        const WallMillis there = std::min(reading->store_timestamp, reading->at.wall_ms);
        if (there >= due - evidence.promise().clock_set_back.count()) continue;
        return fmt::format("{}, was due {} ms later, but was at {} already {} ms before that",
                           sent_words(*first_due), due - first_due->started.wall_ms, words(reading->place),
                           due - there);
    }
    return std::nullopt;
}

Finding find_delayed_lost(const Evidence& evidence) {
    for (const auto& [send, outcome] : evidence.attempts()) {
        if (outcome != Outcome::acknowledged || send->offset) continue;
        const Copy copy = copy_of(*send);
        const auto promised = std::ranges::count_if(evidence.attempts_at(copy), [&](const Attempt* attempt) {
            return attempt->outcome == Outcome::acknowledged &&
                   !evidence.may_have_expired_somewhere(*attempt->send);
        });
        auto found = std::ssize(evidence.final_copies(copy));
        if (copy.topic.starts_with(retry_topic_prefix)) {  // A dead letter too soon breaks another rule.
            const auto group = copy.topic.substr(retry_topic_prefix.size());
            found += std::ssize(evidence.final_copies(
                {std::string{dead_letter_topic_prefix} + group, copy.key, copy.reconsume_times}));
        }
        if (found >= promised) continue;
        return fmt::format("{} was acknowledged ({}) and is not there in the end ({} of {} are)", words(copy),
                           words(send->ended), found, promised);
    }
    return std::nullopt;
}

Finding find_early_dead_letter(const Evidence& evidence) {
    for (const auto& [place, reading] : evidence.final_readings()) {
        if (!is_dead_letter_topic(place.queue.topic) || !evidence.was_sent(reading->key, reading->checksum))
            continue;
        if (!evidence.attempts_at(copy_of(*reading)).empty()) continue;
        return fmt::format("{} is a dead letter at {} after {} times, when it was to be tried again",
                           reading->key, words(place), reading->reconsume_times);
    }
    return std::nullopt;
}

}  // namespace tern::simulation
