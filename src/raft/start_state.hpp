// What a member's disk says when its process starts.
#pragma once

#include <optional>

#include "raft/term_table.hpp"
#include "raft/types.hpp"

namespace tern::raft {

struct StartState {
    Term term;
    std::optional<MemberId> vote;
    LogOffset begin;      // Of what is retained; below it only snapshots reach. All of it is committed.
    LogOffset end;        // Of whole records.
    LogOffset durable;    // Of them, what is known to survive the machine.
    LogOffset committed;  // As far as it is known, by a snapshot say.
    TermTable terms;      // Reaches back to the entry before begin.
    // It has forgotten what it may have acknowledged, or whom it voted for: its disk is new, or the machine
    // died and took with it what was only written, where a quorum is made of memory. Such a member does not
    // count until it has caught up with a leader, and its vote only together with all others'.
    bool memory_lost{false};
    // The machine has died: from there on the bytes may not be the ones that were written, though terms say
    // so. A leader has to send them again, for the host to compare.
    std::optional<LogOffset> doubted_from{};
};

}  // namespace tern::raft
