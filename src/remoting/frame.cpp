#include "remoting/frame.hpp"

#include "base/bytes.hpp"

namespace tern::remoting {
namespace {

std::unexpected<Error> bad_frame(const char* what, std::int64_t value) {
    return failure(Errc::malformed, std::string{"frame: "} + what + " " + std::to_string(value));
}

}  // namespace

Result<std::optional<FrameView>> cut_frame(std::string_view bytes) {
    if (bytes.size() < sizeof(std::int32_t)) return std::nullopt;
    const std::int64_t length = load_be<std::int32_t>(bytes.data());
    if (length < 4) return bad_frame("impossible length", length);
    const auto size = static_cast<std::size_t>(length) + sizeof(std::int32_t);
    if (size > frame_size_max) return failure(Errc::limit_exceeded, "frame: size " + std::to_string(size));
    if (bytes.size() < frame_prefix_size) return std::nullopt;

    const auto encoding_and_size = load_be<std::uint32_t>(bytes.data() + 4);
    const auto encoding = encoding_and_size >> 24U;
    const std::size_t header_size = encoding_and_size & 0xFFFFFFU;
    if (encoding > static_cast<std::uint32_t>(HeaderEncoding::binary))
        return bad_frame("unknown encoding", encoding);
    if (header_size > size - frame_prefix_size)
        return bad_frame("header beyond its end:", static_cast<std::int64_t>(header_size));
    if (header_size > header_size_max)
        return failure(Errc::limit_exceeded, "frame: header size " + std::to_string(header_size));
    if (bytes.size() < size) return std::nullopt;
    return FrameView{
        .encoding = static_cast<HeaderEncoding>(encoding),
        .header = bytes.substr(frame_prefix_size, header_size),
        .body = bytes.substr(frame_prefix_size + header_size, size - frame_prefix_size - header_size),
        .size = size};
}

}  // namespace tern::remoting
