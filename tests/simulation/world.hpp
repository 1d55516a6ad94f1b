// A whole cluster in one thread: NameServers, a broker, clients, the load and the faults of a scenario, and
// the verdict on what the clients saw. A run is its scenario, and a scenario is its seed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulation/client_host.hpp"
#include "simulation/history.hpp"
#include "simulation/inspector.hpp"
#include "simulation/rare_states.hpp"
#include "simulation/scenario.hpp"
#include "simulation/servers.hpp"
#include "simulation/trace.hpp"

namespace tern::simulation {

struct RunReport {
    std::vector<std::string> failures;  // None: the run has passed.
    RareStates rare_states;
    std::uint64_t state_hash{};  // Of all that happened and all that is on the disk.
    std::uint64_t events{};
    Duration simulated{};
    std::size_t sent{};
    std::size_t acknowledged{};
    std::string last_lines;  // Of the log, for a run that failed.
};

enum class PrintTrace { no, yes };

class World {
public:
    World(Scenario scenario, PrintTrace print_trace);
    ~World();

    RunReport run();

private:
    // world.cpp: the cluster, and the course of a run.
    broker::BrokerConfig broker_config() const;
    void start_cluster();
    void start_clients();
    void start_member(const GroupPlan& group);
    ClientHost& new_client(const std::string& kind);
    bool step(Instant deadline);
    // Until what it waits for is there; false when that took longer than the limit, or the run has failed.
    template <class Condition>
    bool run_until(Condition condition, Duration limit) {
        const Instant deadline = time_.now() + limit;
        while (!condition())
            if (!step(deadline)) return false;
        return true;
    }
    void run_for(Duration duration) {
        run_until([] { return false; }, duration);
    }
    void fail(std::string why);
    std::uint64_t state_hash() const;

    // world_faults.cpp: what goes wrong, and how it ends.
    void inject(const Fault& fault);
    void inject_in_broker(const Fault& fault);
    void inject_in_disk(const Fault& fault);
    void inject_in_network(const Fault& fault);
    void inject_in_clients(const Fault& fault);
    void at(Duration delay, std::function<void()> work);
    void arm_death(const Fault& fault);
    void arm_death_in_operation(const Fault& fault);
    void arm_death_while_stopping(const Fault& fault);
    void disarm();
    void broker_dies();
    void broker_failed(const Error& why);
    void start_broker();
    void start_broker_later(Duration delay);
    void restart_name_server(std::size_t index, Duration delay);
    void replace_client(ClientHost& host, Duration delay);
    void expect_disk_trouble(Duration duration);
    bool is_disk_in_trouble() const { return time_.now() < disk_trouble_until_; }
    void heal();

    // world_observations.cpp: rare states.
    void observe_death(bool power_is_lost);
    void observe_interrupted_work();
    void observe_clients_at_death();
    void observe_messages_at_death();
    void observe_loss_of_power();
    void observe_line(const TraceLine& line);
    void observe_snapshot(const TraceLine& line);
    void observe_epoch(const TraceLine& line);
    void reach(RareState state) { report_.rare_states.reach(state); }
    bool broker_log_is_torn();

    // world_verdict.cpp: coming to rest, reading everything, and the checker.
    bool come_to_rest();
    bool all_is_consumed(ClientHost& host);
    bool broker_is_registered() const;
    bool delayed_messages_are_due() const;
    bool producers_are_done() const;
    std::string producers_at_work() const;
    void read_everything();
    void judge();
    std::vector<GroupTopic> group_topics() const;
    std::vector<std::string> all_topics() const;

    Scenario scenario_;
    SeededRandom random_;
    SimulatedTime time_;
    Trace trace_{time_};
    SimulatedNetwork network_;
    Surroundings surroundings_{time_, network_, trace_};
    model::DelayLevels delays_;
    RunReport report_;

    std::vector<std::unique_ptr<NameServerHost>> name_servers_;
    std::unique_ptr<BrokerHost> broker_;
    std::unique_ptr<History> history_;
    std::vector<std::unique_ptr<ClientHost>>
        clients_;  // The dead ones, too: objects of theirs may be referred to.
    std::uint32_t last_client_{0};

    std::optional<Fault> armed_;  // The death that the broker is to die next.
    std::optional<std::uint64_t> death_at_step_;
    std::optional<Fault> death_in_start_;  // To be armed when the broker starts.
    bool broker_start_scheduled_{false};
    Instant broker_started_at_{};
    bool is_over_{false};  // No more faults.
    Instant disk_trouble_until_{};
    std::chrono::milliseconds clock_set_back_{0};
    std::uint64_t snapshots_since_start_{0};
    std::int64_t last_epoch_{0};
};

}  // namespace tern::simulation
