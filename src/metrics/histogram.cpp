#include "metrics/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tern::metrics {
namespace {

constexpr int bits = 6;  // So many buckets, 2^bits, for each doubling of the value.
constexpr std::uint64_t buckets_each = std::uint64_t{1} << bits;

}  // namespace

Histogram::Histogram(std::uint64_t value_max) : value_max_{value_max}, buckets_(bucket_of(value_max) + 1) {}

// Below 64 the value itself. Above, the value is shifted until only its first seven bits are left.
std::size_t Histogram::bucket_of(std::uint64_t value) {
    if (value < buckets_each) return value;
    const auto shift = static_cast<std::uint64_t>(std::bit_width(value) - bits - 1);
    return shift * buckets_each + (value >> shift);
}

std::uint64_t Histogram::greatest_in(std::size_t bucket) {
    if (bucket < buckets_each) return bucket;
    const auto shift = bucket / buckets_each - 1;
    return ((bucket % buckets_each + buckets_each + 1) << shift) - 1;
}

void Histogram::record(std::uint64_t value) {
    buckets_[bucket_of(std::min(value, value_max_))].add(1);
    if (count() == 0 || value < min_.get()) min_.set(value);
    if (value > max_.get()) max_.set(value);
    sum_.add(value);
    count_.add(1);
}

void Histogram::merge(const Histogram& other) {
    if (other.count() == 0) return;
    for (std::size_t bucket = 0; bucket < other.buckets_.size(); ++bucket)
        buckets_[std::min(bucket, buckets_.size() - 1)].add(other.buckets_[bucket].get());
    if (count() == 0 || other.min() < min()) min_.set(other.min());
    max_.set(std::max(max(), other.max()));
    sum_.add(other.sum());
    count_.add(other.count());
}

void Histogram::clear() {
    for (auto& bucket : buckets_) bucket.set(0);
    for (auto* cell : {&count_, &sum_, &min_, &max_}) cell->set(0);
}

double Histogram::mean() const {
    return count() == 0 ? 0 : static_cast<double>(sum()) / static_cast<double>(count());
}

std::uint64_t Histogram::quantile(double share) const {
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count())));
    if (rank == 0) return min();
    std::uint64_t passed = 0;
    for (std::size_t bucket = 0; bucket + 1 < buckets_.size(); ++bucket) {
        passed += buckets_[bucket].get();
        if (passed >= rank) return std::min(greatest_in(bucket), max());
    }
    return max();
}

std::uint64_t Histogram::count_at_most(std::uint64_t value) const {
    std::uint64_t passed = 0;
    const auto last = bucket_of(std::min(value, value_max_));
    for (std::size_t bucket = 0; bucket <= last; ++bucket) passed += buckets_[bucket].get();
    return passed;
}

}  // namespace tern::metrics
