// The two hashes that RocketMQ's bytes depend on.
#pragma once

#include <cstdint>
#include <string_view>

namespace tern {

// Java's String.hashCode over the UTF-16 units of the UTF-8 text; a malformed byte counts as U+FFFD. Pass the
// hash of what stands before the text to go on from it.
std::int32_t java_hash(std::string_view text, std::int32_t from = 0);

// CRC-32 (ISO-HDLC, as java.util.zip.CRC32), all 32 bits; pass an earlier result to go on from it.
std::uint32_t crc32(std::string_view bytes, std::uint32_t from = 0);

// As RocketMQ keeps it: without the sign bit.
inline std::int32_t crc32_masked(std::string_view bytes) {
    return static_cast<std::int32_t>(crc32(bytes) & 0x7FFFFFFFU);
}

}  // namespace tern
