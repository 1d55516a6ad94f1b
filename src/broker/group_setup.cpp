#include "broker/group_setup.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tern::broker {
namespace {

Error wrong(std::string_view key, std::string_view value, const std::string& why) {
    return {Errc::invalid_argument, std::string{key} + "=" + std::string{value} + ": " + why};
}

constexpr raft::MemberId master{0};

// The only voter is the master; a slave follows, and is never counted or asked.
Result<GroupSetup> slave_setup(const BrokerConfig& config, GroupSetup setup) {
    if (config.broker_id < 1)
        return std::unexpected(wrong("brokerId", std::to_string(config.broker_id),
                                     "a slave's is above 0, and another one for each slave"));
    setup.self = raft::MemberId{config.broker_id};
    setup.follower_id = config.broker_id;
    setup.members = {raft::Member{.id = master},
                     raft::Member{.id = setup.self, .kind = raft::MemberKind::learner}};
    setup.peers = {{master, config.ha_master_address}};
    return setup;
}

}  // namespace

Result<std::vector<GroupPeer>> parse_peers(const std::string& text) {
    std::vector<GroupPeer> peers;
    for (const auto part : split(text, ';')) {
        const auto entry = trim(part);
        if (entry.empty()) continue;
        const auto dash = entry.find('-');
        const auto member = parse_member(entry.substr(0, dash));
        const auto colon = entry.rfind(':');
        const bool has_port = dash != std::string_view::npos && colon != std::string_view::npos &&
                              colon > dash + 1 &&
                              parse_number<std::uint16_t>(entry.substr(colon + 1)).value_or(0) > 0;
        if (!member || !has_port)
            return std::unexpected(
                wrong("dLegerPeers", text, "'" + std::string{entry} + "' is not like n0-10.0.0.1:40911"));
        if (std::ranges::find(peers, *member, &GroupPeer::member) != peers.end())
            return std::unexpected(
                wrong("dLegerPeers", text, "names " + std::string{entry.substr(0, dash)} + " twice"));
        peers.push_back({*member, std::string{entry.substr(dash + 1)}});
    }
    if (peers.empty()) return std::unexpected(wrong("dLegerPeers", text, "names no member"));
    return peers;
}

std::optional<raft::MemberId> parse_member(std::string_view id) {
    if (id.size() < 2 || !std::isalpha(static_cast<unsigned char>(id.front()))) return std::nullopt;
    const auto number = parse_number<std::int32_t>(id.substr(1));
    if (!number || *number < 0) return std::nullopt;
    return raft::MemberId{*number};
}

raft::Config raft_config(const BrokerConfig& config) {
    using std::chrono::milliseconds;
    raft::Config raft;
    const bool is_durable = config.raft_group ? config.quorum_durability == QuorumDurability::disk
                                              : config.flush_disk_type == FlushDiskType::sync_flush;
    raft.quorum = is_durable ? raft::QuorumPolicy::durable : raft::QuorumPolicy::written;
    raft.election_timeout_min = milliseconds{config.election_timeout_min_ms};
    raft.election_timeout_max = std::max(Duration{milliseconds{config.election_timeout_max_ms}},
                                         raft.election_timeout_min + raft.election_timeout_min / 4);
    // Files of RocketMQ have two seconds beside time-outs of one: a heartbeat that is lost must depose
    // nobody.
    raft.heartbeat_interval =
        std::min(Duration{milliseconds{config.heartbeat_interval_ms}}, raft.election_timeout_min / 3);
    // What only memory has to have is flushed from time to time.
    raft.disk_patience = milliseconds{config.disk_stall_limit_ms} +
                         (is_durable ? Duration{} : milliseconds{config.flush_interval_ms});
    raft.append_timeout = std::max(raft.append_timeout, raft.heartbeat_interval);
    raft.transfer_timeout = std::max(raft.transfer_timeout, raft.heartbeat_interval);
    raft.preferred_interval = std::max(raft.preferred_interval, raft.heartbeat_interval);
    raft.link_lost_jitter = std::min(raft.link_lost_jitter, raft.election_timeout_min);
    return raft;
}

replication::LinkTimes link_times(const BrokerConfig& config) {
    return {.redial_max = std::chrono::milliseconds{config.link_redial_max_ms},
            .silence_max = std::chrono::milliseconds{config.link_silence_max_ms}};
}

replication::ReplicaPolicy replica_policy(const BrokerConfig& config) {
    if (config.raft_group || config.role != BrokerRole::sync_master) return {};
    return {.wanted = config.all_in_sync ? 1 : config.in_sync_replicas,
            .adapts = config.adapts_in_sync_replicas,
            .least = config.min_in_sync_replicas,
            .all_in_sync = config.all_in_sync};
}

Result<GroupSetup> group_setup(const BrokerConfig& config) {
    GroupSetup setup;
    setup.name = config.broker_name;
    setup.raft = raft_config(config);
    if (!config.raft_group && config.role == BrokerRole::slave) return slave_setup(config, std::move(setup));
    if (!config.raft_group) {
        setup.members = {raft::Member{.id = master}};
        setup.admits_slaves = true;
        setup.replicas = replica_policy(config);
        setup.link_port = static_cast<std::uint16_t>(config.ha_listen_port > 0 ? config.ha_listen_port
                                                                               : config.listen_port + 1);
        return setup;
    }
    if (!config.raft_group_name.empty()) setup.name = config.raft_group_name;
    auto peers = parse_peers(config.raft_peers);
    if (!peers) return std::unexpected(peers.error());
    const auto self = parse_member(config.raft_self);
    const auto own = self ? std::ranges::find(*peers, *self, &GroupPeer::member) : peers->end();
    if (own == peers->end())
        return std::unexpected(
            wrong("dLegerSelfId", config.raft_self, "is none of dLegerPeers=" + config.raft_peers));
    setup.self = *self;
    setup.is_raft = true;
    setup.follower_id = self->value() + 1;
    setup.link_port =
        *parse_number<std::uint16_t>(std::string_view{own->address}.substr(own->address.rfind(':') + 1));
    for (const auto& peer : *peers) setup.members.push_back({.id = peer.member});
    for (const auto part : split(config.raft_preferred, ';')) {
        if (trim(part).empty()) continue;
        const auto preferred = parse_member(trim(part));
        const auto member =
            preferred ? std::ranges::find(setup.members, *preferred, &raft::Member::id) : setup.members.end();
        if (member == setup.members.end())
            return std::unexpected(wrong("preferredLeaderId", config.raft_preferred,
                                         "'" + std::string{part} + "' is none of dLegerPeers"));
        member->priority = 1;
    }
    peers->erase(own);
    setup.peers = std::move(*peers);
    return setup;
}

}  // namespace tern::broker
