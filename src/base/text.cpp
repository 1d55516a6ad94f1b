#include "base/text.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <array>
#include <cstring>

#include "base/digits.hpp"

namespace tern {
namespace {

constexpr std::int64_t eight_places = 100'000'000;

// Without zeros in front; not for 0.
char* write_short_decimal(char* at, std::uint32_t number) {
    const std::uint64_t digits = digits_of(number);
    const int zeros = std::countr_zero(digits) / 8;
    store_digits(at, digits >> (8 * zeros));
    return at + 8 - zeros;
}

// A function of its own: the short one, which headers are full of, needs no registers saved for it.
[[gnu::noinline]] char* write_any_decimal(char* at, std::int64_t number) {
    if (number <= 0 || number >= eight_places * eight_places) return std::to_chars(at, at + 20, number).ptr;
    at = write_decimal(at, number / eight_places);
    store_digits(at, digits_of(static_cast<std::uint32_t>(number % eight_places)));
    return at + 8;
}

}  // namespace

char* write_long_decimal(char* at, std::int64_t number) {
    if (number <= 0 || number >= eight_places) return write_any_decimal(at, number);
    return write_short_decimal(at, static_cast<std::uint32_t>(number));
}

std::string human_size(std::int64_t bytes) {
    std::int64_t unit = 1;
    std::string_view names = "BKMGTPE";
    for (; bytes / unit >= 1024; unit *= 1024) names.remove_prefix(1);
    if (unit == 1) return std::to_string(bytes) + " B";
    // Rounded half up, as Java does it.
    const auto rest = static_cast<std::uint64_t>(bytes % unit);
    const auto tenths = (rest * 10 + static_cast<std::uint64_t>(unit) / 2) / static_cast<std::uint64_t>(unit);
    const auto whole = bytes / unit + static_cast<std::int64_t>(tenths / 10);
    return std::to_string(whole) + "." + std::to_string(tenths % 10) + " " + names.front() + "iB";
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
    std::string text(bytes.size() * 2, '\0');
    write_hex(text.data(), bytes);
    return text;
}

char* write_hex(char* at, std::string_view bytes) {
    static constexpr auto pairs = [] {
        constexpr std::string_view digits = "0123456789ABCDEF";
        std::array<std::array<char, 2>, 256> texts{};
        for (std::size_t byte = 0; byte < texts.size(); ++byte)
            texts[byte] = {digits[byte >> 4U], digits[byte & 0xFU]};
        return texts;
    }();
#if defined(__SSE2__)
    // An id with an IPv4 address in it is one such block.
    for (; bytes.size() >= 16; bytes.remove_prefix(16)) {
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data()));
        const __m128i four_bits = _mm_set1_epi8(0xF);
        const __m128i high = _mm_and_si128(_mm_srli_epi16(block, 4), four_bits);
        const __m128i low = _mm_and_si128(block, four_bits);
        for (const __m128i values : {_mm_unpacklo_epi8(high, low), _mm_unpackhi_epi8(high, low)}) {
            const __m128i is_letter = _mm_cmpgt_epi8(values, _mm_set1_epi8(9));
            const __m128i letters = _mm_and_si128(is_letter, _mm_set1_epi8('A' - '0' - 10));
            const __m128i digits = _mm_add_epi8(_mm_add_epi8(values, _mm_set1_epi8('0')), letters);
            _mm_storeu_si128(reinterpret_cast<__m128i*>(at), digits);
            at += 16;
        }
    }
#endif
    for (const char byte : bytes) {
        std::memcpy(at, pairs[static_cast<unsigned char>(byte)].data(), 2);
        at += 2;
    }
    return at;
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
