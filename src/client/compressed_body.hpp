// Bodies that producers compressed (wire-protocol 16.3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace tern::client {

inline constexpr std::size_t uncompressed_body_size_max = std::size_t{64} * 1024 * 1024;

// The body as the producer had it; the body itself when sys_flag says that it is not compressed.
// zlib, LZ4's frame format and Zstandard; Errc::not_supported for another method, Errc::malformed, or
// Errc::limit_exceeded beyond the size above.
Result<std::string> uncompressed(std::string_view body, std::int32_t sys_flag);

}  // namespace tern::client
