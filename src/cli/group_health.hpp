// What the members of a consumer group tell of themselves (307), and whether that looks well.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "admin/groups.hpp"

namespace tern::cli {

struct MemberInfo {
    std::string client_id;
    remoting::ConsumerRunningInfo info;
};

bool subscribe_the_same(const std::vector<MemberInfo>& members);
// No queue is with two of them.
bool share_without_conflict(const std::vector<MemberInfo>& members);

// A line for each queue of a push consumer that is not locked, though its messages are to come in order, or
// of which it has had messages for a minute without consuming one.
std::vector<std::string> queue_troubles(const MemberInfo& member, WallMillis now);

}  // namespace tern::cli
