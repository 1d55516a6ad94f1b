#include "base/hash.hpp"

#include <isa-l/crc.h>

#include <bit>
#include <cstring>

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

}  // namespace

std::int32_t java_hash(std::string_view text, std::int32_t from) {
    auto hash = static_cast<std::uint32_t>(from);
    const char* at = text.data();
    const char* const end = at + text.size();
    // Eight ASCII characters a step: pairs, pairs of pairs, and those joined, each in one multiplication of a
    // word.
    for (; std::endian::native == std::endian::little && end - at >= 8; at += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, at, sizeof eight);
        if ((eight & 0x8080808080808080U) != 0) return java_hash_of_units({at, end}, hash);
        const std::uint64_t pairs = (eight & 0x00FF00FF00FF00FFU) * 31 + (eight >> 8U & 0x00FF00FF00FF00FFU);
        const std::uint64_t fours =
            (pairs & 0x0000FFFF0000FFFFU) * (31 * 31) + (pairs >> 16U & 0x0000FFFF0000FFFFU);
        constexpr std::uint32_t four_places = 31U * 31 * 31 * 31;
        hash = (hash * four_places + static_cast<std::uint32_t>(fours)) * four_places +
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
