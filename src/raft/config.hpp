// The times and bounds of the core. All but the quorum's policy may change while the group runs.
#pragma once

#include "base/result.hpp"
#include "raft/types.hpp"

namespace tern::raft {

struct Config {
    Duration heartbeat_interval{100ms};
    // A follower that has heard nothing for a time drawn between the two asks for votes; one that has heard
    // something within the lower refuses its own. A leader without a majority for the upper steps down.
    Duration election_timeout_min{300ms};
    Duration election_timeout_max{600ms};
    // A closed connection to the leader starts a pre-vote after a time drawn below this: members that saw it
    // close together should not all ask together.
    Duration link_lost_jitter{20ms};
    Duration append_timeout{500ms};   // Without an answer for this long, what is in flight counts as lost.
    Duration transfer_timeout{1s};    // DLedger's leadershipTransferWaitTimeout.
    Duration preferred_interval{1s};  // Between looks for a member of a higher priority.
    // A member whose disk has kept what was written waiting for longer is handed the leadership by nobody,
    // and a preferred one only once nothing was seen of that for disk_quarantine.
    Duration disk_patience{1s};
    Duration disk_quarantine{30s};
    std::int64_t preferred_lag{1024 *
                               1024};  // In bytes: a preferred member nearer than this is handed over to.
    // One that has handed over itself gets the leadership back by preference after so long, or when it is
    // linked anew: it may be about to go.
    Duration resigned_quarantine{60s};
    std::int64_t append_bytes_max{1024 * 1024};
    std::int64_t in_flight_bytes_max{8 * 1024 * 1024};  // To one member.
    QuorumPolicy quorum{QuorumPolicy::durable};  // Of the whole group; changes only while it is stopped.

    // An error names the first value that is out of bounds.
    Result<> check() const;
};

}  // namespace tern::raft
