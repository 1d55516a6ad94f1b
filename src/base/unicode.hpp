// UTF-8, and the \uXXXX escapes of Java properties and JSON, which count in UTF-16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tern {

inline constexpr std::uint32_t replacement_character = 0xFFFD;
inline constexpr std::size_t utf8_size_max = 4;             // Bytes of one character.
inline constexpr std::size_t unicode_escape_size_max = 12;  // Of one character: "\uD83D\uDE00".

// Takes one character from the front of text, which is not empty. Where that is not UTF-8: U+FFFD, and one
// byte.
std::uint32_t take_code_point(std::string_view& text);

// Writes the character; room for utf8_size_max bytes is the caller's. Returns the end.
char* write_utf8(std::uint32_t code_point, char* out);

// Reads the escape that begins with the "\u" before text, the second one of a surrogate pair included, and
// takes it from text. Half a pair becomes U+FFFD. Nothing, and text as it was, when there are no four
// hexadecimal digits.
std::optional<std::uint32_t> take_unicode_escape(std::string_view& text);

// Writes "\uXXXX", two of them for a character beyond the first 65,536; room for unicode_escape_size_max
// bytes is the caller's. Returns the end.
char* write_unicode_escape(std::uint32_t code_point, char* out);

// The UTF-16 units of a character beyond the first 65,536.
constexpr std::uint32_t high_surrogate(std::uint32_t code_point) {
    return 0xD800U + ((code_point - 0x10000U) >> 10U);
}
constexpr std::uint32_t low_surrogate(std::uint32_t code_point) {
    return 0xDC00U + ((code_point - 0x10000U) & 0x3FFU);
}

}  // namespace tern
