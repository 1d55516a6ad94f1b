// How long it took until what was stored could be answered, minute by minute: RocketMQ's
// putMessageDistributeTime and putLatency. spec/observability.md 1.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "base/runtime.hpp"
#include "metrics/histogram.hpp"

namespace tern::broker {

class PutTimes {
public:
    PutTimes() = default;
    PutTimes(const PutTimes&) = delete;
    PutTimes& operator=(const PutTimes&) = delete;

    void add(Duration took) {
        longest_ = std::max(longest_, took);
        if (took < 1ms) [[likely]] {
            ++minute_->below_1ms;
        } else {
            minute_->ms.record(static_cast<std::uint64_t>(took / 1ms));
        }
    }
    // Once a minute. What was added since then is the last minute's.
    void end_minute();

    // Of the last minute: "[<=0ms]:5 [0~10ms]:1 ".
    std::string distribution() const;
    // In ms, of the last minute: what this share of all does not exceed.
    std::uint64_t quantile_ms(double share) const;
    Duration longest() const { return longest_; }

private:
    struct Minute {
        std::uint64_t below_1ms{0};
        metrics::Histogram ms{(std::uint64_t{1} << 17) - 1};
    };
    std::array<Minute, 2> minutes_;
    Minute* minute_{&minutes_[0]};       // That goes on,
    Minute* last_minute_{&minutes_[1]};  // and the one before it.
    Duration longest_{};
};

}  // namespace tern::broker
