// Finds the bytes of a string that end it or need an escape, a block of bytes at a time. Nearly every header
// is read and written through these few lines, so they are counted in instructions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tern::json {

#if defined(__SSE2__)

inline constexpr std::size_t block_size = 16;

namespace detail {
// The place of the first byte of which the comparison is true; block_size when there is none.
inline std::size_t first_true(__m128i compared) {
    return static_cast<std::size_t>(
        std::countr_zero(static_cast<unsigned>(_mm_movemask_epi8(compared)) | 1U << block_size));
}
inline __m128i is_quote_or_backslash(__m128i block) {
    return _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')),
                        _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
}
inline __m128i load_block(const char* at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}
}  // namespace detail

// How many of the block_size bytes from at come before the first quote or backslash.
inline std::size_t plain_to_read(const char* at) {
    return detail::first_true(detail::is_quote_or_backslash(detail::load_block(at)));
}

// How many of them come before the first quote, backslash or control character.
inline std::size_t plain_to_write(const char* at) {
    const __m128i block = detail::load_block(at);
    const __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
    return detail::first_true(_mm_or_si128(is_control, detail::is_quote_or_backslash(block)));
}

#else

inline constexpr std::size_t block_size = 8;

namespace detail {
inline constexpr std::uint64_t ones = 0x0101010101010101U;

// The high bit of each byte that is below bound; bytes above the first such one may be wrong.
inline std::uint64_t is_below(std::uint64_t block, std::uint64_t bound) {
    return (block - ones * bound) & ~block & (ones * 0x80U);
}
inline std::uint64_t is_quote_or_backslash(std::uint64_t block) {
    return is_below(block ^ ones * '"', 1) | is_below(block ^ ones * '\\', 1);
}
inline std::uint64_t load_block(const char* at) {
    std::uint64_t block;
    std::memcpy(&block, at, sizeof block);
    return std::endian::native == std::endian::big ? __builtin_bswap64(block) : block;
}
}  // namespace detail

inline std::size_t plain_to_read(const char* at) {
    return static_cast<std::size_t>(std::countr_zero(detail::is_quote_or_backslash(detail::load_block(at)))) /
           8;
}

inline std::size_t plain_to_write(const char* at) {
    const std::uint64_t block = detail::load_block(at);
    return static_cast<std::size_t>(
               std::countr_zero(detail::is_quote_or_backslash(block) | detail::is_below(block, 0x20))) /
           8;
}

#endif

// The first quote or backslash of [at, end), or end.
inline const char* find_quote_or_backslash(const char* at, const char* end) {
    while (end - at >= static_cast<std::ptrdiff_t>(block_size)) {
        const std::size_t plain = plain_to_read(at);
        at += plain;
        if (plain != block_size) return at;
    }
    while (at != end && *at != '"' && *at != '\\') ++at;
    return at;
}

}  // namespace tern::json
