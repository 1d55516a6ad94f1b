#include "replication/member_frame.hpp"

#include <string>

#include "base/bytes.hpp"
#include "base/hash.hpp"

namespace tern::replication {
namespace {

constexpr std::size_t length_size = 4;
constexpr std::size_t crc_place = 4;
constexpr std::size_t version_place = 8;
constexpr std::size_t kind_place = 9;

// Of the whole frame but the checksum itself.
std::uint32_t checksum(std::string_view frame) {
    return crc32(frame.substr(version_place), crc32(frame.substr(0, length_size)));
}

std::unexpected<Error> too_large(std::size_t size, std::size_t frame_max) {
    return failure(Errc::limit_exceeded,
                   "member frame: size " + std::to_string(size) + ", at most " + std::to_string(frame_max));
}

}  // namespace

Result<std::optional<MemberFrame>> cut_member_frame(std::string_view bytes, std::size_t frame_max) {
    if (bytes.size() < length_size) return std::nullopt;
    const std::size_t size = length_size + load_be<std::uint32_t>(bytes.data());
    if (size < member_frame_prefix_size)
        return failure(Errc::malformed, "member frame: impossible size " + std::to_string(size));
    if (size > frame_max) return too_large(size, frame_max);
    if (bytes.size() <= version_place) return std::nullopt;
    const auto version = load_be<std::uint8_t>(bytes.data() + version_place);
    if (version != member_frame_version)
        return failure(Errc::not_supported, "member frame: version " + std::to_string(version));
    if (bytes.size() < size) return std::nullopt;
    const auto frame = bytes.substr(0, size);
    const auto expected = load_be<std::uint32_t>(frame.data() + crc_place);
    if (const auto found = checksum(frame); found != expected)
        return failure(Errc::corrupt, "member frame: checksum " + std::to_string(found) + " instead of " +
                                          std::to_string(expected));
    return MemberFrame{.kind = load_be<std::uint8_t>(frame.data() + kind_place),
                       .body = frame.substr(member_frame_prefix_size),
                       .size = size};
}

MemberFrameWriter::MemberFrameWriter(Buffer& out, MemberFrameKind kind) : out_{out}, start_{out.size()} {
    out_.append_be<std::uint32_t>(0);
    out_.append_be<std::uint32_t>(0);
    out_.append_be<std::uint8_t>(member_frame_version);
    out_.append_be<std::uint8_t>(static_cast<std::uint8_t>(kind));
}

Result<> MemberFrameWriter::finish(std::size_t frame_max) {
    const std::size_t size = out_.size() - start_;
    if (size > frame_max) {
        out_.truncate(start_);
        return too_large(size, frame_max);
    }
    char* const frame = out_.data() + start_;
    store_be<std::uint32_t>(frame, static_cast<std::uint32_t>(size - length_size));
    store_be<std::uint32_t>(frame + crc_place, checksum({frame, size}));
    return {};
}

}  // namespace tern::replication
