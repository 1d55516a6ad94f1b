#include "base/hash.hpp"

#include <isa-l/crc.h>

#include <bit>
#include <cstring>

#include "base/unicode.hpp"

namespace tern {
std::int32_t java_hash(std::string_view text, std::int32_t from) {
    auto hash = static_cast<std::uint32_t>(from);
    // Eight ASCII characters a step: pairs, pairs of pairs, and those joined, each in one multiplication of a
    // word.
    const char* at = text.data();
    for (const char* const last = at + text.size() - text.size() % 8; at != last; at += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, at, sizeof eight);
        if ((eight & 0x8080808080808080U) != 0 || std::endian::native != std::endian::little) break;
        const std::uint64_t pairs = (eight & 0x00FF00FF00FF00FFU) * 31 + (eight >> 8U & 0x00FF00FF00FF00FFU);
        const std::uint64_t fours =
            (pairs & 0x0000FFFF0000FFFFU) * (31 * 31) + (pairs >> 16U & 0x0000FFFF0000FFFFU);
        constexpr std::uint32_t four_places = 31U * 31 * 31 * 31;
        hash = (hash * four_places + static_cast<std::uint32_t>(fours)) * four_places +
               static_cast<std::uint32_t>(fours >> 32U);
    }
    text.remove_prefix(static_cast<std::size_t>(at - text.data()));
    while (!text.empty()) {
        const auto first = static_cast<unsigned char>(text.front());
        if (first < 0x80) [[likely]] {
            hash = hash * 31 + first;
            text.remove_prefix(1);
            continue;
        }
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

std::uint32_t crc32(std::string_view bytes, std::uint32_t from) {
    return crc32_gzip_refl(from, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

}  // namespace tern
