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

}  // namespace
}  // namespace tern::bench
