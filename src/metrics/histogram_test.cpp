#include "metrics/histogram.hpp"

#include <cmath>

#include "base/random.hpp"

namespace tern::metrics {
namespace {

TEST(AHistogram, is_zero_when_nothing_was_recorded) {
    const Histogram histogram;
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.min(), 0U);
    EXPECT_EQ(histogram.quantile(0.99), 0U);
    EXPECT_EQ(histogram.mean(), 0);
}

TEST(AHistogram, knows_small_values_exactly) {
    Histogram histogram;
    for (std::uint64_t value = 1; value <= 50; ++value) histogram.record(value);
    EXPECT_EQ(histogram.count(), 50U);
    EXPECT_EQ(histogram.min(), 1U);
    EXPECT_EQ(histogram.max(), 50U);
    EXPECT_EQ(histogram.mean(), 25.5);
    EXPECT_EQ(histogram.quantile(0.0), 1U);
    EXPECT_EQ(histogram.quantile(0.5), 25U);
    EXPECT_EQ(histogram.quantile(0.99), 50U);
    EXPECT_EQ(histogram.quantile(1.0), 50U);
}

TEST(AHistogram, gives_quantiles_at_most_one_part_in_64_too_great) {
    SeededRandom random{1};
    Histogram histogram;
    std::vector<std::uint64_t> values;
    for (int n = 0; n < 20'000; ++n) {
        values.push_back(random.next() >> (22 + random.below(40)));
        histogram.record(values.back());
    }
    std::ranges::sort(values);
    for (const double share : {0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
        const auto exact = values[rank - 1];
        EXPECT_GE(histogram.quantile(share), exact) << share;
        EXPECT_LE(histogram.quantile(share), exact + exact / 64) << share;
    }
}

TEST(AHistogram, has_no_gap_and_no_overlap_between_its_buckets) {
    for (std::uint64_t power = 64; power < (std::uint64_t{1} << 41); power *= 2) {
        for (const auto value :
             {power - 1, power, power + power / 64 - 1, power + power / 64, 2 * power - 1}) {
            Histogram histogram;
            histogram.record(value);
            histogram.record(
                Histogram::value_max_default);  // So that the quantile is not capped by the maximum.
            EXPECT_GE(histogram.quantile(0.5), value);
            EXPECT_LE(histogram.quantile(0.5), value + value / 64);
        }
    }
}

TEST(AHistogram, counts_what_is_beyond_its_range_at_its_end) {
    Histogram histogram{1'000};
    histogram.record(5);
    histogram.record(1'000'000);
    EXPECT_EQ(histogram.count(), 2U);
    EXPECT_EQ(histogram.max(), 1'000'000U);
    EXPECT_EQ(histogram.quantile(1.0), 1'000'000U);
    EXPECT_EQ(histogram.count_at_most(2'000'000), 2U);
}

TEST(AHistogram, merged_with_another_has_recorded_both) {
    Histogram both;
    Histogram first;
    Histogram second;
    for (std::uint64_t value = 1; value < 100'000; value = value * 3 + 1) {
        (value % 2 == 0 ? first : second).record(value);
        both.record(value);
    }
    first.merge(second);
    EXPECT_EQ(first.count(), both.count());
    EXPECT_EQ(first.sum(), both.sum());
    EXPECT_EQ(first.min(), both.min());
    EXPECT_EQ(first.max(), both.max());
    for (const double share : {0.1, 0.5, 0.9}) EXPECT_EQ(first.quantile(share), both.quantile(share));
}

TEST(AHistogram, merged_with_an_empty_one_stays_as_it_is) {
    Histogram histogram;
    histogram.record(7);
    histogram.merge(Histogram{});
    EXPECT_EQ(histogram.min(), 7U);
    histogram.clear();
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.max(), 0U);
}

TEST(AHistogram, records_times_in_nanoseconds) {
    Histogram histogram;
    histogram.record(2us);
    histogram.record(-5ns);
    EXPECT_EQ(histogram.max(), 2'000U);
    EXPECT_EQ(histogram.min(), 0U);
}

}  // namespace
}  // namespace tern::metrics
