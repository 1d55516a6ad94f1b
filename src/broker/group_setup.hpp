// What a broker's settings say about its group: a master that slaves may follow, a slave, or a member of a
// Raft group; who the others are, and how they are reached.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "broker/broker_config.hpp"
#include "model/host.hpp"
#include "raft/config.hpp"
#include "raft/types.hpp"
#include "replication/group.hpp"
#include "replication/member_links.hpp"

namespace tern::broker {

struct GroupPeer {
    raft::MemberId member;
    std::string address;  // "host:port" of its link port; empty: the NameServers say.
};

struct GroupSetup {
    std::string name;
    raft::MemberId self;
    std::vector<raft::Member> members;  // This one among them.
    std::vector<GroupPeer> peers;       // All others that are configured.
    std::uint16_t link_port{0};         // Where they reach this one; 0: it reaches them.
    bool admits_slaves{false};          // Members that nobody configured may follow.
    replication::ReplicaPolicy replicas;
    raft::Config raft;
    // DLedger's members register by their numbers plus one, slaves by their brokerId.
    bool is_raft{false};
    bool is_slave() const { return !is_raft && follower_id > 0; }
    BrokerId follower_id_of(raft::MemberId member) const {
        return BrokerId{member.value() + (is_raft ? 1 : 0)};
    }
    std::int64_t follower_id{0};  // What it registers as when it does not lead; a leader is 0.
};

// Errc::invalid_argument names the setting that is wrong, its value, and what it takes.
Result<GroupSetup> group_setup(const BrokerConfig& config);
// "n1": a letter and a number, as DLedger names members.
std::optional<raft::MemberId> parse_member(std::string_view id);
// The members that a value of dLegerPeers names.
Result<std::vector<GroupPeer>> parse_peers(const std::string& text);
// The times, which may change while the broker runs.
raft::Config raft_config(const BrokerConfig& config);
replication::LinkTimes link_times(const BrokerConfig& config);
replication::ReplicaPolicy replica_policy(const BrokerConfig& config);

}  // namespace tern::broker
