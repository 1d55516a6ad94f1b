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
constexpr Duration coming_together = 30s;  // Of a group, once everything is healed.
constexpr Duration probe_patience = 20s;   // For one send to be acknowledged then.
constexpr Duration equal_patience = 30s;   // For all members to have committed the same.

std::string broker_address(std::size_t index) {
    return "10.0.1." + std::to_string(index + 1);
}

}  // namespace

broker::BrokerConfig World::broker_config(std::size_t index) const {
    broker::BrokerConfig config;
    config.broker_name = "broker-a";
    config.broker_ip1 = broker_address(index);
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
    configure_group(config, index);
    return config;
}

void World::configure_group(broker::BrokerConfig& config, std::size_t index) const {
    config.checksum_block_bytes = scenario_.checksum_block_bytes;
    config.hot_bytes = scenario_.hot_bytes;
    config.scrub_bytes_per_s = scenario_.scrub_interval == Duration::zero() ? 0 : scrub_bytes_per_s;
    config.scrub_interval_ms = scenario_.scrub_interval / 1ms;
    if (scenario_.brokers == Brokers::alone) return;
    config.catch_up_lag = scenario_.catch_up_lag;
    if (scenario_.brokers == Brokers::slaves) {
        config.role = index > 0               ? broker::BrokerRole::slave
                      : scenario_.sync_master ? broker::BrokerRole::sync_master
                                              : broker::BrokerRole::async_master;
        config.broker_id = static_cast<std::int64_t>(index);
        if (index > 0) config.ha_master_address = fmt::format("{}:{}", broker_address(0), link_port);
        config.ha_listen_port = link_port;
        return;
    }
    config.raft_group = true;
    config.raft_self = "n" + std::to_string(index);
    for (std::size_t i = 0; i < scenario_.members; ++i)
        config.raft_peers += fmt::format("{}n{}-{}:{}", i == 0 ? "" : ";", i, broker_address(i), link_port);
    config.quorum_durability =
        scenario_.sync_flush ? broker::QuorumDurability::disk : broker::QuorumDurability::memory;
    config.heartbeat_interval_ms = scenario_.heartbeat_interval_ms;
    config.election_timeout_min_ms = scenario_.election_timeout_ms;
    config.election_timeout_max_ms = 2 * scenario_.election_timeout_ms;
}

// After every event.
void World::watch_members() {
    std::size_t leaders = 0;
    for (const auto& member : members_) {
        const auto inside = member->host.inside();
        if (!inside) continue;
        watch(*member, *inside);
        leaders += inside->group.role() == raft::Role::leader ? 1 : 0;
    }
    const bool all_are_back = std::ranges::all_of(
        members_, [](const auto& member) { return member->all_died_together && member->host.is_up(); });
    if (all_are_back) {
        reach(RareState::all_members_restarted);
        for (const auto& member : members_) member->all_died_together = false;
    }
    if (leaders > 1 && !have_two_led_) reach(RareState::two_leaders_of_different_terms);
    have_two_led_ = leaders > 1;
}

