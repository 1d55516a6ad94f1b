#include "simulation/scenario.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/random.hpp"

namespace tern::simulation {
namespace {

using enum FaultKind;

struct FaultRow {
    FaultKind kind;
    std::string_view name;
    std::uint32_t weight;  // Beside the others of a scenario.
};

// In the order of the enumeration.
constexpr std::array fault_rows{
    FaultRow{kill_broker, "kill_broker", 12},
    FaultRow{cut_power_of_broker, "cut_power_of_broker", 16},
    FaultRow{stop_broker, "stop_broker", 3},
    FaultRow{stall_broker, "stall_broker", 2},
    FaultRow{fail_syncs, "fail_syncs", 3},
    FaultRow{fail_writes, "fail_writes", 2},
    FaultRow{fail_reads_at_start, "fail_reads_at_start", 1},
    FaultRow{fill_disk, "fill_disk", 1},
    FaultRow{stall_disk, "stall_disk", 3},
    FaultRow{reset_connections, "reset_connections", 5},
    FaultRow{partition_broker, "partition_broker", 3},
    FaultRow{slow_network, "slow_network", 2},
    FaultRow{kill_name_server, "kill_name_server", 2},
    FaultRow{kill_name_servers, "kill_name_servers", 1},
    FaultRow{kill_client, "kill_client", 4},
    FaultRow{stop_consumer, "stop_consumer", 3},
    FaultRow{set_clock_back, "set_clock_back", 1},
    FaultRow{set_clock_forward, "set_clock_forward", 1},
    FaultRow{kill_all_brokers, "kill_all_brokers", 2},
    FaultRow{cut_power_of_all_brokers, "cut_power_of_all_brokers", 2},
    FaultRow{transfer_leadership, "transfer_leadership", 4},
    FaultRow{isolate_broker, "isolate_broker", 6},
    FaultRow{part_brokers, "part_brokers", 4},
    FaultRow{deafen_broker, "deafen_broker", 3},
    FaultRow{slow_broker, "slow_broker", 2},
    FaultRow{crowd_disks, "crowd_disks", 0},  // These two are drawn by themselves.
    FaultRow{leave_behind, "leave_behind", 0},
    FaultRow{rot, "rot", 0},  // And these.
    FaultRow{misdirect_write, "misdirect_write", 0},
};
static_assert(std::ranges::is_sorted(fault_rows, {}, &FaultRow::kind));
static_assert(fault_rows.size() == static_cast<std::size_t>(misdirect_write) + 1);

constexpr std::array<std::string_view, 10> names{"everything", "calm",    "crashes", "power", "disk",
                                                 "network",    "clients", "alone",   "raft",  "slaves"};

// Whether the scenario says what brokers there are; otherwise it is drawn. All faults belong to such a one.
std::optional<Brokers> brokers_of(std::string_view scenario) {
    if (scenario == "alone") return Brokers::alone;
    if (scenario == "raft") return Brokers::raft;
    if (scenario == "slaves") return Brokers::slaves;
    return std::nullopt;
}

bool belongs_to(FaultKind kind, const Scenario& scenario) {
    if (kind >= kill_all_brokers && scenario.members == 1) return false;
    if (kind == transfer_leadership && scenario.brokers == Brokers::slaves) return false;
    const auto& name = scenario.name;
    if (name == "everything" || brokers_of(name)) return true;
    if (name == "crashes")
        return kind == kill_broker || kind == stop_broker || kind == stall_broker ||
               kind == kill_all_brokers || kind == transfer_leadership;
    if (name == "power") return kind == cut_power_of_broker || kind == cut_power_of_all_brokers;
    if (name == "disk") return kind >= fail_syncs && kind <= stall_disk;
    if (name == "network")
        return (kind >= reset_connections && kind <= kill_name_servers) || kind >= isolate_broker;
    if (name == "clients") return kind == kill_client || kind == stop_consumer;
    return false;
}

// Paths that the broker's steps pass through; a death there is a death in the middle of the step.
constexpr std::array<std::string_view, 9> death_parts{"",           "/commitlog/",   "next-segment",
                                                      "/snapshot",  "/epochs",       "position",
                                                      "checkpoint", "/consumequeue", "abort"};

constexpr std::uint64_t expiry_draw = 0xE0F1;
constexpr std::uint64_t catch_up_draw = 0xCA7C;
constexpr std::uint64_t damage_draw = 0xDA3A;
constexpr std::uint64_t surroundings_draw = 0x5077;
constexpr std::uint64_t replicas_draw = 0x2E91;
constexpr std::uint64_t drain_draw = 0xD2A1;

class Draw {
public:
    explicit Draw(std::uint64_t seed) : random_{seed} {}

