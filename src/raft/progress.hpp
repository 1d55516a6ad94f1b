// What a leader knows of one other member, and which bytes it may send it next: a window of bytes in flight
// when the logs are known to agree, one question at a time until then. A value without time or messages.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "raft/messages.hpp"
#include "raft/types.hpp"

namespace tern::raft {

class Progress {
public:
    enum class State {
        probing,      // Where the logs agree is not known: one message at a time.
        replicating,  // It is: bytes flow, in a window.
        snapshot,     // The host sends a snapshot; no bytes of the log.
    };

    // A new leader hopes that the member's log is its own, up to the end (Raft 5.3): its first bytes are the
    // question.
    Progress(LogOffset end, Instant now) : next{end}, linked_at{now}, heard_at{now} {}

    LogOffset acknowledged(QuorumPolicy policy) const {
        return policy == QuorumPolicy::written ? written : durable;
    }
    // What counts towards a commit: nothing of a member that lost its memory.
    LogOffset counted(QuorumPolicy policy) const { return recovering ? LogOffset{} : acknowledged(policy); }

    // Takes in what the member claims.
    void hear(const Holding& holding, Instant now);
    // How long it has said nothing over a link that stands.
    Duration is_silent_for(Instant now) const {
        return linked ? now - std::max(heard_at, linked_at) : Duration{};
    }
    // How long at least its disk has kept what it has written waiting.
    Duration waits_for_disk(Instant now) const {
        return durable < unflushed_end ? now - unflushed_since : Duration{};
    }
    void probe_from(LogOffset from) {
        state = State::probing;
        next = std::max(from, matched);
        probe_sent_at.reset();
        optimistic = false;
    }
    // What is in flight is lost, so it starts again from where the logs are known to agree.
    void lost_in_flight(LogOffset end) {
        if (state != State::snapshot) probe_from(matched == LogOffset{} ? std::min(next, end) : matched);
    }
    // The logs agree up to matched.
    void agrees() {
        if (state == State::snapshot) return;
        if (state == State::probing) next = matched;
        next = std::max(next, matched);
        state = State::replicating;
    }
    // Whether bytes from `next` may leave, and how many.
    std::int64_t room(QuorumPolicy policy, std::int64_t append_bytes_max,
                      std::int64_t in_flight_bytes_max) const;
    void sent(LogOffset to, Instant now);

    State state{State::probing};
    LogOffset next;
    LogOffset matched;
    LogOffset written;
    LogOffset durable;
    bool optimistic{true};  // While probing: the question may carry bytes, for next is a record's start.
    bool recovering{false};
    bool linked{true};
    Incarnation incarnation;
    std::uint64_t confirmed_round{0};
    Instant linked_at{};
    Instant heard_at;
    LogOffset unflushed_end;  // What was written and not durable at unflushed_since.
    Instant unflushed_since{};
    std::optional<Instant> probe_sent_at;  // A question is on its way.
    Instant advanced_at{};                 // When the window last moved, or was empty and is not any more.
};

}  // namespace tern::raft
