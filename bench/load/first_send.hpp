// How long a broker takes from nothing to its first accepted message, as a producer sees it: the route of the
// template topic appears at the NameServer, and a send to a new topic is accepted.
#pragma once

#include "base/result.hpp"
#include "bench/load/options.hpp"

namespace tern::bench {

// When it was, on the monotonic clock, which is one for all processes; Errc::deadline_exceeded after the
// options' patience.
Result<Instant> await_first_send(const Options& options);

}  // namespace tern::bench
