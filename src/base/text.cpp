#include "base/text.hpp"

#include "base/digits.hpp"

namespace tern {
namespace {

// Without zeros in front; not for 0.
char* write_short_decimal(char* at, std::uint32_t number) {
    const std::uint64_t digits = digits_of(number);
    const int zeros = std::countr_zero(digits) / 8;
    store_digits(at, digits >> (8 * zeros));
    return at + 8 - zeros;
}

}  // namespace

char* write_long_decimal(char* at, std::int64_t number) {
    constexpr std::int64_t eight_places = 100'000'000;
    if (number <= 0 || number >= eight_places * eight_places) return std::to_chars(at, at + 20, number).ptr;
    if (number < eight_places) return write_short_decimal(at, static_cast<std::uint32_t>(number));
    at = write_short_decimal(at, static_cast<std::uint32_t>(number / eight_places));
    store_digits(at, digits_of(static_cast<std::uint32_t>(number % eight_places)));
    return at + 8;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        if (end > 0) parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4U];
        text += digits[static_cast<unsigned char>(byte) & 0xFU];
    }
    return text;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
        if (error != std::errc{} || end != text.data() + i + 2) return std::nullopt;
        bytes += static_cast<char>(value);
    }
    return bytes;
}

}  // namespace tern
