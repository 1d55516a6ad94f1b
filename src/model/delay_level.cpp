#include "model/delay_level.hpp"

#include <optional>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace tern::model {
namespace {

constexpr std::int64_t delay_max_ms = std::int64_t{365} * 24 * 3'600'000;

std::optional<std::int64_t> unit_ms(char unit) {
    switch (unit) {
        case 's':
            return 1'000;
        case 'm':
            return 60'000;
        case 'h':
            return 3'600'000;
        case 'd':
            return 86'400'000;
        default:
            return std::nullopt;
    }
}

std::optional<std::int64_t> parse_delay_ms(std::string_view text) {
    const auto unit = unit_ms(text.back());
    const auto count = parse_number<std::int32_t>(text.substr(0, text.size() - 1));
    if (!unit || !count || *count < 0 || *count * *unit > delay_max_ms) return std::nullopt;
    return *count * *unit;
}

}  // namespace

Result<DelayLevels> DelayLevels::parse(std::string_view text) {
    DelayLevels levels;
    for (const auto part : split(text, ' ')) {
        const auto delay_ms = parse_delay_ms(part);
        if (!delay_ms) return failure(Errc::malformed, "delay level: " + std::string{part});
        levels.delays_ms_.push_back(*delay_ms);
    }
    return levels;
}

std::int64_t DelayLevels::delay_ms(std::int32_t level) const {
    TERN_ASSERT(level >= 1 && level <= max());
    return delays_ms_[static_cast<std::size_t>(level - 1)];
}

}  // namespace tern::model
