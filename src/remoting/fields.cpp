#include "remoting/fields.hpp"

#include <algorithm>

namespace tern::remoting::detail {
namespace {

constexpr std::size_t quoted_value_max = 128;  // Of a value in an error.

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    return std::ranges::equal(text, lower, [](char a, char b) { return (a | 0x20) == b; });
}

}  // namespace

std::unexpected<Error> refuse(std::string_view name, std::string_view value) {
    if (value.data() == nullptr)
        return failure(Errc::missing_field, "header field missing: " + std::string{name});
    return failure(Errc::malformed, "header field " + std::string{name} + ": " +
                                        std::string{value.substr(0, quoted_value_max)});
}

bool read_text(std::string_view text, bool& out) {
    if (text == "false" || text == "true") [[likely]] {
        out = text.size() == 4;
        return true;
    }
    out = equals_ignoring_case(text, "true") || text == "1";
    return out || equals_ignoring_case(text, "false") || text == "0";
}

bool read_text(std::string_view text, std::int64_t& out) {
    if (text.size() == 1) {
        out = text[0] - '0';
        return out >= 0 && out <= 9;
    }
    const bool negative = text.starts_with('-');
    const auto digits = text.substr(negative ? 1 : 0);
    constexpr std::size_t safe_digits = 18;  // As many as an int64 always holds.
    std::int64_t value = 0;
    bool all_digits = !digits.empty() && digits.size() <= safe_digits;
    for (std::size_t i = 0; all_digits && i < digits.size(); ++i) {
        const auto digit = static_cast<unsigned char>(digits[i] - '0');
        all_digits = digit <= 9;
        value = value * 10 + digit;
    }
    if (all_digits) {
        out = negative ? -value : value;
        return true;
    }
    const auto parsed = parse_number<std::int64_t>(text);
    out = parsed.value_or(0);
    return parsed.has_value();
}

}  // namespace tern::remoting::detail
