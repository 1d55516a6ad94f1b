// What tern recover-group tells: what is left of the group in a member's store, what going on from it costs,
// and what is to be done then.
#pragma once

#include <optional>
#include <string>

#include "broker/group_setup.hpp"
#include "replication/group_recovery.hpp"

namespace tern::apps {

struct RecoveryReport {
    const broker::BrokerConfig& config;
    const broker::GroupSetup& setup;
    const replication::MemberFindings& found;
    std::optional<std::string> former_peers;  // dLegerPeers at the member's last start, where that is known.

    std::string table() const;
    static std::string price();
    std::string next_steps(const replication::MemberState& recovered) const;
    // One line of tern/recoveries.
    std::string account(const replication::MemberState& recovered, WallMillis now) const;
    // recovered is there once it is done.
    std::string json(const std::optional<replication::MemberState>& recovered) const;
};

}  // namespace tern::apps
