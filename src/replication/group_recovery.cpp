#include "replication/group_recovery.hpp"

#include <algorithm>
#include <utility>

#include "replication/snapshot.hpp"

namespace tern::replication {

Result<MemberFindings> look_at_member(io::FileSystem& files, const std::string& root,
                                      const std::string& commit_log_path, std::int64_t segment_size) {
    const std::string directory = root + "/tern";
    if (!files.exists(directory + "/vote"))
        return failure(Errc::query_not_found,
                       directory + "/vote: not there, so no member of a group has lived in " + root);
    auto state = VoteFile::look(files, directory + "/vote");
    if (!state) return std::unexpected(state.error());
    auto epochs = EpochTable::load(files, directory + "/epochs");
    if (!epochs) return std::unexpected(epochs.error());
    auto log = store::find_log_extent(files, root, commit_log_path, segment_size);
    if (!log) return std::unexpected(log.error());
    MemberFindings found{
        .state = *state, .epochs = std::move(*epochs), .log = std::move(*log), .committed = {}};
    found.committed = std::max(found.log.dispatched, found.log.begin);
    const auto snapshots = SnapshotFiles{files, directory}.positions();
    for (const auto position : snapshots)
        if (position <= found.log.end) found.committed = std::max(found.committed, position);
    found.lacks_log = !snapshots.empty() && snapshots.front() > found.log.end;
    return found;
}

MemberState recovered_member(const MemberFindings& found, GroupId named) {
    MemberState state = found.state;
    state.group = named;
    state.term = std::max(state.term, found.epochs.last()) + recovery_term_distance;
    state.group_since = state.term;
    state.vote.reset();
    return state;
}

Result<> recover_member(io::FileSystem& files, const std::string& root, const MemberState& recovered,
                        const std::string& account) {
    const std::string directory = root + "/tern";
    std::string accounts;
    if (files.exists(directory + "/recoveries")) {
        auto before = io::read_file(files, directory + "/recoveries");
        if (!before) return std::unexpected(before.error());
        accounts = std::move(*before);
    }
    if (auto kept = io::replace_file(files, directory + "/recoveries", accounts + account + "\n"); !kept)
        return kept;
    return VoteFile::replace(files, directory + "/vote", recovered);
}

}  // namespace tern::replication