void World::watch(Member& member, const broker::Broker::Inside& inside) {
    const auto committed_before = oracle_->committed();
    const BrokerView view{inside, member.machine().bare_disk()};
    if (const auto looked = oracle_->look(member.index, member.host.starts(), view); !looked)
        return fail(looked.error().detail);
    if (oracle_->committed() > committed_before) check_promise_of_commit();
    if (scenario_.segments_expire) watch_log_begin(member, inside);
    if (has_forgotten(member) && !inside.group.recovering() && inside.group.leader() &&
        inside.group.committed() >= *member.forgot_behind)
        member.forgot_behind.reset();
    const auto& forwarded = inside.forwarder.probe();
    if (forwarded.forwarded > member.forwarded.forwarded) reach(RareState::send_forwarded);
    if (forwarded.waited > member.forwarded.waited) reach(RareState::held_without_leader);
    if (forwarded.settled > member.forwarded.settled) reach(RareState::send_settled_from_log);
    member.forwarded = forwarded;
    const auto given_away = inside.group.probe().given_away_for_disk;
    if (given_away > member.given_away_for_disk) reach(RareState::leader_left_a_stalled_disk);
    member.given_away_for_disk = given_away;
    const auto taken_back = inside.group.probe().tail_bytes_taken_back;
    if (taken_back > member.taken_back) reach(RareState::lost_tail_taken_back);
    member.taken_back = taken_back;
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
void World::check_promise_of_commit() {
    if (!scenario_.sync_flush) return;
    const auto is_durable = [&](const auto& member) {
        return std::max(member->machine().disk().durable_end(), member->lost_disk_had) >=
               oracle_->committed();
    };
    const bool is_promised = scenario_.brokers == Brokers::raft
                                 ? std::ranges::count_if(members_, is_durable) * 2 > std::ssize(members_)
                                 : is_durable(members_.front());
    if (!is_promised)
        fail(fmt::format("committed_is_durable: {} is committed, and not on enough disks",
                         oracle_->committed().value()));
}

// Nothing is in the way of a group any more: within a bounded time it has one leader that all follow, all
// have what was committed when it was healed, and a send is acknowledged.
void World::group_comes_together() {
    if (!is_group() || !report_.failures.empty()) return;
    const auto healed_at = oracle_->committed();
    const auto is_together = [&] {
        if (!what_keeps_group_apart().empty()) return false;
        return std::ranges::all_of(members_, [&](const auto& member) {
            return member->host.inside()->group.committed() >= healed_at;
        });
    };
    if (!run_until(is_together, coming_together)) {
        const auto why = what_keeps_group_apart();
        if (!report_.failures.empty()) return;
        return fail("group_comes_together: " +
                    (why.empty() ? "not all members have what was committed" : why));
    }
    auto& host = new_client("probe");
    // Several, because a slow disk is no fault, and a full one is noticed to have room after a while.
    const ProducerPlan plan{.group = "producers", .topic = "Orders", .messages = 200, .pause = 500ms};
    host.producer().emplace(host.client(), *history_, plan, delays_);
    host.producer()->start();
    const auto is_acknowledged = [&, first = history_->sends().size()] {
        return std::ranges::any_of(history_->sends() | std::views::drop(first), [&](const Send& send) {
            return send.producer == host.client().id() && send.outcome == Outcome::acknowledged;
        });
    };
    if (!run_until(is_acknowledged, probe_patience) && report_.failures.empty())
        fail("group_comes_together: no send is acknowledged");
    host.kill();
}

std::string World::what_keeps_group_apart() {
    std::string leader;
    for (const auto& member : members_) {
        const auto inside = member->host.inside();
        if (!inside) return member->name() + " is down";
        const auto& group = inside->group;
        if (!group.leader()) return member->name() + " knows no leader";
        if (group.leads() && !leader.empty()) return leader + " and " + member->name() + " lead";
        if (group.leads()) leader = member->name();
        if (group.recovering()) return member->name() + " has not recovered";
    }
    return leader.empty() ? "nobody leads" : "";
}

// Members that have committed the same have the same queues and tables.
void World::compare_members() {
    if (!is_group()) return;
    const auto are_equal = [&] {
        return std::ranges::all_of(members_, [&](const auto& member) {
            const auto inside = member->host.inside();
            return inside && inside->group.committed() == oracle_->committed();
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
        members_, [&](const auto& member) { return begin_of(member) == begin_of(members_.front()); });
    const auto begins = begin_together ? GroupOracle::QueueBegins::same : GroupOracle::QueueBegins::different;
    const auto first = GroupOracle::state_of(*members_.front()->host.inside(), begins);
    for (const auto& member : members_) {
        const auto state = GroupOracle::state_of(*member->host.inside(), begins);
        if (state == first) continue;
        fail(fmt::format("members_are_equal: {} has {}", member->name(),
                         GroupOracle::difference(state, first)));
    }
}

}  // namespace tern::simulation
