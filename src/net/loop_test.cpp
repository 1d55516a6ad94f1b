#include "net/loop.hpp"

#include <csignal>
#include <thread>

namespace tern::net {
namespace {

using testing::ElementsAre;

TEST(ALoop, runs_tasks_in_the_order_they_were_posted) {
    Loop loop;
    std::vector<int> order;
    loop.post([&] {
        order.push_back(1);
        loop.post([&] { order.push_back(3); });
        loop.post([&] { loop.stop(); });
    });
    loop.post([&] { order.push_back(2); });
    loop.run();
    EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST(ALoop, runs_tasks_of_other_threads_on_its_own) {
    Loop loop;
    constexpr int each = 1'000;
    int count = 0;
    std::thread::id ran_on;
    const auto post_many = [&] {
        for (int n = 0; n < each; ++n) {
            loop.post([&] {
                ran_on = std::this_thread::get_id();
                if (++count == 2 * each) loop.stop();
            });
        }
    };
    std::thread first{post_many};
    std::thread second{post_many};
    loop.run();
    first.join();
    second.join();
    EXPECT_EQ(count, 2 * each);
    EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(ALoop, gives_others_a_turn_when_tasks_post_tasks_without_end) {
    Loop loop;
    struct Endless {
        Loop& loop;
        void operator()() const { loop.post(*this); }
    };
    loop.post(Endless{loop});
    loop.after(1ms, [&] { loop.stop(); });
    loop.run();
}

TEST(ALoop, runs_timers_when_they_are_due_and_in_that_order) {
    Loop loop;
    std::vector<int> order;
    const Instant begin = loop.now();
    loop.after(20ms, [&] {
        order.push_back(3);
        loop.stop();
    });
    loop.after(1ms, [&] { order.push_back(1); });
    loop.after(1ms, [&] { order.push_back(2); });
    loop.run();
    EXPECT_THAT(order, ElementsAre(1, 2, 3));
    EXPECT_GE(loop.now() - begin, 20ms);
}

TEST(ALoop, does_not_run_a_timer_that_was_cancelled) {
    Loop loop;
    TimerId second{};
    loop.after(1ms, [&] { loop.cancel(second); });
    second = loop.after(2ms, [] { FAIL(); });
    loop.after(3ms, [&] { loop.stop(); });
    loop.run();
}

TEST(ALoop, tells_of_signals) {
    Loop loop;
    std::vector<int> seen;
    loop.on_signal({SIGUSR1, SIGUSR2}, [&](int signal) {
        seen.push_back(signal);
        if (signal == SIGUSR2) loop.stop();
        if (signal == SIGUSR1) ::raise(SIGUSR2);
    });
    ::raise(SIGUSR1);
    loop.run();
    EXPECT_THAT(seen, ElementsAre(SIGUSR1, SIGUSR2));
}

TEST(ALoop, does_not_run_when_it_was_stopped_before_and_runs_the_next_time) {
    Loop loop;
    bool has_run = false;
    loop.post([&] {
        has_run = true;
        loop.stop();
    });
    loop.stop();
    loop.run();
    EXPECT_FALSE(has_run);
    loop.run();
    EXPECT_TRUE(has_run);
}

TEST(ALoop, forgets_what_is_left_when_it_ends) {
    const auto kept = std::make_shared<int>();
    {
        Loop loop;
        loop.post([kept] {});
        loop.after(1h, [kept] {});
    }
    EXPECT_EQ(kept.use_count(), 1);
}

}  // namespace
}  // namespace tern::net
