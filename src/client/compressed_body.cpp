#include "client/compressed_body.hpp"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>

#include "model/message_record.hpp"

namespace tern::client {
namespace {

constexpr std::int32_t method_mask = 0x300;
constexpr std::int32_t method_lz4 = 0x100;
constexpr std::int32_t method_zstd = 0x200;  // Everything else is zlib.

Result<std::string> inflate_all(std::string_view compressed) {
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) return failure(Errc::internal, "zlib does not start");
    stream.next_in = reinterpret_cast<const Bytef*>(compressed.data());
    stream.avail_in = static_cast<uInt>(compressed.size());
    std::string plain;
    int state = Z_OK;
    while (state == Z_OK && plain.size() <= uncompressed_body_size_max) {
        const auto used = plain.size();
        const auto step = std::max(compressed.size() * 4, std::size_t{4096});
        plain.resize(used + step);
        stream.next_out = reinterpret_cast<Bytef*>(plain.data() + used);
        stream.avail_out = static_cast<uInt>(step);
        state = inflate(&stream, Z_NO_FLUSH);
        plain.resize(used + step - stream.avail_out);
    }
    inflateEnd(&stream);
    if (plain.size() > uncompressed_body_size_max)
        return failure(Errc::limit_exceeded, "a compressed body has more than 64 MiB");
    if (state != Z_STREAM_END) return failure(Errc::malformed, "a compressed body is no zlib stream");
    return plain;
}

}  // namespace

Result<std::string> uncompressed(std::string_view body, std::int32_t sys_flag) {
    if ((sys_flag & model::sys_flag::compressed) == 0) return std::string{body};
    switch (sys_flag & method_mask) {
        case method_lz4:
            return failure(Errc::not_supported, "a body compressed by LZ4");
        case method_zstd:
            return failure(Errc::not_supported, "a body compressed by Zstandard");
        default:
            return inflate_all(body);
    }
}

}  // namespace tern::client
