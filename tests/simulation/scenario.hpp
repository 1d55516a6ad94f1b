// What happens in a run, declared: the mode and the sizes, the load, and the faults beside it. Drawn from a
// seed, so that the seed is all there is to say about a run.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/memory_file_system.hpp"
#include "simulation/assigned_queue.hpp"
#include "simulation/producer.hpp"
#include "simulation/simulated_network.hpp"

namespace tern::simulation {

enum class FaultKind {
    kill_broker,
    cut_power_of_broker,
    stop_broker,
    stall_broker,  // As by SIGSTOP.
    fail_syncs,
    fail_writes,
    fail_reads_at_start,  // With a kill, so that there is a start.
    fill_disk,
    stall_disk,         // No sync ends for a while.
    reset_connections,  // Of a client or a NameServer, or of the broker.
    partition_broker,   // From one other machine, of a client or a NameServer.
    slow_network,
    kill_name_server,
    kill_name_servers,  // All of them.
    kill_client,
    stop_consumer,
    set_clock_back,
    set_clock_forward,
    // Of brokers with others in their group:
    kill_all_brokers,
    cut_power_of_all_brokers,
    transfer_leadership,
    isolate_broker,  // From all other members; clients reach it, or not.
    part_brokers,    // One from one other: whoever is left is a bridge.
    deafen_broker,   // What it says arrives, what is said to it does not; or the other way round.
    slow_broker,     // Everything from and to it is late.
    // Of brokers whose segments expire:
    crowd_disks,   // Other programs take most of the room: the oldest segments go, whoever wants them.
    leave_behind,  // A broker is away until the others may have lost what it needs; its disk, too, may be
                   // lost by then, but not a master's.
    // Of brokers that read their logs again and again; a disk shows it when its broker has died.
    rot,              // A bit of the log is another.
    misdirect_write,  // Bytes that belong elsewhere in it lie on others.
};
std::string_view fault_name(FaultKind kind);

// When exactly the broker dies of a kill or a loss of power.
struct Death {
    enum class When {
        at_once,
        after_events,  // So many more that run in the whole world.
        in_operation,  // Before so many more operations on paths that have that part.
        in_start,      // At once, and again in the start after that, as in_operation.
    };
    When when{When::at_once};
    std::uint64_t count{1};
    std::string part{};
};

struct Fault {
    FaultKind kind{};
    Duration at{};
    Duration lasts{};  // Until it is healed; for a kill, until the start.
    Death death{};
    std::uint64_t chance{};  // Whom it hits,
    std::uint64_t broker{};  // and which of the brokers.
};

struct GroupPlan {
    ConsumerPlan plan;
    std::size_t members{2};
};

// What the brokers of a cluster are to each other.
enum class Brokers {
    alone,
    raft,    // Members of a Raft group.
    slaves,  // The first is a master, the others follow it.
};

struct Scenario {
    std::uint64_t seed{};
    std::string name;

    Brokers brokers{};
    std::size_t members{1};        // Of each group.
    std::size_t broker_groups{1};  // All of the same kind.
    std::int64_t drift_max{0};     // Of the brokers' clocks, in millionths.
    bool sync_master{};            // Of a master: it waits for slaves, as these four say.
    std::int32_t in_sync_replicas{2};
    std::int32_t min_in_sync_replicas{1};
    bool adapts_in_sync_replicas{};
    bool all_in_sync{};
    bool sync_flush{};  // Of a Raft group: its quorum is one of disks, not of memories.
    std::int64_t heartbeat_interval_ms{100};
    std::int64_t election_timeout_ms{300};  // At least; twice as much at most.
    std::int64_t drain_on_stop_ms{0};
    std::int64_t segment_size{65'536};
    std::int64_t queue_file_size{2'000};
    std::int64_t catch_up_lag{32 * 1024 * 1024};
    std::int64_t checksum_block_bytes{65'536};
    std::int64_t hot_bytes{1024 * 1024 * 1024};
    Duration scrub_interval{};  // Zero: the log is not read again.
    bool segments_expire{};     // When a disk fills; otherwise what is acknowledged stays.
    std::string delay_levels{"1s 2s 3s 4s 5s 6s"};
    Duration sync_flush_timeout{5s};
    std::size_t name_servers{2};
    NetworkConditions network;
    io::Faults disk;  // As long as nothing worse is injected.

    Duration length{60s};  // Of load and faults; then everything heals and comes to rest.
    std::vector<ProducerPlan> producers;
    std::vector<GroupPlan> groups;
    std::vector<std::string> followed_topics;  // By a pull consumer each.
    std::vector<Fault> faults;                 // By time.

    // Whether a master acknowledges nothing that it has alone.
    bool waits_for_a_slave() const { return brokers == Brokers::slaves && copies_acknowledged() > 1; }
    // How many members at least have what is acknowledged, whoever leads among them.
    std::size_t copies_acknowledged() const;
    std::string text() const;
};

// "everything", the one to take unless told otherwise, and others that keep to one kind of trouble.
std::span<const std::string_view> scenario_names();
// Errc::invalid_argument for a name that is not among them.
Result<Scenario> draw_scenario(std::uint64_t seed, std::string_view name = "everything");

}  // namespace tern::simulation
