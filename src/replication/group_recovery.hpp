// How a Raft group goes on that has lost a majority of its members for good: one of those that are left is
// made the begin of a group of its own. It gets a new id, so that no member of the old one is let in with
// what it has, and a term far above any that those can come to, so that nobody takes their word for newer:
// neither the NameServers nor a member. What it has in its log counts, all of it; what only the lost ones had
// is lost. The command is tern recover-group, docs/recover-group.md its page.
#pragma once

#include <string>

#include "replication/epoch_table.hpp"
#include "replication/vote_file.hpp"
#include "store/log_extent.hpp"

namespace tern::replication {

// Lost members that come back without anybody's knowledge elect leaders of their own, each in a term higher
// by one.
inline constexpr std::int64_t recovery_term_distance = 1'000'000;

// What a member's store says while no process has it open.
struct MemberFindings {
    MemberState state;
    EpochTable epochs;
    store::LogExtent log;
    PhysicalOffset committed;  // As far as the member knew: dispatched, or in a snapshot.
    // A snapshot was installed, and the log has not come up to it: alone it cannot start.
    bool lacks_log{false};

    Epoch last_term() const { return epochs.epoch_at(log.end - 1); }  // Of the last record.
};

// root is the store's, not tern/ in it. Errc::query_not_found: no member of a group has lived there.
Result<MemberFindings> look_at_member(io::FileSystem& files, const std::string& root,
                                      const std::string& commit_log_path, std::int64_t segment_size);

// What it is to be from now on; named is an id that no group has. A member that forgot what it had
// acknowledged goes on as one: alone it leads all the same.
MemberState recovered_member(const MemberFindings& found, GroupId named);

// Makes it so, durably, or not at all. account is kept as a line of <root>/tern/recoveries, written before: a
// last line without a member of the id that it tells is of one that was not completed.
Result<> recover_member(io::FileSystem& files, const std::string& root, const MemberState& recovered,
                        const std::string& account);

}  // namespace tern::replication
