#include "base/hash.hpp"

#include <isa-l/crc.h>

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/unicode.hpp"

namespace tern {
namespace {

// Of any text; what stands before it has the hash so far.
[[gnu::noinline]] std::int32_t java_hash_of_units(std::string_view text, std::uint32_t hash) {
    while (!text.empty()) {
        const std::uint32_t code = take_code_point(text);
        if (code < 0x10000) {
            hash = hash * 31 + code;
        } else {
            hash = hash * 31 + high_surrogate(code);
            hash = hash * 31 + low_surrogate(code);
        }
    }
    return static_cast<std::int32_t>(hash);
}

constexpr std::uint32_t power_of_31(int exponent) {
    std::uint32_t power = 1;
    while (exponent-- > 0) power *= 31;
    return power;
}

#if defined(__SSE2__)
// Takes what it can of the front of an ASCII text, sixteen characters a step: pairs, fours of those, and the
// four fours.
const char* hash_blocks(const char* at, const char* end, std::uint32_t& hash) {
    const auto places = [](std::uint32_t low, std::uint32_t high) {
        return _mm_set_epi32(0, static_cast<int>(high), 0, static_cast<int>(low));
    };
    const __m128i in_pairs = _mm_set1_epi32(1 << 16 | 31);
    const __m128i in_fours = _mm_set1_epi32(1 << 16 | 31 * 31);
    for (; end - at >= 16; at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        if (_mm_movemask_epi8(bytes) != 0) return at;
        const __m128i zero = _mm_setzero_si128();
        const __m128i pairs = _mm_packs_epi32(_mm_madd_epi16(_mm_unpacklo_epi8(bytes, zero), in_pairs),
                                              _mm_madd_epi16(_mm_unpackhi_epi8(bytes, zero), in_pairs));
        const __m128i fours = _mm_madd_epi16(pairs, in_fours);
        const __m128i even = _mm_mul_epu32(fours, places(power_of_31(12), power_of_31(4)));
        const __m128i odd = _mm_mul_epu32(_mm_srli_epi64(fours, 32), places(power_of_31(8), 1));
        const __m128i halves = _mm_add_epi64(even, odd);
        const __m128i sum = _mm_add_epi64(halves, _mm_unpackhi_epi64(halves, halves));
        hash = hash * power_of_31(16) + static_cast<std::uint32_t>(_mm_cvtsi128_si32(sum));
    }
    return at;
}
#else
const char* hash_blocks(const char* at, const char*, std::uint32_t&) {
    return at;
}
#endif

}  // namespace

std::int32_t java_hash(std::string_view text, std::int32_t from) {
    auto hash = static_cast<std::uint32_t>(from);
    const char* const end = text.data() + text.size();
    const char* at = hash_blocks(text.data(), end, hash);
    // Eight ASCII characters a step: pairs, pairs of pairs, and those joined, each in one multiplication of a
    // word.
    for (; std::endian::native == std::endian::little && end - at >= 8; at += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, at, sizeof eight);
        if ((eight & 0x8080808080808080U) != 0) return java_hash_of_units({at, end}, hash);
        const std::uint64_t pairs = (eight & 0x00FF00FF00FF00FFU) * 31 + (eight >> 8U & 0x00FF00FF00FF00FFU);
        const std::uint64_t fours =
            (pairs & 0x0000FFFF0000FFFFU) * (31 * 31) + (pairs >> 16U & 0x0000FFFF0000FFFFU);
        hash = (hash * power_of_31(4) + static_cast<std::uint32_t>(fours)) * power_of_31(4) +
               static_cast<std::uint32_t>(fours >> 32U);
    }
    for (; at != end; ++at) {
        const auto byte = static_cast<unsigned char>(*at);
        if (byte >= 0x80) return java_hash_of_units({at, end}, hash);
        hash = hash * 31 + byte;
    }
    return static_cast<std::int32_t>(hash);
}

std::uint32_t crc32(std::string_view bytes, std::uint32_t from) {
    return crc32_gzip_refl(from, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

}  // namespace tern
