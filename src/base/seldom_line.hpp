// A log line that outsiders can provoke, and that is therefore written so often at most.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/runtime.hpp"

namespace tern {

// Whether a line is to be written that would be written too often.
class SeldomLine {
public:
    // How many were kept back since the last one; nothing when this one is to be kept back, too.
    std::optional<std::uint64_t> due(Instant now, Duration interval) {
        if (last_ && now - *last_ < interval) {
            ++kept_back_;
            return std::nullopt;
        }
        last_ = now;
        return std::exchange(kept_back_, 0);
    }

private:
    std::optional<Instant> last_;
    std::uint64_t kept_back_{0};
};

}  // namespace tern
