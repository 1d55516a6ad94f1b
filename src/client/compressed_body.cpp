#include "client/compressed_body.hpp"

#define ZLIB_CONST
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "model/message_record.hpp"

namespace tern::client {
namespace {

constexpr std::int32_t method_mask = 0x700;
constexpr std::int32_t method_lz4 = 0x100;
constexpr std::int32_t method_zstd = 0x200;
constexpr std::int32_t method_zlib = 0x300;  // As none is: the only one there was.
constexpr int zstd_window_log_max = 26;      // So that a frame cannot ask for more memory than a body.

// What a decoder made of its input.
struct Step {
    std::size_t taken{};
    std::size_t given{};
    bool ends{};
};

// next(rest, to, room): a Step, or nothing where the bytes are none of the method's.
template <class Next>
Result<std::string> expand(std::string_view compressed, std::string_view method, Next next) {
    std::string_view rest = compressed;
    std::string plain;
    while (plain.size() <= uncompressed_body_size_max) {
        const auto used = plain.size();
        const auto room = std::min(std::max(compressed.size() * 4, std::size_t{4096}),
                                   uncompressed_body_size_max + 1 - used);
        plain.resize(used + room);
        const std::optional<Step> step = next(rest, plain.data() + used, room);
        if (!step || (!step->ends && step->taken == 0 && step->given == 0))
            return failure(Errc::malformed, "a compressed body is no " + std::string{method} + " stream");
        plain.resize(used + step->given);
        rest.remove_prefix(step->taken);
        if (step->ends && plain.size() <= uncompressed_body_size_max) return plain;
    }
    return failure(Errc::limit_exceeded, "a compressed body has more than 64 MiB");
}

Result<std::string> expand_zlib(std::string_view compressed) {
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) return failure(Errc::internal, "zlib does not start");
    const std::unique_ptr<z_stream, int (*)(z_stream*)> ends{&stream, inflateEnd};
    return expand(compressed, "zlib", [&](std::string_view rest, char* to, std::size_t room) {
        stream.next_in = reinterpret_cast<const Bytef*>(rest.data());
        stream.avail_in = static_cast<uInt>(rest.size());
        stream.next_out = reinterpret_cast<Bytef*>(to);
        stream.avail_out = static_cast<uInt>(room);
        const int state = inflate(&stream, Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END) return std::optional<Step>{};
        return std::optional{
            Step{rest.size() - stream.avail_in, room - stream.avail_out, state == Z_STREAM_END}};
    });
}

Result<std::string> expand_lz4(std::string_view compressed) {
    LZ4F_dctx* context = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        return failure(Errc::internal, "LZ4 does not start");
    const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> ends{context,
                                                                            LZ4F_freeDecompressionContext};
    return expand(compressed, "LZ4", [&](std::string_view rest, char* to, std::size_t room) {
        std::size_t taken = rest.size();
        std::size_t given = room;
        const auto left = LZ4F_decompress(context, to, &given, rest.data(), &taken, nullptr);
        if (LZ4F_isError(left)) return std::optional<Step>{};
        return std::optional{Step{taken, given, left == 0}};
    });
}

Result<std::string> expand_zstd(std::string_view compressed) {
    const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream{ZSTD_createDStream(),
                                                                               ZSTD_freeDStream};
    if (!stream ||
        ZSTD_isError(ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, zstd_window_log_max)))
        return failure(Errc::internal, "Zstandard does not start");
    return expand(compressed, "Zstandard", [&](std::string_view rest, char* to, std::size_t room) {
        ZSTD_inBuffer in{rest.data(), rest.size(), 0};
        ZSTD_outBuffer out{to, room, 0};
        const auto left = ZSTD_decompressStream(stream.get(), &out, &in);
        if (ZSTD_isError(left)) return std::optional<Step>{};
        return std::optional{Step{in.pos, out.pos, left == 0}};
    });
}

}  // namespace

Result<std::string> uncompressed(std::string_view body, std::int32_t sys_flag) {
    if ((sys_flag & model::sys_flag::compressed) == 0) return std::string{body};
    switch (sys_flag & method_mask) {
        case method_lz4:
            return expand_lz4(body);
        case method_zstd:
            return expand_zstd(body);
        case method_zlib:
        case 0:
            return expand_zlib(body);
        default:
            return failure(Errc::not_supported, "a body compressed by a method that we do not know");
    }
}

}  // namespace tern::client
