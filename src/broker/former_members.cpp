#include "broker/former_members.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tern::broker {
namespace {

std::string path(const std::string& root) {
    return root + "/tern/members";
}

}  // namespace

Result<std::optional<std::string>> former_members(io::FileSystem& files, const std::string& root) {
    if (!files.exists(path(root))) return std::nullopt;
    const auto text = io::read_file(files, path(root));
    if (!text) return std::unexpected(text.error());
    return std::string{trim(*text)};
}

Result<> remember_members(io::FileSystem& files, const std::string& root, const std::string& raft_peers) {
    const auto before = former_members(files, root);
    if (before && *before == raft_peers) return {};
    if (auto made = io::create_directories_durably(files, root + "/tern"); !made) return made;
    return io::replace_file(files, path(root), raft_peers + "\n");
}

bool leaves_a_majority_out(const std::vector<raft::MemberId>& former,
                           const std::vector<raft::MemberId>& now) {
    const auto stays = static_cast<std::size_t>(std::ranges::count_if(
        former, [&](raft::MemberId member) { return std::ranges::find(now, member) != now.end(); }));
    return std::min(stays, raft::majority_of(now.size())) + raft::majority_of(former.size()) <= former.size();
}

}  // namespace tern::broker
