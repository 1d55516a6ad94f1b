#include "bench/load/measurement.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>

namespace tern::bench {
namespace {

// Processor time enough for the kernel to count it in its ticks of ten milliseconds.
void burn() {
    const auto end = std::clock() + CLOCKS_PER_SEC / 20;
    while (std::clock() < end) {
    }
}

TEST(CpuTime, of_several_processes_is_their_sum) {
    burn();
    const auto before = cpu_time({getpid()});
    const auto twice = cpu_time({getpid(), getpid()});
    const auto after = cpu_time({getpid()});
    ASSERT_TRUE(before && twice && after);
    EXPECT_GT(*before, 0ms);
    EXPECT_GE(*twice, *before * 2);
    EXPECT_LE(*twice, *after * 2);
}

TEST(CpuTime, is_not_known_when_one_of_them_does_not_exist) {
    EXPECT_FALSE(cpu_time({getpid(), -1}));
}

TEST(Measurement, counts_by_the_second_when_asked_to) {
    const Instant start{std::chrono::hours{1}};
    Measurement measurement{{.warmup = 1s, .length = 3s}, {}};
    measurement.count_by_second();
    measurement.begin(start);
    measurement.sent(start, start, 1);  // Before the window.
    measurement.advance(start + 1s);
    measurement.sent(start + 1100ms, start + 1s, 2);
    measurement.sent(start + 3500ms, start + 3s, 5);
    measurement.given_up(7);
    ASSERT_EQ(measurement.seconds().size(), 3U);
    EXPECT_EQ(measurement.seconds()[0].messages, 2U);
    EXPECT_EQ(measurement.seconds()[1].messages, 0U);
    EXPECT_EQ(measurement.seconds()[2].messages, 5U);
    EXPECT_GE(measurement.seconds()[2].latency.max(), 500'000'000U);
    EXPECT_EQ(measurement.sends().given_up, 7U);
}

}  // namespace
}  // namespace tern::bench
