// Groups of 1, 3 and 5 under faults of every kind, each seed drawing its own: what Raft promises holds at
// every step (oracle_scenario.hpp), and once all is healed the group goes on. A run that never reached one of
// the rare states proves nothing about it and fails. TERN_RAFT_SEEDS sets the number of seeds, TERN_RAFT_SEED
// runs one.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/text.hpp"
#include "raft/group_scenario.hpp"

namespace tern::raft {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : parse_number<std::uint64_t>(text).value_or(otherwise);
}

class RandomStory {
public:
    explicit RandomStory(std::uint64_t seed) : chance_{seed * 2 + 1}, group_{draw_setup(seed)} {}

    // Runs until something is violated or all is done.
    const std::string& verdict() {
        for (int i = 0; i < 120 && group_.verdict().empty(); ++i) {
            act();
            // Leaders that were deposed without knowing it go on appending.
            for (int member = 0; member < group_.members(); ++member)
                if (in_percent(40)) group_.proposes(member, 1 + static_cast<int>(chance_.below(6)));
            group_.runs(up_to(in_percent(10) ? 800ms : 120ms));
        }
        if (group_.verdict().empty()) goes_on_once_healed();
        return group_.verdict();
    }
    Group& group() { return group_; }

private:
    GroupSetup draw_setup(std::uint64_t seed) {
        GroupSetup setup{.seed = seed};
        const int sizes[]{1, 3, 3, 3, 5, 5, 4};
        setup.members = sizes[chance_.below(7)];
        setup.learners = setup.members == 4 ? 1 : 0;
        setup.config.quorum = in_percent(50) ? QuorumPolicy::durable : QuorumPolicy::written;
        // Small, so that windows close, and questions are asked in the middle of things.
        setup.config.append_bytes_max = 200;
        setup.config.in_flight_bytes_max = 200 + static_cast<std::int64_t>(chance_.below(2000));
        setup.config.append_timeout = 150ms;
        setup.config.transfer_timeout = 200ms;
        if (in_percent(30)) setup.config.link_lost_jitter = 0ms;
        if (in_percent(20)) setup.priorities = {0, 1, 2};
        auto& faults = setup.faults;
        if (in_percent(70)) faults.drop_percent = static_cast<int>(chance_.below(20));
        if (in_percent(70)) faults.duplicate_percent = static_cast<int>(chance_.below(20));
        if (in_percent(50)) faults.delay_max = up_to(30ms);
        if (in_percent(30)) faults.slow_percent = static_cast<int>(chance_.below(10));
        if (in_percent(10)) {
            faults.slow_percent = 30;
            faults.slow_max = 2s;
        }
        if (in_percent(30)) faults.persist_max = up_to(100ms);
        if (in_percent(50)) faults.sync_max = up_to(100ms);
        if (in_percent(50)) faults.write_max = up_to(30ms);
        if (in_percent(20)) faults.stall_percent = static_cast<int>(chance_.below(10));
        if (in_percent(30)) faults.epoch_start_delay_max = up_to(300ms);
        return setup;
    }

    void act() {
        const int one = any();
        const int other = any();
        switch (chance_.below(18)) {
            case 0:
                return die(one, Death::of_process);
            case 1:
                return die(one, Death::of_machine);
            case 2:
                return in_percent(15) ? lose_power() : void();
            case 3:
            case 4:
                for (int i = 0; i < group_.members(); ++i)
                    if (in_percent(60)) group_.restarts(i);
                return;
            case 5:
                group_.pauses(one);
                return;
            case 6:
            case 7:
                for (int i = 0; i < group_.members(); ++i) group_.resumes(i);
                return;
            case 8:
                if (one != other) group_.cuts(one, other);
                return;
            case 9:
                group_.isolates(group_.leader().value_or(one));
                return;
            case 10:
            case 11:
                group_.heals();
                return;
            case 12:
                if (one != other) group_.resets_link(one, group_.leader().value_or(other));
                return;
            case 13:
                group_.transfers(group_.leader().value_or(one), other);
                return;
            case 14:
                group_.forgets_below_committed(one);
                return;
            case 15:
                group_.stalls_disk_of(one, in_percent(40));
                return;
            case 16:
                group_.asks_confirmation(group_.leader().value_or(one));
                return group_.asks_confirmation(one);
            default:
                return;
        }
    }

