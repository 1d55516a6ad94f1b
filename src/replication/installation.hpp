// What a member is given that is blank, or whose log ends before the leader's begins: all that the log from
// there on does not tell. The log itself follows as ever, in ranges. docs/formats/member-link.md has its
// bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "raft/term_table.hpp"
#include "replication/group_id.hpp"
#include "replication/snapshot.hpp"
#include "store/consume_queues.hpp"

namespace tern::replication {

struct Installation {
    GroupId group;
    PhysicalOffset begin;                   // Of the leader's log, and of the member's from then on.
    std::vector<raft::TermStart> terms;     // That wrote what lies below.
    std::vector<store::QueueBegin> queues;  // Whose messages all lie below.
    Snapshot snapshot;                      // At `begin` or behind it.
};

std::string encode_installation(const Installation& installation);
// Errc::corrupt with what is wrong.
Result<Installation> decode_installation(std::string_view bytes);

// More than that no member takes: tables are kept in memory.
inline constexpr std::int64_t installation_size_max = std::int64_t{1} << 30;

}  // namespace tern::replication
