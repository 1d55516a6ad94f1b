// Small conversions between numbers and text that several libraries need.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tern {

// The number that the whole of text spells in decimal, or nothing.
template <std::integral Int>
std::optional<Int> parse_number(std::string_view text) {
    if (text.size() > 1 && text.front() == '+') text.remove_prefix(1);
    Int value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

char* write_long_decimal(char* at, std::int64_t number);

// Writes the number; room for 20 characters is the caller's. Returns the end. Most numbers of headers are
// small.
inline char* write_decimal(char* at, std::int64_t number) {
    if (number < 0 || number >= 10) return write_long_decimal(at, number);
    *at = static_cast<char>('0' + number);
    return at + 1;
}

std::string_view trim(std::string_view text);

// The parts between separators; empty parts are left out.
std::vector<std::string_view> split(std::string_view text, char separator);

// As RocketMQ tells sizes: "512 B", "1.5 MiB".
std::string human_size(std::int64_t bytes);

// Upper-case hexadecimal, as RocketMQ writes message ids.
std::string to_hex(std::string_view bytes);
// Two characters a byte, to where there is room for them. Returns the end.
char* write_hex(char* at, std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

}  // namespace tern