    bool one_in(std::uint64_t count) { return random_.below(count) == 0; }
    std::uint64_t between(std::uint64_t least, std::uint64_t most) {
        return least + random_.below(most - least + 1);
    }
    Duration between(Duration least, Duration most) {
        return least + Duration{static_cast<std::int64_t>(
                           random_.below(static_cast<std::uint64_t>((most - least).count()) + 1))};
    }
    template <class T, std::size_t N>
    const T& one_of(const std::array<T, N>& choices) {
        return choices[random_.below(N)];
    }
    std::uint64_t any() { return random_.next(); }

private:
    SeededRandom random_;
};

// Most are groups of three, as most real ones.
void draw_brokers(Draw& draw, Scenario& scenario) {
    using enum Brokers;
    constexpr std::array kinds{alone, alone, alone, raft, raft, raft, raft, slaves};
    const auto drawn = draw.one_of(kinds);
    const auto size = draw.between(1, 8);
    scenario.brokers = brokers_of(scenario.name).value_or(drawn);
    if (scenario.brokers == raft) scenario.members = size == 1 ? 1 : size == 2 ? 5 : 3;
    if (scenario.brokers == slaves) scenario.members = size <= 4 ? 2 : 3;
    scenario.sync_master = draw.one_in(2);
    scenario.heartbeat_interval_ms = draw.one_of(std::array<std::int64_t, 3>{50, 100, 200});
    scenario.election_timeout_ms =
        scenario.heartbeat_interval_ms * static_cast<std::int64_t>(draw.between(3, 6));
}

void draw_sizes(Draw& draw, Scenario& scenario) {
    scenario.sync_flush = !draw.one_in(3);
    scenario.segment_size = draw.one_of(std::array<std::int64_t, 3>{65'536, 65'536, 262'144});
    scenario.queue_file_size = draw.one_of(std::array<std::int64_t, 3>{200, 400, 2'000});
    scenario.sync_flush_timeout = draw.one_in(4) ? Duration{200ms} : Duration{5s};
    scenario.network.latency_max = draw.between(100us, 5ms);
    if (draw.one_in(3)) {
        scenario.network.late_one_in = 50;
        scenario.network.late_max = draw.between(10ms, 300ms);
    }
    scenario.disk.sync_delay_min = draw.between(20us, 500us);
    scenario.disk.sync_delay_max = draw.one_in(3) ? draw.between(100ms, 400ms) : draw.between(1ms, 30ms);
    scenario.disk.read_delay_max = draw.between(100us, 5ms);
}

void draw_load(Draw& draw, Scenario& scenario) {
    const std::array<std::string, 2> topics{"Orders", "Payments"};
    const std::uint64_t producers = draw.between(2, 4);
    for (std::uint64_t i = 0; i < producers; ++i) {
        ProducerPlan plan{.group = "producers", .topic = draw.one_of(topics)};
        plan.style = draw.one_of(std::array{SendStyle::one_by_one, SendStyle::pipelined, SendStyle::batches,
                                            SendStyle::one_way, SendStyle::pipelined, SendStyle::one_by_one});
        plan.messages = static_cast<std::uint32_t>(draw.between(100, 400));
        plan.pause =
            2 * scenario.length / plan.messages;  // On average the load lasts as long as the faults do.
        plan.window = static_cast<std::uint32_t>(draw.between(2, 16));
        plan.batch_size = static_cast<std::uint32_t>(draw.between(2, 8));
        if (plan.style == SendStyle::batches) plan.pause *= plan.batch_size;
        if (plan.style == SendStyle::pipelined) plan.pause *= plan.window;
        plan.body_size_max = draw.one_of(std::array<std::size_t, 4>{64, 512, 512, 4'000});
        plan.delayed_one_in = draw.one_in(2) ? 8 : 0;
        plan.unwaiting_one_in = draw.one_in(4) ? 5 : 0;
        plan.illegal_one_in = draw.one_in(4) ? 20 : 0;
        if (draw.one_in(3)) plan.sticks_to = draw.between(0, 4);
        scenario.producers.push_back(std::move(plan));
    }
    ConsumerPlan workers{.group = "workers", .topic = "Orders"};
    workers.failing_one_in = static_cast<std::uint32_t>(draw.between(5, 30));
    workers.reconsume_times_max = static_cast<std::int32_t>(draw.between(1, 3));
    workers.commits_one_way = draw.one_in(2);
    scenario.groups.push_back({workers, draw.between(1, 3)});
    ConsumerPlan clerks{.group = "clerks", .topic = "Payments", .in_order = draw.one_in(2)};
    if (draw.one_in(3)) clerks.expression = "TagA || TagC";
    clerks.failing_one_in = draw.one_in(2) ? 20 : 0;
    clerks.commits_one_way = draw.one_in(2);
    scenario.groups.push_back({clerks, draw.between(1, 2)});
    if (draw.one_in(2)) scenario.followed_topics.push_back(draw.one_of(topics));
}

Death draw_death(Draw& draw) {
    Death death;
    death.when =
        draw.one_of(std::array{Death::When::at_once, Death::When::after_events, Death::When::in_operation,
                               Death::When::in_operation, Death::When::in_start});
    death.part = draw.one_of(death_parts);
    death.count = draw.between(1, death.when == Death::When::after_events || death.part.empty() ? 60 : 6);
    return death;
}

FaultKind draw_kind(Draw& draw, const Scenario& scenario) {
    std::uint64_t total = 0;
    for (const auto& row : fault_rows) total += belongs_to(row.kind, scenario) ? row.weight : 0;
    std::uint64_t at = draw.between(1, total);
    for (const auto& row : fault_rows) {
        const std::uint64_t weight = belongs_to(row.kind, scenario) ? row.weight : 0;
        if (at <= weight) return row.kind;
        at -= weight;
    }
    return fault_rows.front().kind;
}

void draw_faults(Draw& draw, Scenario& scenario) {
    if (scenario.name == "calm") return;
    const std::uint64_t count = draw.between(3, 14);
    for (std::uint64_t i = 0; i < count; ++i) {
        Fault fault{.kind = draw_kind(draw, scenario), .at = draw.between(500ms, scenario.length)};
        fault.lasts = draw.one_in(3) ? draw.between(1ms, 100ms) : draw.between(100ms, 8s);
        fault.death = draw_death(draw);
        fault.chance = draw.any();
        fault.broker = draw.any();
        scenario.faults.push_back(std::move(fault));
    }
    std::ranges::sort(scenario.faults, {}, &Fault::at);
}

// A draw of its own: what else is drawn from a seed stays. Brokers take their first snapshot after half a
// minute, and before that nothing goes.
void draw_expiry(Draw draw, Scenario& scenario) {
    const bool is_of_all_kinds = scenario.name == "everything" || brokers_of(scenario.name);
    // Where a majority may forget, nobody can tell what a log has lost from what was never there.
    const bool may_forget = scenario.brokers == Brokers::raft && !scenario.sync_flush;
    scenario.segments_expire = is_of_all_kinds && draw.one_in(3) && !may_forget;
    if (!scenario.segments_expire) return;
    scenario.segment_size = 65'536;
    scenario.length = 90s;
    for (auto& plan : scenario.producers) plan.pause = plan.pause * 3 / 2;
    const auto add = [&](FaultKind kind, Duration at, Duration lasts) {
        scenario.faults.push_back(
            {.kind = kind, .at = at, .lasts = lasts, .chance = draw.any(), .broker = draw.any()});
    };
    const std::uint64_t crowds = draw.between(0, 3);
    for (std::uint64_t i = 0; i < crowds; ++i)
        add(crowd_disks, draw.between(35s, scenario.length - 5s), draw.between(2s, 10s));
    const auto crowded = draw.between(55s, 65s);
    add(crowd_disks, crowded, draw.between(3s, 10s));
    if (scenario.members > 1) {
        const auto leaves = draw.between(1s, 15s);
        add(leave_behind, leaves, crowded + draw.between(1s, 20s) - leaves);
    }
    std::ranges::sort(scenario.faults, {}, &Fault::at);
}

// Who lags further behind is sent what was read from the disk, and that may take its time.
void draw_catch_up(Draw draw, Scenario& scenario) {
    if (scenario.brokers == Brokers::alone || draw.one_in(2)) return;
    scenario.catch_up_lag = draw.one_of(std::array<std::int64_t, 3>{1'000, 10'000, 100'000});
    if (draw.one_in(3)) scenario.disk.read_delay_max = draw.between(10ms, 200ms);
    if (draw.one_in(4)) scenario.hot_bytes = 16 * 1024;
}

// Where segments expire, others may have lost what a member wants back. Before the first snapshot a start
// reads all of the log.
void draw_damage(Draw draw, Scenario& scenario) {
    const bool is_of_all_kinds = scenario.name == "everything" || brokers_of(scenario.name);
    const bool may_forget = scenario.brokers == Brokers::raft && !scenario.sync_flush;
    if (!is_of_all_kinds || scenario.members == 1 || scenario.segments_expire || may_forget) return;
    if (draw.one_in(2)) return;
    scenario.checksum_block_bytes = draw.one_of(std::array<std::int64_t, 3>{512, 1'500, 4'096});
    scenario.scrub_interval = draw.one_of(std::array<Duration, 3>{2s, 20s, 600s});
    const std::uint64_t count = draw.between(2, 5);
    for (std::uint64_t i = 0; i < count; ++i)
        scenario.faults.push_back({.kind = draw.one_in(2) ? rot : misdirect_write,
                                   .at = draw.between(31s, 50s),
                                   .lasts = draw.between(1ms, 3s),
                                   .chance = draw.any(),
                                   .broker = draw.any()});
    std::ranges::sort(scenario.faults, {}, &Fault::at);
}

// Two groups of five are too much for a run.
void draw_surroundings(Draw draw, Scenario& scenario) {
    const bool has_more_groups = draw.one_in(6);
    const bool drifts = draw.one_in(4);
    const auto drift = draw.one_of(std::array<std::int64_t, 3>{100, 10'000, 50'000});
    if (scenario.name == "calm") return;
    if (has_more_groups && scenario.members <= 3) scenario.broker_groups = 2;
    if (drifts) scenario.drift_max = drift;
}

// Half of all wait for one slave, whatever happens.
void draw_replicas(Draw draw, Scenario& scenario) {
    if (scenario.brokers != Brokers::slaves || !scenario.sync_master || draw.one_in(2)) return;
    scenario.all_in_sync = draw.one_in(2);
    scenario.adapts_in_sync_replicas = !scenario.all_in_sync && draw.one_in(2);
    scenario.in_sync_replicas = static_cast<std::int32_t>(draw.between(2, scenario.members));
    scenario.min_in_sync_replicas = static_cast<std::int32_t>(draw.between(1, 2));
}

void draw_drain(Draw draw, Scenario& scenario) {
    if (scenario.brokers == Brokers::raft)
        scenario.drain_on_stop_ms = draw.one_of(std::array<std::int64_t, 4>{0, 200, 3'000, 10'000});
}

std::string_view style_name(SendStyle style) {
    switch (style) {
        case SendStyle::one_by_one:
            return "one by one";
        case SendStyle::pipelined:
            return "pipelined";
        case SendStyle::batches:
            return "in batches";
        case SendStyle::one_way:
            return "one way";
    }
    return {};
}

std::string brokers_text(const Scenario& scenario) {
    if (scenario.brokers == Brokers::alone) return "a broker alone";
    if (scenario.brokers == Brokers::raft)
        return fmt::format("a Raft group of {} that elects after {} to {} ms and drains for {} ms",
                           scenario.members, scenario.election_timeout_ms, 2 * scenario.election_timeout_ms,
                           scenario.drain_on_stop_ms);
    if (!scenario.sync_master) return fmt::format("an ASYNC_MASTER with {} slaves", scenario.members - 1);
    return fmt::format("a SYNC_MASTER with {} slaves, {} copies{}, at least {}", scenario.members - 1,
                       scenario.all_in_sync ? "all" : std::to_string(scenario.in_sync_replicas),
                       scenario.adapts_in_sync_replicas ? " or as many as there are" : "",
                       scenario.min_in_sync_replicas);
}

double seconds(Duration duration) {
    return std::chrono::duration<double>{duration}.count();
}

}  // namespace

std::string_view fault_name(FaultKind kind) {
    return fault_rows[static_cast<std::size_t>(kind)].name;
}

std::span<const std::string_view> scenario_names() {
    return names;
}

Result<Scenario> draw_scenario(std::uint64_t seed, std::string_view name) {
    if (std::ranges::find(names, name) == names.end())
        return failure(Errc::invalid_argument, "no such scenario: " + std::string{name});
    Draw draw{seed};
    Scenario scenario{.seed = seed, .name = std::string{name}};
    draw_brokers(draw, scenario);
    draw_sizes(draw, scenario);
    draw_load(draw, scenario);
    draw_faults(draw, scenario);
    draw_expiry(Draw{seed ^ expiry_draw}, scenario);
    draw_catch_up(Draw{seed ^ catch_up_draw}, scenario);
    draw_damage(Draw{seed ^ damage_draw}, scenario);
    draw_surroundings(Draw{seed ^ surroundings_draw}, scenario);
    draw_replicas(Draw{seed ^ replicas_draw}, scenario);
    draw_drain(Draw{seed ^ drain_draw}, scenario);
    return scenario;
}

std::size_t Scenario::copies_acknowledged() const {
    if (brokers == Brokers::raft) return members / 2 + 1;
    if (brokers != Brokers::slaves || !sync_master) return 1;
    const bool may_do_without = all_in_sync || adapts_in_sync_replicas;
    return static_cast<std::size_t>(std::max(may_do_without ? 1 : in_sync_replicas, min_in_sync_replicas));
}

std::string Scenario::text() const {
    std::string text = fmt::format(
        "seed {}, scenario {}: {}{}, {}, segments of {} bytes{}, {} NameServers{}\n", seed, name,
        broker_groups > 1 ? "twice " : "", brokers_text(*this), sync_flush ? "SYNC_FLUSH" : "ASYNC_FLUSH",
        segment_size, segments_expire ? " that expire" : "", name_servers,
        drift_max > 0 ? fmt::format(", clocks that drift by up to {} ppm", drift_max) : "");
    for (const auto& plan : producers)
        text += fmt::format("  producer: {} messages to {}, {}\n", plan.messages, plan.topic,
                            style_name(plan.style));
    for (const auto& group : groups)
        text += fmt::format("  group {}: {} members on {} ({}){}\n", group.plan.group, group.members,
                            group.plan.topic, group.plan.expression, group.plan.in_order ? ", in order" : "");
    for (const auto& fault : faults) {
        text += fmt::format("  at {:.3f} s: {} for {:.3f} s", seconds(fault.at), fault_name(fault.kind),
                            seconds(fault.lasts));
        if (fault.kind <= cut_power_of_broker && fault.death.when == Death::When::after_events)
            text += fmt::format(", after {} events", fault.death.count);
        if (fault.kind <= cut_power_of_broker && fault.death.when == Death::When::in_operation)
            text += fmt::format(", in operation {} on \"{}\"", fault.death.count, fault.death.part);
        if (fault.kind <= cut_power_of_broker && fault.death.when == Death::When::in_start)
            text += fmt::format(", and of the start after it in operation {} on \"{}\"", fault.death.count,
                                fault.death.part);
        text += "\n";
    }
    return text;
}

}  // namespace tern::simulation
