// What the core asks of its host, to be carried out in this order. Only Persist and the writing of accepted
// bytes may end later: the host then says so (vote_persisted, written, durable).
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "raft/messages.hpp"
#include "raft/types.hpp"

namespace tern::raft {

// To disk; vote_persisted() when it is there. A later one replaces an earlier that has not begun.
struct Persist {
    Term term;
    std::optional<MemberId> vote;
    friend bool operator==(const Persist&, const Persist&) = default;
};

struct Send {
    MemberId to;
    Message message;
};

// The term is this member's: the host appends the epoch start at `start`, its first record, then calls
// appended().
struct BecomeLeader {
    Term term;
    LogOffset start;
};

enum class Because {
    started,
    newer_term,
    follows_leader,  // One is known from now on.
    lost_quorum,     // A leader that has not heard from a majority for an election time-out.
    resigned,        // step_down() of the host, and no successor in time.
};

struct BecomeFollower {
    Term term;
    std::optional<MemberId> leader;
    Because because;
};

struct BecomeCandidate {
    Term term;
};

// Cut the own log: what lies behind differs from the leader's. Never below what is committed. Completions of
// writes begun before do not count any more: Stored.cuts.
struct Truncate {
    LogOffset to;
};

// Append bytes [from, to) of those that came with the message; `from` is the end of the own log.
struct Accept {
    LogOffset from;
    LogOffset to;
    std::vector<TermStart> starts;  // Of the terms that begin within, for the host's own table.
};

// Everything below may be applied. It may be ahead of what this member's disk holds, never of what it
// accepted.
struct Committed {
    LogOffset end;
};

// The member's log ends before this one's begins: send it a snapshot, then call snapshot_done() or
// snapshot_failed().
struct SnapshotNeeded {
    MemberId peer;
};

// A majority has confirmed this term after the call of confirm_leadership(token): whatever was committed
// anywhere before it lies below `committed`.
struct Confirmed {
    std::uint64_t token{0};
    LogOffset committed;
};

// Leadership was lost, or never there.
struct NotConfirmed {
    std::uint64_t token{0};
};

// How a hand-over ended. Not completed: this member still leads, or another one does.
struct TransferEnded {
    MemberId to;
    bool completed{false};
};

// A member that lost its memory has caught up and counts again: the host may forget the loss.
struct MemoryRecovered {};

using Output =
    std::variant<Persist, Send, BecomeLeader, BecomeFollower, BecomeCandidate, Truncate, Accept, Committed,
                 SnapshotNeeded, Confirmed, NotConfirmed, TransferEnded, MemoryRecovered>;
using Outputs = std::vector<Output>;

}  // namespace tern::raft
