// A whole cluster in one thread: NameServers, brokers, clients, the load and the faults of a scenario, and
// the verdict on what the clients saw. A run is its scenario, and a scenario is its seed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulation/checker.hpp"
#include "simulation/client_host.hpp"
#include "simulation/group_oracle.hpp"
#include "simulation/history.hpp"
#include "simulation/inspector.hpp"
#include "simulation/member.hpp"
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
    std::size_t reigns{};         // Of brokers over their logs.
    std::size_t cuts{};           // Of tails that differed from the leader's.
    std::size_t elections{};      // That somebody stood for.
    std::size_t expired{};        // Times that a log lost segments.
    std::size_t installations{};  // That a member has taken.
    std::string last_lines;       // Of the log, for a run that failed.
};

enum class PrintTrace { no, yes };

class World {
public:
    World(Scenario scenario, PrintTrace print_trace);
    ~World();

    RunReport run();

private:
    // world.cpp: the cluster, and the course of a run.
    void start_cluster();
    void start_group(std::size_t index);
    void start_clients();
    void create_topic(ClientHost& host, const BrokerGroup& group, const std::string& topic);
    void start_producer(const ProducerPlan& plan);
    void start_asker();
    void start_consumer(const GroupPlan& group);
    void stick_to_any_member(ClientHost& host);
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
    void inject_in_broker(Member& member, const Fault& fault);
    void inject_in_disk(Member& member, const Fault& fault);
    void at(Duration delay, std::function<void()> work);
    void arm_death(Member& member, const Fault& fault);
    void arm_death_in_operation(Member& member, const Fault& fault);
    void arm_death_while_stopping(Member& member, const Fault& fault);
    void disarm(Member& member);
    void broker_dies(Member& member);
    void broker_failed(Member& member, const Error& why);
    void unsynced_lost(Member& member, bool memory_too);
    void start_broker(Member& member);
    void start_broker_later(Member& member, Duration delay);
    void expect_disk_trouble(Member& member, Duration duration);
    bool is_disk_in_trouble(const Member& member) const { return time_.now() < member.disk_trouble_until; }
    void heal();
    // Half the time the one that leads.
    Member& victim(const Fault& fault);
    static Member* leading_member(const BrokerGroup& group);
    static bool another_leads(const Member& member);

    // world_network.cpp: what goes wrong between the machines, and with clients.
    void inject_in_network(Member& member, const Fault& fault);
    void inject_in_clients(Member& member, const Fault& fault);
    void inject_in_group(Member& member, const Fault& fault);
    std::function<bool()> watch_goes_on(BrokerGroup& group);
    void kill_all(BrokerGroup& group, const Fault& fault);
    void transfer_leadership(Member& member, const Fault& fault);
    void isolate(Member& member, const Fault& fault);
    void restart_name_server(std::size_t index, Duration delay);
    void replace_client(ClientHost& host, Duration delay);
    std::vector<std::string> addresses_of_others() const;

    // world_observations.cpp: rare states.
    void observe_death(Member& member, bool power_is_lost);
    void observe_interrupted_work(Member& member);
    void observe_clients_at_death();
    void observe_messages_at_death(const History& history);
    void observe_loss_of_power(Member& member);
    void observe_line(const TraceLine& line);
    void observe_line_of_group(Member& of, const TraceLine& line);
    void observe_snapshot(Member& member, const TraceLine& line);
    void observe_clients_in_the_end();
    void reach(RareState state) { report_.rare_states.reach(state); }
    bool log_is_torn(Member& member);
    bool is_any_producer_sending() const;

    // world_group.cpp: the members of a group among themselves.
    broker::BrokerConfig broker_config(const BrokerGroup& group, std::size_t index) const;
    void configure_group(broker::BrokerConfig& config, const BrokerGroup& group, std::size_t index) const;
    bool is_group() const { return scenario_.members > 1; }
    void watch_members();
    void watch_group(BrokerGroup& group);
    void watch(Member& member, const broker::Broker::Inside& inside);
    void check_promise_of_commit(const BrokerGroup& group);
    void check_copies_of_acknowledged(BrokerGroup& group);
    bool has_forgotten(const Member& member) const { return member.forgot_behind.has_value(); }
    void groups_come_together();
    void sends_are_acknowledged();
    std::string what_keeps_apart(const BrokerGroup& group);
    void compare_members(const BrokerGroup& group);

    // world_retention.cpp: segments that expire, and members that need what is gone.
    void inject_in_retention(Member& member, const Fault& fault);
    void crowd_disks();
    void leave_behind(Member& member, const Fault& fault);
    void watch_log_begin(Member& member, const broker::Broker::Inside& inside);
    void note_committed(BrokerGroup& group);
    Moment when_committed(const BrokerGroup& group, PhysicalOffset place) const;
    void observe_offer(Member& leader, std::size_t member);
    void cut_installation_short(Member& member, Member& leader);
    void observe_cut_installations(const Member& died);

    // world_damage.cpp: what disks change.
    void inject_damage(Member& any, const Fault& fault);
    std::optional<Member::Damaged> block_to_damage(Member& member, const Fault& fault);
    PhysicalOffset damageable_to(Member& member);
    bool may_be_damaged(Member& member, const Member::Damaged& block);
    void show_damage(Member& member, const Fault& fault, const Member::Damaged& block);
    void damage(Member& member, const Member::Damaged& block, std::uint64_t chance);
    void replace_damaged_disk(Member& member);
    void watch_damage(Member& member, const broker::Broker::Inside& inside);
    void damage_is_mended();

    // world_verdict.cpp: coming to rest, reading everything, and the checker.
    bool come_to_rest();
    bool all_is_consumed(ClientHost& host);
    bool brokers_are_registered() const;
    bool delayed_messages_are_due() const;
    // By which two machines' wall clocks may differ by now.
    std::chrono::milliseconds clock_error() const;
    bool producers_are_done() const;
    std::string producers_at_work() const;
    void read_everything();
    Promise promise() const;
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

    ProcessLog clock_log_{trace_, "clock"};
    SimulatedProcess true_clock_{time_, "clock", 0, clock_log_};
    std::vector<std::unique_ptr<NameServerHost>> name_servers_;
    std::vector<std::unique_ptr<BrokerGroup>> groups_;
    std::vector<Member*> members_;  // Of all groups.
    Histories histories_;
    std::vector<std::unique_ptr<ClientHost>>
        clients_;  // The dead ones, too: objects of theirs may be referred to.
    std::uint32_t last_client_{0};
    ClientHost* administrator_{nullptr};  // Of several groups: makes their topics, and is never killed.

    bool is_over_{false};  // No more faults.
    std::chrono::milliseconds clock_set_back_{0};
    std::chrono::milliseconds clock_steps_{0};
};

}  // namespace tern::simulation
