// What a broker's settings say about its group: alone, or a member of a Raft group; who the others are, and
// how they are reached.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "broker/broker_config.hpp"
#include "model/host.hpp"
#include "raft/config.hpp"
#include "raft/types.hpp"

namespace tern::broker {

struct GroupPeer {
    raft::MemberId member;
    std::string address;  // "host:port" of its link port.
};

struct GroupSetup {
    std::string name;
    raft::MemberId self;
    std::vector<raft::Member> members;  // This one among them.
    std::vector<GroupPeer> peers;       // All others; none for a broker alone.
    std::uint16_t link_port{0};         // Where they reach this one.
    raft::Config raft;
    std::int64_t follower_id{0};  // What it registers as when it does not lead; a leader is 0.
};

// Errc::invalid_argument names the setting that is wrong, its value, and what it takes.
Result<GroupSetup> group_setup(const BrokerConfig& config);
// The times, which may change while the broker runs.
raft::Config raft_config(const BrokerConfig& config);

}  // namespace tern::broker
