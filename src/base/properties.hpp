// Java properties text, as java.util.Properties reads it, in UTF-8: "key=value", "key: value" or "key value"
// a line, '#' and '!' comments, a backslash at the end continues the line, \uXXXX and the usual escapes.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace tern {

inline constexpr std::size_t properties_text_size_max = std::size_t{1} * 1024 * 1024;  // Ours.

struct Property {
    std::string key;
    std::string value;   // Blanks at its end are kept, as Java keeps them.
    std::size_t line{};  // Where it begins, from 1.

    friend bool operator==(const Property&, const Property&) = default;
};

// In the order of the text; a key that stands twice is there twice, and the last one counts. Errc::malformed
// for a \u without four hexadecimal digits, Errc::limit_exceeded for a text that is too long.
Result<std::vector<Property>> parse_properties(std::string_view text);

// "key=value\n", with escapes where Java's reader or ours would otherwise read something else. Pure ASCII,
// because Java reads such files as Latin-1.
void append_property(std::string& out, std::string_view key, std::string_view value);

// The text with new values: a line whose key is among the changes is replaced where it stands, the rest stays
// as it is, comments and order included; what the text lacks is added at the end.
Result<std::string> change_properties(std::string_view text, std::span<const Property> changes);

}  // namespace tern
