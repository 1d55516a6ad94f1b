#include "json/escape.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/bytes.hpp"
#include "base/unicode.hpp"
#include "json/string_scan.hpp"

namespace tern::json {
namespace {

// What follows the backslash for an escaped byte: a letter, 'u' for the long form, 0 for none.
constexpr auto short_escapes = [] {
    std::array<char, 256> letters{};
    for (std::size_t control = 0; control < 0x20; ++control) letters[control] = 'u';
    letters['\b'] = 'b';
    letters['\t'] = 't';
    letters['\n'] = 'n';
    letters['\f'] = 'f';
    letters['\r'] = 'r';
    letters['"'] = '"';
    letters['\\'] = '\\';
    return letters;
}();

// What an escape letter stands for; 0 for none, 'u' is treated apart.
constexpr auto escape_letters = [] {
    std::array<char, 256> bytes{};
    for (std::size_t byte = 1; byte < 256; ++byte)
        if (short_escapes[byte] != 0 && short_escapes[byte] != 'u')
            bytes[static_cast<unsigned char>(short_escapes[byte])] = static_cast<char>(byte);
    bytes['/'] = '/';
    bytes['\''] = '\'';
    return bytes;
}();

char* write_escape(unsigned char byte, char* out) {
    if (short_escapes[byte] == 'u') return write_unicode_escape(byte, out);
    *out++ = '\\';
    *out++ = short_escapes[byte];
    return out;
}

[[gnu::noinline]] char* escape_bytes(const char* at, const char* end, char* out) {
    while (at != end) {
        if (end - at >= static_cast<std::ptrdiff_t>(scan_block_size)) {
            std::memcpy(out, at, scan_block_size);
            const std::size_t plain = plain_to_write(scan::load(at));
            at += plain;
            out += plain;
            if (plain == scan_block_size) continue;
        }
        const auto byte = static_cast<unsigned char>(*at++);
        if (short_escapes[byte] == 0) {
            *out++ = static_cast<char>(byte);
        } else {
            out = write_escape(byte, out);
        }
    }
    return out;
}

// The value of a hexadecimal digit; above 15 for what is none.
constexpr auto hex_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(0xFF);
    for (std::uint8_t i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = i;
    for (std::uint8_t i = 10; i < 16; ++i) {
        values[static_cast<std::size_t>('a' + i - 10)] = i;
        values[static_cast<std::size_t>('A' + i - 10)] = i;
    }
    return values;
}();

const char* read_long_escape(const char* at, const char* end, char*& out) {
    std::string_view rest{at + 2, end};
    const auto code_point = take_unicode_escape(rest);
    if (!code_point) return nullptr;
    out = write_utf8(*code_point, out);
    return rest.data();
}

// The character of "\u00XX" at at, six bytes; -1 for another escape, and for what is not ASCII.
inline int short_unicode_escape(const char* at) {
    const int byte =
        hex_values[static_cast<unsigned char>(at[4])] * 16 + hex_values[static_cast<unsigned char>(at[5])];
    return std::memcmp(at, "\\u00", 4) == 0 && byte < 0x80 ? byte : -1;
}

// The character of "\u000X" at at, where eight bytes are, if X is a digit of ten; above 9 for everything
// else.
inline std::uint64_t separator_escape(const char* at) {
    std::uint64_t eight;
    std::memcpy(&eight, at, sizeof eight);
    if constexpr (std::endian::native == std::endian::little) eight = __builtin_bswap64(eight);
    return (eight >> 16U) ^ 0x5C'75'30'30'30'30U;
}

// The escape at at. Those of the separators of properties, \u0001 and \u0002, are in every send.
const char* read_escape(const char* at, const char* end, char*& out) {
    if (end - at < 2) return nullptr;
    if (at[1] != 'u') {
        const char byte = escape_letters[static_cast<unsigned char>(at[1])];
        *out++ = byte;
        return byte != 0 ? at + 2 : nullptr;
    }
    if (end - at >= 6) {
        if (const int byte = short_unicode_escape(at); byte >= 0) {
            *out++ = static_cast<char>(byte);
            return at + 6;
        }
    }
    return read_long_escape(at, end, out);
}

}  // namespace

char* escape(std::string_view text, char* out) {
    const char* at = text.data();
    const char* const end = at + text.size();
    for (; end - at >= static_cast<std::ptrdiff_t>(scan_block_size); at += scan_block_size) {
        const std::size_t plain = plain_to_write(scan::load(at));
        if (plain != scan_block_size) [[unlikely]]
            return escape_bytes(at, end, out);
        std::memcpy(out, at, scan_block_size);
        out += scan_block_size;
    }
    const auto rest = static_cast<std::size_t>(end - at);
    if (rest == 0) return out;
    if (rest >= 4 && plain_to_write(scan::load_short(at, rest)) == scan_block_size) [[likely]]
        return copy_text(out, {at, rest});
    return escape_bytes(at, end, out);
}

char* escape_ascii(std::string_view text, char* out) {
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        if (byte < 0x80) {
            text.remove_prefix(1);
            if (short_escapes[byte] == 0) {
                *out++ = static_cast<char>(byte);
            } else {
                out = write_escape(byte, out);
            }
            continue;
        }
        out = write_unicode_escape(take_code_point(text), out);
    }
    return out;
}

const char* unescape(const char* at, const char* end, char*& out) {
    // As long as a block and an escape behind it are there, no end has to be looked for. The place to write
    // at stays in a register meanwhile: as far as the compiler knows, out itself may be written over.
    char* to = out;
    while (end - at >= static_cast<std::ptrdiff_t>(2 * scan_block_size)) {
        const auto block = scan::load(at);
        scan::store(to, block);
        const std::size_t plain = plain_to_read(block);
        at += plain;
        to += plain;
        if (plain == scan_block_size) continue;
        if (const std::uint64_t digit = separator_escape(at); digit <= 9) [[likely]] {
            *to++ = static_cast<char>(digit);
            at += 6;
            continue;
        }
        if (*at == '"') break;
        if (const int byte = short_unicode_escape(at); byte >= 0) {
            *to++ = static_cast<char>(byte);
            at += 6;
            continue;
        }
        out = to;
        at = read_escape(at, end, out);
        if (at == nullptr) return nullptr;
        to = out;
    }
    out = to;
    while (at != end) {
        if (*at == '"') return at;
        if (*at != '\\') {
            *out++ = *at++;
        } else if (at = read_escape(at, end, out); at == nullptr) {
            return nullptr;
        }
    }
    return end;
}

}  // namespace tern::json
