// Who was in a Raft group when a member of it last started: <root>/tern/members, dLegerPeers as it was. A
// group whose setting leaves a majority out cannot know what that majority had agreed on, so such a start is
// refused: who has lost them for good says so with tern recover-group.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/file_system.hpp"
#include "raft/types.hpp"

namespace tern::broker {

// As dLegerPeers has it; nothing when no member of a Raft group has started there.
Result<std::optional<std::string>> former_members(io::FileSystem& files, const std::string& root);
Result<> remember_members(io::FileSystem& files, const std::string& root, const std::string& raft_peers);

// Whether those that stay could elect a leader that some majority of the former members knows nothing of. Who
// is new has nothing to elect with before he has it from a leader.
bool leaves_a_majority_out(const std::vector<raft::MemberId>& former, const std::vector<raft::MemberId>& now);

}  // namespace tern::broker
