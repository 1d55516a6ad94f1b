// What members say to each other: plain values, encoded elsewhere. Each answer names what it answers, so one
// that comes late, twice or out of order changes nothing.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "raft/term_table.hpp"
#include "raft/types.hpp"

namespace tern::raft {

// Asks for a vote in a term, or, as a pre-vote, whether one would be given (thesis 9.6): that changes nothing
// at the member asked, so one who only lost a connection deposes nobody.
struct VoteRequest {
    Term term;  // A pre-vote: the one after the sender's.
    Term last_term;
    LogOffset end;
    bool pre{false};
    bool transfer{
        false};  // The leader itself wants it (thesis 3.10): a living leader is no reason to refuse.
};

enum class Refusal { none, old_term, leader_alive, log_behind, voted_for_other, asks_itself };

struct VoteReply {
    Term asked;  // The term and kind of the request.
    bool pre{false};
    Term term;  // The voter's own, by now.
    Refusal refusal{Refusal::none};
    bool recovering{false};  // Has lost its memory: such votes count only when every member gave one.

    bool granted() const { return refusal == Refusal::none; }
};

// Bytes [from, to) of the leader's log; the host sends them along. With from == to it asks whether the logs
// agree up to there.
struct Append {
    Term term;
    LogOffset from;
    LogOffset to;
    Term term_before;               // Of the entry that ends at from: the consistency check (Raft 5.3).
    std::vector<TermStart> starts;  // Of the terms that begin within.
    LogOffset committed;
    LogOffset end;            // Of the leader's log, for a member that lost its memory and catches up,
    Incarnation incarnation;  // in the life of it that the leader knows.
};

// How far the sender's log is the leader's of this term, in memory and on disk. Within a term only more is
// ever claimed, except by a new incarnation.
struct Holding {
    LogOffset matched;  // Agrees with the leader's log.
    LogOffset written;  // Of that: survives the process,
    LogOffset durable;  // and the machine.
    bool recovering{false};
    Incarnation incarnation;
};

struct AppendReply {
    Term term;
    LogOffset from;  // The range that is answered.
    LogOffset to;
    Holding holding;
    // Refused: the logs differ before `from`. Up to `hint` this member's terms are at most the asked one;
    // hint_term is that of its entry ending there.
    bool accepted{true};
    LogOffset hint;
    Term hint_term;
};

struct Heartbeat {
    Term term;
    LogOffset committed;
    LogOffset end;
    Incarnation incarnation;
    std::uint64_t round{0};  // Of confirm_leadership.
};

struct HeartbeatReply {
    Term term;
    std::uint64_t round{0};
    Holding holding;
};

// The leader has replicated all of its log to the receiver and wants it to take over now (thesis 3.10).
struct TimeoutNow {
    Term term;
};

using Message =
    std::variant<VoteRequest, VoteReply, Append, AppendReply, Heartbeat, HeartbeatReply, TimeoutNow>;

}  // namespace tern::raft
