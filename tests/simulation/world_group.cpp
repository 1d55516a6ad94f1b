// The brokers of a run as members of a group: how they are configured, and what is held against them.
#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "broker/forwarder.hpp"
#include "replication/group.hpp"
#include "simulation/world.hpp"
#include "store/message_store.hpp"

namespace tern::simulation {
namespace {

constexpr int link_port = 40'911;
constexpr std::int32_t disk_clean_forcibly = 30;
constexpr std::int64_t scrub_bytes_per_s = 100'000'000;
constexpr std::int64_t slave_timeout_ms = 1'000;  // Shorter than clients wait, and a link may be silent.
constexpr Duration coming_together = 30s;         // Of a group, once everything is healed.
constexpr Duration probe_patience = 20s;          // For one send to be acknowledged then.
constexpr Duration equal_patience = 30s;          // For all members to have committed the same.

std::string broker_address(const BrokerGroup& group, std::size_t index) {
    return "10.0.1." + std::to_string(10 * group.index + index + 1);
}

}  // namespace

broker::BrokerConfig World::broker_config(const BrokerGroup& group, std::size_t index) const {
    broker::BrokerConfig config;
    config.broker_name = group.name;
    config.broker_ip1 = broker_address(group, index);
    config.rocketmq_home = "/home";
    config.store_root = store_root;
    config.default_topic_queues = 4;
    config.flush_disk_type =
        scenario_.sync_flush ? broker::FlushDiskType::sync_flush : broker::FlushDiskType::async_flush;
    config.segment_size = scenario_.segment_size;
    config.consume_queue_file_size = scenario_.queue_file_size;
    config.index_slots = 1'000;
    config.index_entries = 4'000;
    config.delay_levels = scenario_.delay_levels;
    config.clean_forcibly = scenario_.segments_expire;
    config.disk_clean_forcibly = disk_clean_forcibly;
    config.clean_interval_ms = 1'000;
    config.sync_flush_timeout_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(scenario_.sync_flush_timeout).count();
    for (const auto& server : name_servers_)
        config.namesrv_addr += (config.namesrv_addr.empty() ? "" : ";") + server->text();
    configure_group(config, group, index);
    return config;
}

void World::configure_group(broker::BrokerConfig& config, const BrokerGroup& group, std::size_t index) const {
    config.checksum_block_bytes = scenario_.checksum_block_bytes;
    config.hot_bytes = scenario_.hot_bytes;
    config.memory_bytes = scenario_.hot_bytes;
    config.scrub_bytes_per_s = scenario_.scrub_interval == Duration::zero() ? 0 : scrub_bytes_per_s;
    config.scrub_interval_ms = scenario_.scrub_interval / 1ms;
    if (scenario_.brokers == Brokers::alone) return;
    config.catch_up_lag = scenario_.catch_up_lag;
    if (scenario_.brokers == Brokers::slaves) {
        config.role = index > 0               ? broker::BrokerRole::slave
                      : scenario_.sync_master ? broker::BrokerRole::sync_master
                                              : broker::BrokerRole::async_master;
        config.in_sync_replicas = scenario_.in_sync_replicas;
        config.min_in_sync_replicas = scenario_.min_in_sync_replicas;
        config.adapts_in_sync_replicas = scenario_.adapts_in_sync_replicas;
        config.all_in_sync = scenario_.all_in_sync;
        config.slave_timeout_ms = slave_timeout_ms;
        config.broker_id = static_cast<std::int64_t>(index);
        if (index > 0) config.ha_master_address = fmt::format("{}:{}", broker_address(group, 0), link_port);
        config.ha_listen_port = link_port;
        return;
    }
    config.raft_group = true;
    config.raft_self = "n" + std::to_string(index);
    for (std::size_t i = 0; i < scenario_.members; ++i)
        config.raft_peers +=
            fmt::format("{}n{}-{}:{}", i == 0 ? "" : ";", i, broker_address(group, i), link_port);
    config.quorum_durability =
        scenario_.sync_flush ? broker::QuorumDurability::disk : broker::QuorumDurability::memory;
    config.heartbeat_interval_ms = scenario_.heartbeat_interval_ms;
    config.election_timeout_min_ms = scenario_.election_timeout_ms;
    config.election_timeout_max_ms = 2 * scenario_.election_timeout_ms;
    config.drain_on_stop_ms = scenario_.drain_on_stop_ms;
}

// After every event.
void World::watch_members() {
    for (const auto& group : groups_) watch_group(*group);
}

void World::watch_group(BrokerGroup& group) {
    std::size_t leaders = 0;
    for (const auto& member : group.members) {
        const auto inside = member->host.inside();
        if (!inside) continue;
        watch(*member, *inside);
        leaders += inside->group.role() == raft::Role::leader ? 1 : 0;
    }
    check_copies_of_acknowledged(group);
    const bool all_are_back = std::ranges::all_of(
        group.members, [](const auto& member) { return member->all_died_together && member->host.is_up(); });
    if (all_are_back) {
        reach(RareState::all_members_restarted);
        for (const auto& member : group.members) member->all_died_together = false;
    }
    if (leaders > 1 && !group.have_two_led) reach(RareState::two_leaders_of_different_terms);
    group.have_two_led = leaders > 1;
}

void World::watch(Member& member, const broker::Broker::Inside& inside) {
    auto& oracle = member.group.oracle;
    const auto committed_before = oracle.committed();
    const BrokerView view{inside, member.machine().bare_disk()};
    if (const auto looked = oracle.look(member.index, member.host.starts(), view); !looked)
        return fail(looked.error().detail);
    if (oracle.committed() > committed_before) check_promise_of_commit(member.group);
    if (scenario_.segments_expire) watch_log_begin(member, inside);
    if (has_forgotten(member) && !inside.group.recovering() && inside.group.leader() &&
        inside.group.committed() >= *member.forgot_behind)
        member.forgot_behind.reset();
    const auto& forwarded = inside.forwarder.probe();
    if (forwarded.forwarded > member.forwarded.forwarded) {
        reach(RareState::send_forwarded);
        if (member.host.is_stopping()) reach(RareState::forwarded_while_stopping);
    }
    if (forwarded.waited > member.forwarded.waited) reach(RareState::held_without_leader);
    if (forwarded.settled > member.forwarded.settled) reach(RareState::send_settled_from_log);
    member.forwarded = forwarded;
    const auto given_away = inside.group.probe().given_away_for_disk;
    if (given_away > member.given_away_for_disk) reach(RareState::leader_left_a_stalled_disk);
    member.given_away_for_disk = given_away;
    const auto taken_back = inside.group.probe().tail_bytes_taken_back;
    if (taken_back > member.taken_back) reach(RareState::lost_tail_taken_back);
    member.taken_back = taken_back;
    member.has = inside.store.commit_log().end();
    member.had = std::max(member.had, member.has);
    const auto given_up = inside.group.probe().tails_given_up;
    if (given_up > member.tails_given_up) member.group.history->unsynced_lost(member.has);
    member.tails_given_up = given_up;
    const auto read_ahead = inside.group.probe().catch_up_bytes_read;
    if (read_ahead > member.read_ahead) reach(RareState::log_read_ahead_for_a_member);
    member.read_ahead = read_ahead;
    if (member.damaged) watch_damage(member, inside);
    const bool catches_up = member.committed_at_its_start > PhysicalOffset{0};
    if (!catches_up || inside.group.committed() < member.committed_at_its_start) return;
    const auto segment = scenario_.segment_size;
    if (member.end_at_start.value() / segment < member.committed_at_its_start.value() / segment)
        reach(RareState::member_caught_up_across_segments);
    member.committed_at_its_start = {};
}

// What is committed may be acknowledged: then a majority has it on the disk, or else the master.
void World::check_promise_of_commit(const BrokerGroup& group) {
    if (!scenario_.sync_flush) return;
    const auto is_durable = [&](const auto& member) {
        return std::max(member->machine().disk().durable_end(), member->lost_disk_had) >=
               group.oracle.committed();
    };
    const auto& members = group.members;
    const bool is_promised = scenario_.brokers == Brokers::raft
                                 ? std::ranges::count_if(members, is_durable) * 2 > std::ssize(members)
                                 : is_durable(members.front());
    if (!is_promised)
        fail(fmt::format("committed_is_durable: {} is committed, and not on enough disks",
                         group.oracle.committed().value()));
}

// What is acknowledged is in as many logs as the mode asks for, if only in memory. Those that had it and lost
// it since are counted, too.
void World::check_copies_of_acknowledged(BrokerGroup& group) {
    const auto& acknowledged = group.history->acknowledged();
    for (; group.looked_at < acknowledged.size(); ++group.looked_at) {
        const Send& send = group.history->sends()[acknowledged[group.looked_at]];
        if (!send.record_at || !send.waits_for_flush) continue;
        const auto copies = static_cast<std::size_t>(std::ranges::count_if(
            group.members, [&](const auto& member) { return member->had > *send.record_at; }));
        if (copies < scenario_.copies_acknowledged())
            fail(fmt::format("acknowledged_is_copied: {} at {} is acknowledged and was on {} members",
                             send.key, send.record_at->value(), copies));
    }
}

// Nothing is in the way of a group any more: within a bounded time it has one leader that all follow, all
// have what was committed when it was healed, and a send is acknowledged.
void World::groups_come_together() {
    if (!is_group() || !report_.failures.empty()) return;
    std::vector<PhysicalOffset> healed_at;
    for (const auto& group : groups_) healed_at.push_back(group->oracle.committed());
    const auto what_is_wrong = [&]() -> std::string {
        for (const auto& group : groups_) {
            if (auto why = what_keeps_apart(*group); !why.empty()) return why;
            for (const auto& member : group->members)
                if (member->host.inside()->group.committed() < healed_at[group->index])
                    return member->name() + " has not all that was committed";
        }
        return {};
    };
    if (!run_until([&] { return what_is_wrong().empty(); }, coming_together)) {
        if (report_.failures.empty()) fail("group_comes_together: " + what_is_wrong());
        return;
    }
    if (scenario_.drift_max >= 10'000) reach(RareState::came_together_with_clocks_that_drift);
    sends_are_acknowledged();
}

void World::sends_are_acknowledged() {
    auto& host = new_client("probe");
    // Several, because a slow disk is no fault, and a full one is noticed to have room after a while.
    const ProducerPlan plan{.group = "producers", .topic = "Orders", .messages = 400, .pause = 500ms};
    host.producer().emplace(host.client(), histories_, plan, delays_);
    host.producer()->start();
    const auto has_one = [&](const auto& group) {
        return std::ranges::any_of(group->history->sends() | std::views::reverse, [&](const Send& send) {
            return send.producer == host.client().id() && send.outcome == Outcome::acknowledged;
        });
    };
    // Who could reach only one group when it made the topic made it there, and nobody sends to the other.
    const auto has_topic = [&](const auto& group) {
        const auto tables = group->members.front()->host.inside()->group.capture().tables;
        return std::ranges::any_of(tables, [&](const auto& table) {
            return table.text.contains(fmt::format("\"{}\"", plan.topic));
        });
    };
    const auto lacks_one = [&](const auto& group) {
        return !has_one(group) && (has_topic(group) || std::ranges::none_of(groups_, has_one));
    };
    const auto lacking = [&] { return std::ranges::find_if(groups_, lacks_one); };
    // Who knows the queues of one group asks for the route again as late as that.
    const Duration patience = probe_patience + (groups_.size() > 1 ? route_interval : Duration{});
    if (!run_until([&] { return lacking() == groups_.end(); }, patience) && report_.failures.empty())
        fail("group_comes_together: no send to " + (*lacking())->name + " is acknowledged");
    host.kill();
}

std::string World::what_keeps_apart(const BrokerGroup& of) {
    std::string leader;
    for (const auto& member : of.members) {
        const auto inside = member->host.inside();
        if (!inside) return member->name() + " is down";
        if (member->host.is_stopping()) return member->name() + " is told to stop";
        const auto& group = inside->group;
        if (!group.leader()) return member->name() + " knows no leader";
        if (group.leads() && !leader.empty()) return leader + " and " + member->name() + " lead";
        if (group.leads()) leader = member->name();
        if (group.recovering()) return member->name() + " has not recovered";
    }
    return leader.empty() ? "nobody leads " + of.name : "";
}

// Members that have committed the same have the same queues and tables.
void World::compare_members(const BrokerGroup& group) {
    if (!is_group()) return;
    const auto& members = group.members;
    const auto are_equal = [&] {
        return std::ranges::all_of(members, [&](const auto& member) {
            const auto inside = member->host.inside();
            return inside && inside->group.committed() == group.oracle.committed();
        });
    };
    if (!run_until(are_equal, equal_patience)) {
        if (report_.failures.empty()) fail("members_are_equal: not all have committed the same");
        return;
    }
    const auto begin_of = [](const auto& member) {
        return member->host.inside()->store.commit_log().begin();
    };
    const bool begin_together = std::ranges::all_of(
        members, [&](const auto& member) { return begin_of(member) == begin_of(members.front()); });
    const auto begins = begin_together ? GroupOracle::QueueBegins::same : GroupOracle::QueueBegins::different;
    const auto first = GroupOracle::state_of(*members.front()->host.inside(), begins);
    for (const auto& member : members) {
        const auto state = GroupOracle::state_of(*member->host.inside(), begins);
        if (state == first) continue;
        fail(fmt::format("members_are_equal: {} has {}", member->name(),
                         GroupOracle::difference(state, first)));
    }
}

}  // namespace tern::simulation
