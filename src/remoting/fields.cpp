#include "remoting/fields.hpp"

#include <algorithm>

#include "base/digits.hpp"

namespace tern::remoting::detail {
namespace {

constexpr std::size_t quoted_value_max = 128;  // Of a value in an error.

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    return std::ranges::equal(text, lower, [](char a, char b) { return (a | 0x20) == b; });
}

}  // namespace

std::unexpected<Error> refuse(std::string_view name, std::string_view value) {
    if (value.empty()) return failure(Errc::missing_field, "header field missing: " + std::string{name});
    return failure(Errc::malformed, "header field " + std::string{name} + ": " +
                                        std::string{value.substr(0, quoted_value_max)});
}

bool read_other_bool(std::string_view text, bool& out) {
    out = equals_ignoring_case(text, "true") || text == "1";
    return out || equals_ignoring_case(text, "false") || text == "0";
}

bool read_long_number(std::string_view text, std::int64_t& out) {
    // Times have thirteen digits: the first five and the last eight.
    if (text.size() > 8 && text.size() <= 16) {
        const std::uint64_t first = load_digits(text.data());
        const std::uint64_t last = load_digits(text.data() + text.size() - 8);
        if ((non_digits(first) | non_digits(last)) == 0) {
            const std::uint64_t front = digits_value(first << (8 * (16 - text.size())));
            out = static_cast<std::int64_t>(front * 100'000'000 + digits_value(last));
            return true;
        }
    }
    const auto parsed = parse_number<std::int64_t>(text);
    out = parsed.value_or(0);
    return parsed.has_value();
}

}  // namespace tern::remoting::detail
