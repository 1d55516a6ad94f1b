#include "simulation/simulated_time.hpp"

#include <string>
#include <vector>

namespace tern::simulation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class SimulatedTimeTest : public ::testing::Test {
protected:
    Task note(std::string what) {
        return [this, what] { ran_.push_back(what); };
    }
    SimulatedProcess process(const std::string& name) { return {time_, name, 1, log_}; }

    SilentLog log_;
    SimulatedTime time_{1, Ties::in_order};
    std::vector<std::string> ran_;
};

TEST_F(SimulatedTimeTest, runs_work_in_the_order_it_falls_due_and_goes_to_the_deadline) {
    auto one = process("one");
    one.after(2s, note("later"));
    one.after(1s, note("sooner"));
    one.after(4s, note("too late"));
    time_.run_for(3s);
    EXPECT_THAT(ran_, ElementsAre("sooner", "later"));
    EXPECT_EQ(time_.now(), Instant{} + 3s);
}

TEST_F(SimulatedTimeTest, runs_posted_work_after_what_was_posted_before_it) {
    auto one = process("one");
    one.post([&] {
        one.post(note("caused"));
        ran_.push_back("first");
    });
    one.post(note("second"));
    time_.run_for(0s);
    EXPECT_THAT(ran_, ElementsAre("first", "second", "caused"));
}

TEST_F(SimulatedTimeTest, keeps_the_order_of_posted_work_when_ties_are_shuffled) {
    SimulatedTime time{7, Ties::shuffled};
    SimulatedProcess one{time, "one", 1, log_};
    std::vector<int> ran;
    for (int i = 0; i < 100; ++i) one.post([&ran, i] { ran.push_back(i); });
    time.run_for(0s);
    EXPECT_TRUE(std::ranges::is_sorted(ran));
    EXPECT_EQ(ran.size(), 100);
}

TEST_F(SimulatedTimeTest, shuffles_what_several_processes_do_at_one_instant_by_the_seed) {
    const auto order = [&](std::uint64_t seed) {
        SimulatedTime time{seed, Ties::shuffled};
        SimulatedProcess one{time, "one", 1, log_};
        SimulatedProcess other{time, "other", 1, log_};
        std::string ran;
        for (int i = 0; i < 20; ++i) {
            one.post([&ran] { ran += 'a'; });
            other.post([&ran] { ran += 'b'; });
        }
        time.run_for(0s);
        return ran;
    };
    EXPECT_EQ(order(3), order(3));
    EXPECT_NE(order(3), order(4));
}

TEST_F(SimulatedTimeTest, does_not_run_what_was_cancelled) {
    auto one = process("one");
    const TimerId cancelled = one.after(1s, note("cancelled"));
    one.after(1s, note("kept"));
    one.cancel(cancelled);
    one.cancel(cancelled);
    time_.run_for(2s);
    EXPECT_THAT(ran_, ElementsAre("kept"));
}

TEST_F(SimulatedTimeTest, cancels_nothing_by_the_id_of_a_timer_that_has_run) {
    auto one = process("one");
    const TimerId past = one.after(1s, note("first"));
    time_.run_for(1s);
    one.after(1s, note("second"));
    one.cancel(past);
    time_.run_for(1s);
    EXPECT_THAT(ran_, ElementsAre("first", "second"));
}

TEST_F(SimulatedTimeTest, runs_nothing_of_a_killed_process_and_all_of_the_others) {
    auto one = process("one");
    auto other = process("other");
    one.post(note("posted"));
    one.after(1s, note("timer"));
    other.after(1s, note("other"));
    one.kill();
    one.post(note("posted by the dead"));
    EXPECT_EQ(one.after(1s, note("set by the dead")), 0);
    time_.run_for(2s);
    EXPECT_THAT(ran_, ElementsAre("other"));
}

TEST_F(SimulatedTimeTest, lets_a_process_be_killed_by_its_own_task) {
    auto one = process("one");
    one.post([&] {
        one.post(note("after death"));
        one.kill();
    });
    time_.run_for(1s);
    EXPECT_THAT(ran_, IsEmpty());
}

TEST_F(SimulatedTimeTest, lets_a_stalled_process_catch_up_in_the_order_things_fell_due) {
    auto one = process("one");
    auto other = process("other");
    one.after(1s, note("first"));
    one.after(2s, note("second"));
    one.after(3s, note("third"));
    other.after(2s, note("other"));
    one.stall_until(time_.now() + 3s);
    time_.run_for(2s);
    EXPECT_THAT(ran_, ElementsAre("other"));
    time_.run_for(1s);
    EXPECT_THAT(ran_, ElementsAre("other", "first", "second", "third"));
}

TEST_F(SimulatedTimeTest, stalls_for_as_long_as_the_longest_stall) {
    auto one = process("one");
    one.after(1s, note("first"));
    one.stall_until(time_.now() + 3s);
    time_.run_for(1500ms);
    one.stall_until(time_.now() + 10ms);
    one.after(0s, note("second"));
    time_.run_for(1s);
    EXPECT_THAT(ran_, ElementsAre());
    time_.run_for(1s);
    EXPECT_THAT(ran_, ElementsAre("first", "second"));
}

// A timer that is early by the process's own clock is one that no operating system has.
TEST_F(SimulatedTimeTest, lets_clocks_drift_and_timers_with_them) {
    for (const std::int64_t drift : {-50'000, -1, 1, 333, 50'000}) {
        auto one = process("one");
        one.set_drift(drift);
        WallMillis wall = one.wall_ms();
        for (const Duration delay : {Duration{1ns}, Duration{999'999ns}, Duration{3s}, Duration{100h}}) {
            const Instant began = one.now();
            const Instant truly_began = time_.now();
            bool has_fired = false;
            one.after(delay, [&] {
                has_fired = true;
                EXPECT_GE(one.now() - began, delay) << drift;
                EXPECT_LE(one.now() - began, delay + 5ns) << drift;
                if (delay >= 3s) EXPECT_EQ(time_.now() - truly_began < delay, drift > 0) << drift;
            });
            for (int i = 0; i < 100; ++i) {
                time_.run_for(delay / 80 + 1ns);
                EXPECT_GE(one.wall_ms(), wall);
                wall = one.wall_ms();
            }
            EXPECT_TRUE(has_fired);
        }
    }
}

TEST_F(SimulatedTimeTest, gives_each_machine_a_wall_clock_with_an_error_of_its_own) {
    auto one = process("one");
    auto other = process("other");
    other.set_wall_error(-1500ms);
    EXPECT_EQ(one.wall_ms() - other.wall_ms(), 1500);
    time_.run_for(2s);
    EXPECT_EQ(one.wall_ms() - other.wall_ms(), 1500);
    EXPECT_EQ(one.now(), other.now());
}

TEST_F(SimulatedTimeTest, counts_what_it_ran) {
    auto one = process("one");
    one.post(note("a"));
    one.cancel(one.after(1s, note("b")));
    time_.run_for(2s);
    EXPECT_EQ(time_.steps(), 1);
}

}  // namespace
}  // namespace tern::simulation
