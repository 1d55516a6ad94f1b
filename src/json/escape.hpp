// The escapes of JSON strings, in both directions: for the document reader and writer, and for command
// headers.
#pragma once

#include <cstddef>
#include <string_view>

namespace tern::json {

// A byte of text takes at most so many bytes escaped: \u001F.
inline constexpr std::size_t escaped_size_factor = 6;

// Writes text with its quotes, backslashes and control characters escaped, as fastjson does (\b \t \n \f \r,
// else \u00XX); the rest goes as it is. Room for escaped_size_factor * text.size() bytes is the caller's.
// Returns the end.
char* escape(std::string_view text, char* out);

// The same in pure ASCII: everything else becomes \uXXXX, as UTF-16; a byte that is not UTF-8 becomes \uFFFD.
char* escape_ascii(std::string_view text, char* out);

// Writes what the inside of a JSON string means, from at to the first quote that has no backslash, or to end.
// out has room for end - at bytes, which always suffices, and is moved on. Half a surrogate pair becomes
// U+FFFD. Returns where it stopped, or nullptr for an escape that does not exist.
const char* unescape(const char* at, const char* end, char*& out);

}  // namespace tern::json