    void die(int member, Death death) {
        // A quorum of memories keeps its promise as long as a majority remembers.
        const bool majority_would_forget = 2 * (group_.memories_missing() + 1) >= voters();
        const bool in_memory = group_.setup().config.quorum == QuorumPolicy::written;
        if (death == Death::of_machine && in_memory && majority_would_forget) death = Death::of_process;
        group_.kills(member, death);
    }

    void lose_power() {
        for (int i = 0; i < group_.members(); ++i) group_.kills(i, Death::of_machine);
        if (group_.setup().config.quorum == QuorumPolicy::written) {
            for (int i = 0; i < group_.members(); ++i)
                if (!group_.is_up(i)) group_.loses_memory(i);
            group_.oracle().waive();
        }
        group_.oracle().reached("power lost");
        for (int i = 0; i < group_.members(); ++i) group_.restarts(i);
    }

    void goes_on_once_healed() {
        group_.heals().calm();
        for (int i = 0; i < group_.members(); ++i) group_.stalls_disk_of(i, false).resumes(i).restarts(i);
        group_.runs(600ms);  // What was slow has arrived, stalled disks have gone on.
        LogOffset wanted;
        const bool done = group_.runs_until(
            [&] {
                const auto leader = group_.leader();
                if (!leader || !group_.node(*leader).may_propose()) return false;
                if (wanted == LogOffset{} || group_.node(*leader).end() < wanted) {
                    group_.proposes(*leader, 3);
                    wanted = group_.node(*leader).end();
                }
                return group_.all_have_committed(wanted) || !group_.verdict().empty();
            },
            10s);
        if (!done) group_.oracle().violated("no progress within ten seconds after all was healed");
    }

    int any() { return static_cast<int>(chance_.below(static_cast<std::uint64_t>(group_.members()))); }
    int voters() { return group_.members() - group_.setup().learners; }
    Duration up_to(Duration most) {
        return Duration{chance_.below(static_cast<std::uint64_t>(most.count()) + 1)};
    }
    bool in_percent(int percent) { return chance_.below(100) < static_cast<std::uint64_t>(percent); }

    SeededRandom chance_;
    Group group_;
};

std::uint64_t current_seed;  // For the words of an assertion that ends the process.

TEST(RaftGroups, keep_what_raft_promises_whatever_fails) {
    const auto only = from_environment("TERN_RAFT_SEED", 0);
    const auto first = only != 0 ? only : 1;
    const auto last = only != 0 ? only : from_environment("TERN_RAFT_SEEDS", 2000);
    std::signal(SIGABRT, [](int) {
        std::fprintf(stderr, "assertion in seed %llu\n", static_cast<unsigned long long>(current_seed));
    });
    std::map<std::string, std::uint64_t> states;
    std::uint64_t committed = 0;
    std::uint64_t terms = 0;
    Duration time{};
    for (auto seed = first; seed <= last; ++seed) {
        current_seed = seed;
        RandomStory story{seed};
        ASSERT_EQ(story.verdict(), "") << "seed " << seed << ", " << seed - first + 1 << " seeds to catch";
        for (const auto& [state, times] : story.group().oracle().states()) states[state] += times;
        committed += story.group().oracle().committed().size();
        terms += story.group().oracle().terms_led();
        time += story.group().now().time_since_epoch();
    }
    std::printf("%llu records committed, %llu terms led, %lld s of virtual time\n",
                static_cast<unsigned long long>(committed), static_cast<unsigned long long>(terms),
                static_cast<long long>(time / 1s));
    if (only != 0) return;
    for (const auto* state : {"append refused",
                              "crash while a vote is persisted",
                              "diverged tail cut",
                              "elected by all after a loss of memory",
                              "leader died",
                              "leadership confirmed",
                              "leadership not confirmed",
                              "lost memory recovered",
                              "persist overtaken by a newer one",
                              "power lost",
                              "pre-vote refused: leader alive",
                              "a sync ended after its bytes were cut",
                              "a write ended after its bytes were cut",
                              "snapshot installed",
                              "snapshot needed",
                              "split vote",
                              "stepped down by check-quorum",
                              "resigned without a successor",
                              "transfer completed",
                              "transfer failed",
                              "two leaders at once",
                              "vote refused: leader alive",
                              "vote refused: log behind",
                              "vote refused: voted for another"}) {
        EXPECT_GT(states[state], 0U) << "never reached: " << state;
        std::printf("%8llu  %s\n", static_cast<unsigned long long>(states[state]), state);
    }
}

}  // namespace
}  // namespace tern::raft
