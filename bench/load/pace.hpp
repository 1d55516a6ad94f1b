// When requests leave. Closed loop: whenever there is room for one. Open loop: at a fixed rate whatever the
// server does, so that a latency counted from the intended time includes the wait that a stalled server
// causes.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "base/runtime.hpp"

namespace tern::bench {

class Pace {
public:
    static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

    // rate in requests a second, 0 for a closed loop; limit requests in all.
    explicit Pace(double rate, std::uint64_t limit = unlimited)
        : interval_ns_{rate > 0 ? 1e9 / rate : 0}, limit_{limit} {}

    // The first request is due then.
    void begin(Instant start) { start_ = start; }

    // The time at which the next request was to leave, if it is due at now; then the one behind it is the
    // next.
    std::optional<Instant> take(Instant now) {
        if (ended()) return std::nullopt;
        if (interval_ns_ == 0) {
            ++taken_;
            return now;
        }
        const Instant due = next_due();
        if (due > now) return std::nullopt;
        ++taken_;
        return due;
    }
    // Of an open loop: gives up all that are due by now, and says how many.
    std::uint64_t give_up(Instant now) {
        const auto before = taken_;
        while (!ended() && next_due() <= now) ++taken_;
        return taken_ - before;
    }
    // How long until the next one is due; zero in a closed loop, the longest of times when none will be.
    Duration wait(Instant now) const {
        if (ended()) return Duration::max();
        return interval_ns_ == 0 ? Duration{0} : std::max(next_due() - now, Duration{0});
    }

    bool ended() const { return taken_ >= limit_; }
    void end() { limit_ = taken_; }
    std::uint64_t taken() const { return taken_; }

private:
    Instant next_due() const {
        return start_ + Duration{static_cast<std::int64_t>(static_cast<double>(taken_) * interval_ns_)};
    }

    Instant start_{};
    double interval_ns_;
    std::uint64_t limit_;
    std::uint64_t taken_{0};
};

}  // namespace tern::bench
