#include "base/byte_rate.hpp"

#include <gtest/gtest.h>

namespace tern {
namespace {

constexpr Instant start{10s};

// What goes in that time, in pieces of at most that size, when somebody asks whenever there is room.
std::int64_t goes_within(ByteRate& rate, Duration time, std::int64_t piece, Instant from = start) {
    std::int64_t bytes = 0;
    for (Instant now = from; now < from + time;) {
        if (rate.room(now) == 0) {
            now += rate.until_room();
            continue;
        }
        rate.spend(piece);
        bytes += piece;
    }
    return bytes;
}

TEST(ByteRate, lets_so_many_bytes_through_in_a_second) {
    for (const std::int64_t per_s : {100'000, 1'000'000, 100'000'000, 2'000'000'000}) {
        ByteRate rate{per_s};
        const auto bytes = goes_within(rate, 5s, per_s / 50);
        EXPECT_GT(bytes, per_s * 49 / 10) << per_s;
        EXPECT_LT(bytes, per_s * 53 / 10) << per_s;
    }
}

TEST(ByteRate, makes_up_for_a_piece_that_was_larger_than_its_room) {
    ByteRate rate{100'000};
    EXPECT_EQ(goes_within(rate, 9900ms, 250'000), 1'000'000);
}

TEST(ByteRate, saves_no_more_than_a_tenth_of_a_second_while_nothing_goes) {
    ByteRate rate{1'000'000};
    EXPECT_EQ(rate.room(start), 100'000);
    rate.spend(100'000);
    EXPECT_EQ(rate.room(start + 20ms), 20'000);
    EXPECT_EQ(rate.room(start + 1h), 100'000);
}

TEST(ByteRate, loses_nothing_to_those_who_ask_too_often) {
    ByteRate rate{100'000};
    rate.spend(rate.room(start));
    Instant now = start;
    while (now < start + 50ms) (void)rate.room(now += 3us);
    EXPECT_NEAR(static_cast<double>(rate.room(now)), 5'000, 50);
}

TEST(ByteRate, limits_nothing_when_it_is_0) {
    ByteRate rate;
    EXPECT_FALSE(rate.limits());
    rate.set(1'000'000);
    EXPECT_TRUE(rate.limits());
    EXPECT_GT(rate.room(start), 0);
    rate.set(0);
    EXPECT_FALSE(rate.limits());
}

}  // namespace
}  // namespace tern
