#include "net/system_random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace tern::net {
namespace {

TEST(SystemRandom, gives_nothing_twice) {
    SystemRandom one;
    SystemRandom another;
    std::set<std::uint64_t> seen;
    constexpr int draws = 10'000;
    for (int i = 0; i < draws; ++i) {
        seen.insert(one.next());
        seen.insert(another.next());
    }
    EXPECT_EQ(seen.size(), 2U * draws);
}

// Nine standard deviations off comes none in a lifetime of runs.
TEST(SystemRandom, sets_each_bit_as_often_as_not) {
    SystemRandom random;
    std::array<int, 64> set{};
    for (int i = 0; i < 10'000; ++i) {
        const auto word = random.next();
        for (std::size_t bit = 0; bit < set.size(); ++bit) set[bit] += static_cast<int>(word >> bit & 1);
    }
    for (const int times : set) EXPECT_NEAR(times, 5'000, 450);
}

}  // namespace
}  // namespace tern::net
