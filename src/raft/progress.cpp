#include "raft/progress.hpp"

namespace tern::raft {

void Progress::hear(const Holding& holding, Instant now) {
    if (!std::exchange(linked, true)) linked_at = now;
    if (incarnation != holding.incarnation) {
        // Another life of that member: what it had only written may be gone, and with another disk all of it.
        // An old message that makes this look like a change back costs a question, nothing else: a member
        // that lost its memory does not vote before it has what it ever acknowledged (node_follower.cpp).
        if (incarnation != Incarnation{}) {
            written = matched = durable = unflushed_end = LogOffset{};
            lost_in_flight(next);
        }
        incarnation = holding.incarnation;
    }
    recovering = holding.recovering;
    matched = std::max(matched, holding.matched);
    written = std::max(written, holding.written);
    durable = std::max(durable, holding.durable);
    if (durable >= unflushed_end && written > durable) {
        unflushed_end = written;
        unflushed_since = now;
    }
}

std::int64_t Progress::room(QuorumPolicy policy, std::int64_t append_bytes_max,
                            std::int64_t in_flight_bytes_max) const {
    if (!linked) return 0;
    switch (state) {
        case State::snapshot:
            return 0;
        case State::probing:
            return optimistic && !probe_sent_at ? append_bytes_max : 0;
        case State::replicating:
            return std::clamp<std::int64_t>(in_flight_bytes_max - (next - acknowledged(policy)), 0,
                                            append_bytes_max);
    }
    return 0;
}

void Progress::sent(LogOffset to, Instant now) {
    if (state == State::probing) {
        probe_sent_at = now;
        return;
    }
    if (next == matched) advanced_at = now;
    next = to;
}

}  // namespace tern::raft
