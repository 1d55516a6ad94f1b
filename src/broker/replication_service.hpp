// How far the members of the group are: request 907 (haStatus), and their lags for brokerStatus.
// spec/replication.md A.6.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/runtime.hpp"
#include "broker/broker_config.hpp"
#include "broker/forwarder.hpp"
#include "remoting/router.hpp"
#include "replication/group.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// What a log lacks that ends before the leader's.
struct ReplicationLag {
    std::int64_t bytes{0};
    std::int64_t messages{0};
    bool counted{true};  // Else estimated from the first counted_bytes_max of it.
    Duration age{};      // Of the oldest message it lacks.
};

struct MemberLag {
    raft::MemberId member;
    bool linked{false};
    ReplicationLag lag;
};

// Of one loop; what it refers to outlives it.
class ReplicationService {
public:
    // Of log that a question may look through.
    static constexpr std::int64_t counted_bytes_max = 1024 * 1024;
    static constexpr Duration lags_age_max = 100ms;

    struct Parts {
        const BrokerConfig& config;
        const replication::Group& group;
        const store::MessageStore& store;
        const Forwarder& forwarder;
    };
    ReplicationService(Runtime runtime, Parts parts) : runtime_{runtime}, parts_{parts} {}

    void ha_status(remoting::Request& request);
    // Of a log that is this one's up to `from`.
    ReplicationLag lag_from(PhysicalOffset from) const;
    // Of the others, where this member leads; elsewhere nobody knows. As it was at most lags_age_max ago: who
    // asks for one number mostly asks for the others, too.
    const std::vector<MemberLag>& member_lags();

    // Once a second: what rates are made of.
    void tick();
    // Something came from the leader, or went to it.
    void heard_leader() { last_read_ = runtime_.clock.wall_ms(); }
    void told_leader() { last_write_ = runtime_.clock.wall_ms(); }

private:
    struct Position {
        PhysicalOffset at;
        std::int64_t bytes_per_s{0};
    };
    std::int64_t bytes_per_s(raft::MemberId member) const;

    Runtime runtime_;
    Parts parts_;
    std::map<raft::MemberId, Position> positions_;  // As of the last tick, and what it was more than before.
    std::vector<MemberLag> lags_;
    std::optional<Instant> lags_seen_;
    WallMillis last_read_{0};
    WallMillis last_write_{0};
};

}  // namespace tern::broker
