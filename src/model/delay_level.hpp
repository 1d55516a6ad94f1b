// The levels of delay that a message may ask for, and what they mean in time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace tern::model {

inline constexpr std::string_view default_delay_levels =
    "1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h";

class DelayLevels {
public:
    // As the setting messageDelayLevel says it: numbers with s, m, h or d, between blanks. Errc::malformed
    // names the part that is not.
    static Result<DelayLevels> parse(std::string_view text);

    // Levels count from 1; 0 is no delay.
    std::int32_t max() const { return static_cast<std::int32_t>(delays_ms_.size()); }
    // The level that a message gets that asks for this one: not more than max().
    std::int32_t clamp(std::int32_t level) const { return level < max() ? level : max(); }
    // level is in [1, max()].
    std::int64_t delay_ms(std::int32_t level) const;

private:
    std::vector<std::int64_t> delays_ms_;
};

}  // namespace tern::model
