// A small language for stories about a group: members with a log of records and a disk that ends its writes
// later, a network that can fail, all in virtual time and from one seed. The stories and the property test
// drive the same one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "raft/node.hpp"
#include "raft/oracle_scenario.hpp"

namespace tern::raft {

struct Faults {
    int drop_percent{0};
    int duplicate_percent{0};
    Duration delay_max{1ms};  // Of a message, at least 100 us; different delays reorder.
    int slow_percent{0};      // Of messages that take slow_max at most.
    Duration slow_max{400ms};
    Duration persist_max{2ms};
    Duration write_max{1ms};
    Duration sync_max{5ms};
    int stall_percent{0};                 // Of syncs and persists that take half a second.
    Duration epoch_start_delay_max{0ms};  // A host that is slow to append as a leader.
};

struct GroupSetup {
    int members{3};
    int learners{0};  // Of them, the last.
    Config config{};
    Faults faults{};
    std::vector<int> priorities{};
    std::uint64_t seed{1};
};

enum class Death { of_process, of_machine };

class Group {
public:
    explicit Group(GroupSetup setup);
    ~Group();

    // Time.
    Group& runs(Duration time);
    template <class Condition>
    bool runs_until(Condition condition, Duration at_most) {
        const auto until = now_ + at_most;
        while (!condition() && now_ < until && step(until)) {
        }
        return condition();
    }
    Instant now() const { return now_; }

    // Members are 0 ... n-1.
    Group& kills(int member, Death death = Death::of_process);
    // Of a member that is down already: its machine, too.
    Group& loses_memory(int member);
    Group& restarts(int member);
    Group& pauses(int member);
    Group& resumes(int member);
    Group& cuts(int from, int to);  // One way.
    Group& isolates(int member);
    Group& heals();
    Group& resets_link(int a, int b);
    Group& proposes(int member, int records = 1);
    Group& forgets_below_committed(int member);  // Retention.
    Group& transfers(int from, int to);
    Group& stalls_disk_of(int member, bool stalled);
    void asks_confirmation(int member);
    void calm() { setup_.faults = {}; }

    // What is so.
    std::optional<int> leader() const;  // Of the newest term, that is up.
    bool is_up(int member) const { return host(member).node != nullptr; }
    bool is_paused(int member) const { return host(member).paused; }
    const Node& node(int member) const { return *host(member).node; }
    LogOffset committed(int member) const { return is_up(member) ? node(member).committed() : LogOffset{}; }
    bool all_have_committed(LogOffset end) const;
    std::vector<std::uint64_t> committed_values(int member) const;
    int members() const { return static_cast<int>(hosts_.size()); }
    int memories_missing() const;  // Voters that lost theirs and have not caught up.
    std::uint64_t reached(const std::string& state) const;
    Oracle& oracle() { return oracle_; }
    const std::string& verdict() const { return oracle_.verdict(); }
    GroupSetup& setup() { return setup_; }

private:
    struct Host {
        std::unique_ptr<Node> node;  // Null while it is down.
        std::unique_ptr<SeededRandom> random;
        std::uint64_t life{0};
        bool paused{false};
        bool disk_stalled{false};
        std::vector<std::function<void()>> deferred;  // Inputs that came while it was paused.
        std::uint64_t timer{0};

        Persist on_disk{};
        std::optional<Persist> wanted;
        bool persisting{false};
        Records log;             // As the process sees it,
        std::size_t written{0};  // that many of which survive the process,
        Records durable;         // and these the machine.
        LogOffset begin;
        bool memory_lost{false};
        bool is_known{false};  // This life, to a leader that it has heard since.
        bool writing{false};
        bool syncing{false};
        std::uint64_t installs{0};  // Of snapshots.
        LogOffset committed;        // In this life.
        std::map<std::uint64_t, LogOffset> confirmations;
    };
    struct Event {
        Instant at;
        std::uint64_t order;
        std::function<void()> work;
        friend bool operator<(const Event& a, const Event& b) {
            return std::pair{b.at, b.order} < std::pair{a.at, a.order};
        }
    };

    // Time and chance.
    bool step(Instant until);
    void trace(int member, const std::string& what) const;
    void after(Duration delay, std::function<void()> work);
    // For that life of that member only; later when it is paused.
    void after(Duration delay, int member, std::function<void()> work);
    void input(int member, std::function<void()> work);
    Duration up_to(Duration most) {
        return Duration{chance_.below(static_cast<std::uint64_t>(most.count()) + 1)};
    }
    bool in_percent(int percent) { return chance_.below(100) < static_cast<std::uint64_t>(percent); }

    // A host's work.
    void settle(int member);
    void carry_out(int member, Outputs outputs, const Records& came);
    void begin_persist(int member);
    void begin_write(int member);
    void begin_sync(int member);
    void append(int member, Term term);
    void pump(int member);
    void send(int from, int to, const Message& message, Records records);
    void deliver(int from, int to, const Message& message, const Records& records);
    void check_said(int member, const Send& send);
    void check_commit(int member, LogOffset end);
    void check_held(int member, const Holding& holding);
    void install_snapshot(int from, int to);
    StartState start_state(const Host& host) const;
    void lose_links_of(int member);

    Host& host(int member) { return hosts_[static_cast<std::size_t>(member)]; }
    const Host& host(int member) const { return hosts_[static_cast<std::size_t>(member)]; }
    bool is_voter(int member) const { return member < setup_.members - setup_.learners; }
    static MemberId id(int member) { return MemberId{member}; }
    static int number(MemberId member) { return static_cast<int>(member.value()); }

    GroupSetup setup_;
    std::vector<Member> list_;
    SeededRandom chance_;
    Instant now_{};
    std::uint64_t order_{0};
    std::vector<Event> events_;  // A heap.
    std::vector<Host> hosts_;
    std::vector<std::vector<bool>> cut_;
    std::uint64_t value_{0};
    std::uint64_t token_{0};
    bool traced_{false};
    Oracle oracle_;
};

}  // namespace tern::raft
