// The frame: int32 length of what follows, int8 header encoding, int24 header length, header, body.
// docs/formats/frame.md is its specification (spec: RocketMQ remoting protocol, framing).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.hpp"

namespace tern::remoting {

enum class HeaderEncoding : std::uint8_t { json = 0, binary = 1 };

inline constexpr std::size_t frame_size_max =
    std::size_t{16} * 1024 * 1024;  // With the length word; RocketMQ's.
inline constexpr std::size_t header_size_max = std::size_t{1} * 1024 * 1024;  // Ours.
inline constexpr std::size_t frame_prefix_size = 8;                           // Both length words.

// Views into the bytes it was cut from.
struct FrameView {
    HeaderEncoding encoding{};
    std::string_view header;
    std::string_view body;
    std::size_t size{};  // The whole frame's, with both length words: what to drop from the stream.
};

// The first frame of bytes; nothing when it is not all there yet; an error when it can never be a frame (the
// connection is then to be closed). frame_size_max bounds how much must be buffered before one of the three.
Result<std::optional<FrameView>> cut_frame(std::string_view bytes);

}  // namespace tern::remoting
