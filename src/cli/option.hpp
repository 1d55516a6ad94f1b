// An option of a command is one row; parsing, help and the reference page are read from it.
#pragma once

#include <string_view>

namespace tern::cli {

enum class Takes { nothing, text, number, boolean };
enum class Need { may, must, one_of };  // one_of: exactly one of those of a command that say so.

struct Option {
    std::string_view short_name;  // RocketMQ's, without the dash; empty when there is only the long one.
    std::string_view long_name;   // Likewise, without the two dashes.
    Takes takes{Takes::text};
    Need need{Need::may};
    std::string_view meaning;
};

}  // namespace tern::cli
