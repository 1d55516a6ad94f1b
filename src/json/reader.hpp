// Reads JSON as Java peers write it (fastjson): keys may be bare integers, bare names or objects, strings may
// stand in single quotes. What is written by the standard reads as the standard says.
#pragma once

#include <cstddef>
#include <limits>
#include <string_view>

#include "base/result.hpp"
#include "json/value.hpp"

namespace tern::json {

struct Limits {
    std::size_t depth{64};  // Of arrays and objects within each other.
    std::size_t values{
        1'000'000};  // In the whole document; a member counts twice, for its key and its value.
};

// Of what we have written ourselves: whatever it holds has been accepted before.
inline constexpr Limits own_text{.values = std::numeric_limits<std::size_t>::max()};

// Errc::malformed or Errc::limit_exceeded, with the position of the byte where it was noticed. An integer
// beyond int64 becomes a real.
Result<Value> parse(std::string_view text, const Limits& limits = {});

}  // namespace tern::json
