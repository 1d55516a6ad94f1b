// Finds the first of a few bytes in a text, a block at a time. Nearly every header and every property string
// is read through these few lines, so they are counted in instructions.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/bytes.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tern {

#if defined(__SSE2__)

inline constexpr std::size_t scan_block_size = 16;

namespace scan {
using Block = __m128i;
inline Block load(const char* at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}
inline void store(char* to, Block block) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
}
inline Block equal(Block block, char byte) {
    return _mm_cmpeq_epi8(block, _mm_set1_epi8(byte));
}
// Bytes up to this one, which is below 0x80.
inline Block up_to(Block block, char byte) {
    return _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(byte)), block);
}
inline Block either(Block a, Block b) {
    return _mm_or_si128(a, b);
}
// The bytes of a text of 4 to scan_block_size bytes, some of them twice.
inline Block load_short(const char* at, std::size_t size) {
    const auto word = [&](std::size_t place) {
        std::int32_t bytes;
        std::memcpy(&bytes, at + place, sizeof bytes);
        return bytes;
    };
    if (size < 8) return _mm_set_epi32(word(0), word(0), word(0), word(size - 4));
    return _mm_set_epi32(word(0), word(4), word(size - 8), word(size - 4));
}
// The place of the first byte that compared true; scan_block_size when there is none.
inline std::size_t first(Block compared) {
    return static_cast<std::size_t>(
        std::countr_zero(static_cast<unsigned>(_mm_movemask_epi8(compared)) | 1U << scan_block_size));
}
// The places of all that compared true, to be taken one after another.
using Mask = unsigned;
inline constexpr std::size_t mask_bits = 1;  // Of one place.
inline Mask mask(Block compared) {
    return static_cast<Mask>(_mm_movemask_epi8(compared));
}
}  // namespace scan

#else

inline constexpr std::size_t scan_block_size = 8;

namespace scan {
using Block = std::uint64_t;
inline constexpr Block ones = 0x0101010101010101U;

inline Block load(const char* at) {
    Block block;
    std::memcpy(&block, at, sizeof block);
    return std::endian::native == std::endian::big ? __builtin_bswap64(block) : block;
}
inline void store(char* to, Block block) {
    if (std::endian::native == std::endian::big) block = __builtin_bswap64(block);
    std::memcpy(to, &block, sizeof block);
}
inline Block load_short(const char* at, std::size_t size) {
    std::uint32_t first;
    std::uint32_t last;
    std::memcpy(&first, at, sizeof first);
    std::memcpy(&last, at + size - sizeof last, sizeof last);
    return std::uint64_t{first} << 32U | last;
}
// The high bit of each byte that is below bound; bytes above the first such one may be wrong.
inline Block below(Block block, Block bound) {
    return (block - ones * bound) & ~block & (ones * 0x80U);
}
inline Block equal(Block block, char byte) {
    const Block differs = block ^ ones * static_cast<unsigned char>(byte);
    constexpr Block low = ones * 0x7FU;
    return ~(((differs & low) + low) | differs | low);
}
inline Block up_to(Block block, char byte) {
    return below(block, static_cast<unsigned char>(byte) + 1U);
}
inline Block either(Block a, Block b) {
    return a | b;
}
inline std::size_t first(Block compared) {
    return static_cast<std::size_t>(std::countr_zero(compared)) / 8;
}
using Mask = Block;
inline constexpr std::size_t mask_bits = 8;
inline Mask mask(Block compared) {
    return compared;
}
}  // namespace scan

#endif

namespace scan {
// With that place alone.
inline Mask mask_of_place(std::size_t place) {
    return Mask{1} << (place * mask_bits + (mask_bits - 1));
}
}  // namespace scan

// Calls visit(part) for each part of the text that the separator ends, and for what is behind the last one;
// not for empty parts.
template <char separator, class Visit>
void for_each_part(std::string_view text, Visit&& visit) {
    constexpr auto size = static_cast<std::ptrdiff_t>(scan_block_size);
    const auto separators = [](const char* at) { return scan::mask(scan::equal(scan::load(at), separator)); };
    const auto separators_of_rest = [&](std::size_t rest) {
        if (text.size() >= scan_block_size)  // The last block, without what was seen before.
            return separators(text.data() + text.size() - size) >> (scan_block_size - rest) * scan::mask_bits;
        char all[scan_block_size] = {};
        copy_text(all, text);
        return separators(all);
    };
    const char* begin = text.data();  // Of the part under way.
    const char* const text_end = begin + text.size();
    for (const char* block = begin;; block += size) {
        const auto rest = static_cast<std::size_t>(text_end - block);
        // The end of the text ends a part as a separator does.
        scan::Mask found = rest >= scan_block_size
                               ? separators(block)
                               : (rest > 0 ? separators_of_rest(rest) : 0) | scan::mask_of_place(rest);
        for (; found != 0; found &= found - 1) {
            const char* const end =
                block + static_cast<std::size_t>(std::countr_zero(found)) / scan::mask_bits;
            if (end != begin) visit(std::string_view{begin, end});
            if (end == text_end) return;
            begin = end + 1;
        }
    }
}

// The first byte of [at, end) that is one of the two, or end.
template <char a, char b>
inline const char* find_either(const char* at, const char* end) {
    while (end - at >= static_cast<std::ptrdiff_t>(scan_block_size)) {
        const auto block = scan::load(at);
        const std::size_t others = scan::first(scan::either(scan::equal(block, a), scan::equal(block, b)));
        at += others;
        if (others != scan_block_size) return at;
    }
    while (at != end && *at != a && *at != b) ++at;
    return at;
}

}  // namespace tern
