// The words of the consensus core: members, terms, places of the log, and what a quorum has to hold.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/runtime.hpp"
#include "base/strong.hpp"

namespace tern::raft {

using MemberId = Identifier<struct MemberIdTag>;  // One of the group; the host knows its address.
using Term = Epoch;                               // A reign over the log; 0 before the first.

// A place of the log in bytes. An entry is a batch of whole records, and its index is the offset of its end.
using LogOffset = PhysicalOffset;

// One life of a member's process, drawn at its start: it tells what a member said before it lost its memory
// from what it says after.
using Incarnation = Identifier<struct IncarnationTag, std::uint64_t>;

enum class MemberKind {
    voter,
    learner,  // Is replicated to, and never counted or asked.
};

struct Member {
    MemberId id;
    MemberKind kind{MemberKind::voter};
    int priority{0};  // The leader hands over to a member of a higher one that has caught up.
};

// What a member of the quorum must have done with bytes for them to be committed.
enum class QuorumPolicy {
    written,  // They survive the death of its process: DLedger's promise.
    durable,  // They survive the death of its machine.
};

constexpr std::size_t majority_of(std::size_t voters) {
    return voters / 2 + 1;
}

}  // namespace tern::raft
