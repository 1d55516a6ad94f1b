#include "base/unicode.hpp"

#include <array>
#include <charconv>

namespace tern {
namespace {

bool is_high_surrogate(std::uint32_t unit) {
    return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low_surrogate(std::uint32_t unit) {
    return unit >= 0xDC00 && unit < 0xE000;
}

std::optional<std::uint32_t> read_four_digits(std::string_view text) {
    std::uint32_t unit = 0;
    if (text.size() < 4) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + 4, unit, 16);
    if (error != std::errc{} || end != text.data() + 4) return std::nullopt;
    return unit;
}

char* write_unit(std::uint32_t unit, char* out) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    *out++ = '\\';
    *out++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *out++ = digits[(unit >> static_cast<unsigned>(shift)) & 0xFU];
    return out;
}

}  // namespace

std::uint32_t take_code_point(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    std::uint32_t code_point = size == 1 ? lead : lead & (0x7FU >> size);
    bool valid = lead < 0x80 || (size > 1 && lead < 0xF8 && text.size() >= size);
    for (std::size_t i = 1; valid && i < size; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        valid = (next & 0xC0U) == 0x80U;
        code_point = code_point << 6U | (next & 0x3FU);
    }
    valid = valid && code_point >= smallest[size] && code_point <= 0x10FFFF &&
            !is_high_surrogate(code_point) && !is_low_surrogate(code_point);
    text.remove_prefix(valid ? size : 1);
    return valid ? code_point : replacement_character;
}

char* write_utf8(std::uint32_t code_point, char* out) {
    const auto continuation = [&](unsigned shift) {
        *out++ = static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU));
    };
    if (code_point < 0x80) {
        *out++ = static_cast<char>(code_point);
    } else if (code_point < 0x800) {
        *out++ = static_cast<char>(0xC0U | (code_point >> 6U));
        continuation(0);
    } else if (code_point < 0x10000) {
        *out++ = static_cast<char>(0xE0U | (code_point >> 12U));
        continuation(6);
        continuation(0);
    } else {
        *out++ = static_cast<char>(0xF0U | (code_point >> 18U));
        continuation(12);
        continuation(6);
        continuation(0);
    }
    return out;
}

std::optional<std::uint32_t> take_unicode_escape(std::string_view& text) {
    const auto unit = read_four_digits(text);
    if (!unit) return std::nullopt;
    text.remove_prefix(4);
    if (is_low_surrogate(*unit)) return replacement_character;
    if (!is_high_surrogate(*unit)) return unit;
    const auto low = text.starts_with("\\u") ? read_four_digits(text.substr(2)) : std::nullopt;
    if (!low || !is_low_surrogate(*low)) return replacement_character;
    text.remove_prefix(6);
    return 0x10000U + ((*unit - 0xD800U) << 10U) + (*low - 0xDC00U);
}

char* write_unicode_escape(std::uint32_t code_point, char* out) {
    if (code_point < 0x10000) return write_unit(code_point, out);
    return write_unit(low_surrogate(code_point), write_unit(high_surrogate(code_point), out));
}

}  // namespace tern
