#include "broker/put_times.hpp"

#include <gtest/gtest.h>

namespace tern::broker {
namespace {

TEST(PutTimes, are_counted_by_range_and_shown_when_their_minute_is_over) {
    PutTimes times;
    for (const Duration took : {Duration{20us}, Duration{1ms}, Duration{9ms}, Duration{10ms}, Duration{700ms},
                                Duration{4500ms}, Duration{1h}})
        times.add(took);
    const std::string none =
        "[<=0ms]:0 [0~10ms]:0 [10~50ms]:0 [50~100ms]:0 [100~200ms]:0 [200~500ms]:0 [500ms~1s]:0 [1~2s]:0 "
        "[2~3s]:0 [3~4s]:0 [4~5s]:0 [5~10s]:0 [10s~]:0 ";
    EXPECT_EQ(times.distribution(), none);
    times.end_minute();
    EXPECT_EQ(times.distribution(),
              "[<=0ms]:1 [0~10ms]:2 [10~50ms]:1 [50~100ms]:0 [100~200ms]:0 [200~500ms]:0 [500ms~1s]:1 "
              "[1~2s]:0 [2~3s]:0 [3~4s]:0 [4~5s]:1 [5~10s]:0 [10s~]:1 ");
    times.end_minute();
    EXPECT_EQ(times.distribution(), none);
}

TEST(PutTimes, know_what_most_did_not_exceed) {
    PutTimes times;
    for (int i = 0; i < 980; ++i) times.add(100us);
    for (int i = 0; i < 15; ++i) times.add(7ms);
    for (int i = 0; i < 5; ++i) times.add(50ms);
    times.end_minute();
    EXPECT_EQ(times.quantile_ms(0.9), 0U);
    EXPECT_EQ(times.quantile_ms(0.99), 7U);
    EXPECT_EQ(times.quantile_ms(0.999), 50U);
}

TEST(PutTimes, remember_the_longest_of_all) {
    PutTimes times;
    times.add(3s);
    times.end_minute();
    times.add(2s);
    EXPECT_EQ(times.longest(), Duration{3s});
}

}  // namespace
}  // namespace tern::broker
