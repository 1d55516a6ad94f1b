// What of the descriptors that the system allows the process are for connections: what strangers can open
// must leave those that the store needs, for after a file that could not be opened it acknowledges nothing
// more.
#pragma once

#include <cstddef>

#include "base/log.hpp"
#include "net/transport_limits.hpp"

namespace tern::net {

// Raises the process's limit (RLIMIT_NOFILE) to the hard one; gives what it is then.
std::size_t raise_descriptor_limit();

// The limits with as many connections as leave a third of the descriptors for files: a store has one open for
// each queue, each segment and each file of the index that was in use within the last two seconds, mapped
// ones too. A sixteenth is for members, and the rest for connections with commands.
TransportLimits within_descriptors(TransportLimits limits, std::size_t descriptors);

// Says what the process may open; a warning where fewer connections are taken than otherwise.
void log_descriptors(Log& log, const TransportLimits& limits, std::size_t descriptors);

}  // namespace tern::net
