#include "base/text.hpp"

#include <gtest/gtest.h>

namespace tern {

// As RocketMQ's brokerStatus has them.
TEST(HumanSize, has_one_decimal_of_the_largest_unit_that_it_reaches) {
    constexpr std::int64_t kib = 1024;
    const auto is = [](std::int64_t bytes, const char* text) { EXPECT_EQ(human_size(bytes), text) << bytes; };
    is(0, "0 B");
    is(kib - 1, "1023 B");
    is(kib, "1.0 KiB");
    is(kib + 51, "1.0 KiB");
    is(kib + 256, "1.3 KiB");  // Half of the last place is rounded up.
    is(kib * kib - 1, "1024.0 KiB");
    is(kib * kib * 3 / 2, "1.5 MiB");
    is(kib * kib * kib * 983 / 10, "98.3 GiB");
    is(kib * kib * kib * kib, "1.0 TiB");
    is(kib * kib * kib * kib * kib, "1.0 PiB");
    is(INT64_MAX, "8.0 EiB");
}

}  // namespace tern
