// A history made ready to be judged: facts that a loss of unsynced writes has voided are set aside as the
// promise allows, the rest is found by message and by place.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/checker.hpp"

namespace tern::simulation {

inline constexpr std::string_view retry_topic_prefix = "%RETRY%";
inline constexpr std::string_view dead_letter_topic_prefix = "%DLQ%";

// An attempt to store a message, and what it still promises.
struct Attempt {
    const Send* send;
    Outcome outcome;  // The send's, or unknown if that was voided.
};

// What an attempt asks to be found and a reading finds: a message in a topic, sent back so many times.
struct Copy {
    std::string topic;
    std::string key;
    std::int32_t reconsume_times{0};
    friend auto operator<=>(const Copy&, const Copy&) = default;
};
inline Copy copy_of(const Send& send) {
    return {send.topic, send.key, send.reconsume_times};
}
inline Copy copy_of(const Reading& reading) {
    return {reading.place.queue.topic, reading.key, reading.reconsume_times};
}

// Refers to the history, which outlives it.
class Evidence {
public:
    Evidence(const History& history, const Promise& promise);

    const History& history() const { return history_; }
    const Promise& promise() const { return promise_; }

    // In the order they started.
    const std::vector<Attempt>& attempts() const { return attempts_; }
    const std::vector<const Attempt*>& attempts_at(const Copy& copy) const;
    // Whether anybody ever sent that message, to whatever topic, with that body.
    bool was_sent(const std::string& key, std::uint32_t checksum) const;

    // Not voided, in the order they were made.
    const std::vector<const Reading*>& readings() const { return readings_; }
    const std::map<Place, const Reading*>& final_readings() const { return final_readings_; }
    const std::vector<const Reading*>& final_copies(const Copy& copy) const;
    // The acknowledged attempt whose answer named that place.
    const Send* acknowledged_at(const Place& place) const;

    // Whether a loss came between the two that may have undone what was the answer to a request of the first.
    bool may_be_undone(const Moment& asked, const Moment& later) const;
    // Whether its record lay, or without a known place can have lain, where the log that is read in the end
    // has nothing any more. Of a delayed one that is the record that waits for its time.
    bool may_have_expired(const Send& send) const;
    // The same of where any broker had nothing any more at some time: it may have led when the message was
    // due.
    bool may_have_expired_somewhere(const Send& send) const;
    // Whether some broker had lost that record of the log at some time.
    bool was_expired_somewhere(const Reading& reading) const;

private:
    bool is_voided(const Send& send) const;
    bool is_voided(const Reading& reading) const;
    bool is_durable(const Send& send, const UnsyncedLost& loss) const;

    const History& history_;
    const Promise& promise_;
    std::vector<Attempt> attempts_;
    std::map<Copy, std::vector<const Attempt*>> attempts_by_copy_;
    std::map<std::string, std::uint32_t> checksums_;
    std::vector<const Reading*> readings_;
    std::map<Place, const Reading*> final_readings_;
    std::map<Copy, std::vector<const Reading*>> final_copies_;
    std::map<Place, const Send*> acknowledged_places_;
};

// Facts in words.
std::string words(const Queue& queue);
std::string words(const Place& place);
std::string words(const Copy& copy);
std::string words(const Moment& moment);
std::string words(Instant at);

// Each gives the first facts against its rule, if there are any. checker.cpp has the table.
using Finding = std::optional<std::string>;
Finding find_acknowledged_not_kept(const Evidence& evidence);
Finding find_second_value(const Evidence& evidence);
Finding find_phantom(const Evidence& evidence);
Finding find_hole(const Evidence& evidence);
Finding find_disorder_in_time(const Evidence& evidence);
Finding find_refused_but_read(const Evidence& evidence);
Finding find_unexplained_copy(const Evidence& evidence);
Finding find_delayed_early(const Evidence& evidence);
Finding find_delayed_lost(const Evidence& evidence);
Finding find_early_dead_letter(const Evidence& evidence);
Finding find_offset_going_back(const Evidence& evidence);
Finding find_reader_sent_back(const Evidence& evidence);
Finding find_skipped_message(const Evidence& evidence);
Finding find_unwanted_message(const Evidence& evidence);
Finding find_two_holders_of_a_lock(const Evidence& evidence);

}  // namespace tern::simulation
