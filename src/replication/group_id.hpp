// The name that a broker group keeps for good: two groups of one name, or one that was made anew, are told
// apart by it.
#pragma once

#include <cstdint>

#include "base/strong.hpp"

namespace tern::replication {

// Drawn once, when the group is made; 0 at a member that does not know it yet.
using GroupId = Identifier<struct GroupIdTag, std::uint64_t>;

}  // namespace tern::replication
