#include "base/hash.hpp"

#include <isa-l/crc.h>

#include "base/unicode.hpp"

namespace tern {
std::int32_t java_hash(std::string_view text) {
    std::uint32_t hash = 0;
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
