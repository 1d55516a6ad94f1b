// How often values of each size occurred: buckets that are one value wide below 64 and at most 1/64 of their
// values above, so that every quantile is known to 1.6 %. Recording allocates nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "base/runtime.hpp"
#include "metrics/metric.hpp"

namespace tern::metrics {

// As with the other metrics, one thread records and any may read.
class Histogram {
public:
    // Greater values count as value_max, except in max() and mean(). The default takes an hour in
    // nanoseconds.
    static constexpr std::uint64_t value_max_default = (std::uint64_t{1} << 42) - 1;
    explicit Histogram(std::uint64_t value_max = value_max_default);

    void record(std::uint64_t value);
    // In nanoseconds; a negative time counts as none.
    void record(Duration time) {
        record(static_cast<std::uint64_t>(std::max(time.count(), Duration::rep{0})));
    }
    // Adds what the other has recorded.
    void merge(const Histogram& other);
    void clear();

    std::uint64_t count() const { return count_.get(); }
    std::uint64_t sum() const { return sum_.get(); }
    std::uint64_t min() const { return count() == 0 ? 0 : min_.get(); }
    std::uint64_t max() const { return max_.get(); }
    double mean() const;
    // A value that this share of all (0 to 1) does not exceed: exact below 64, at most 1/64 too great above.
    std::uint64_t quantile(double share) const;
    // How many were not greater than value, or than the greatest value in its bucket.
    std::uint64_t count_at_most(std::uint64_t value) const;

private:
    static std::size_t bucket_of(std::uint64_t value);
    static std::uint64_t greatest_in(std::size_t bucket);

    std::uint64_t value_max_;
    std::vector<Cell<std::uint64_t>> buckets_;
    Cell<std::uint64_t> count_;
    Cell<std::uint64_t> sum_;
    Cell<std::uint64_t> min_;
    Cell<std::uint64_t> max_;
};

}  // namespace tern::metrics
