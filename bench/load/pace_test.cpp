#include "bench/load/pace.hpp"

#include <gtest/gtest.h>

namespace tern::bench {
namespace {

const Instant start{std::chrono::hours{1}};

TEST(Pace, of_a_closed_loop_is_due_whenever_asked) {
    Pace pace{0, 2};
    pace.begin(start);
    EXPECT_EQ(pace.take(start + 5s), start + 5s);
    EXPECT_EQ(pace.take(start + 6s), start + 6s);
    EXPECT_EQ(pace.take(start + 7s), std::nullopt);
    EXPECT_TRUE(pace.ended());
}

TEST(Pace, of_an_open_loop_gives_the_intended_time_however_late_it_is_asked) {
    Pace pace{1'000};
    pace.begin(start);
    EXPECT_EQ(pace.take(start), start);
    EXPECT_EQ(pace.take(start), std::nullopt);
    EXPECT_EQ(pace.wait(start), 1ms);
    EXPECT_EQ(pace.take(start + 2500us), start + 1ms);
    EXPECT_EQ(pace.take(start + 2500us), start + 2ms);
    EXPECT_EQ(pace.take(start + 2500us), std::nullopt);
}

TEST(Pace, of_an_open_loop_gives_up_what_is_due) {
    Pace pace{1'000};
    pace.begin(start);
    EXPECT_EQ(pace.give_up(start + 2500us), 3U);
    EXPECT_EQ(pace.take(start + 2500us), std::nullopt);
    EXPECT_EQ(pace.take(start + 3ms), start + 3ms);
}

TEST(Pace, gives_no_more_once_ended) {
    Pace pace{1'000};
    pace.begin(start);
    pace.end();
    EXPECT_EQ(pace.take(start + 1s), std::nullopt);
    EXPECT_EQ(pace.wait(start + 1s), Duration::max());
}

}  // namespace
}  // namespace tern::bench
