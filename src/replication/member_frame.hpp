// The frame between members of a group: int32 length of what follows, CRC-32 of all the rest, int8 version,
// int8 kind, body. docs/formats/member-link.md is its specification.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/buffer.hpp"
#include "base/result.hpp"

namespace tern::replication {

// What a frame says. From 16 on they are the messages of raft, in the order of raft::Message.
enum class MemberFrameKind : std::uint8_t {
    hello = 1,
    hello_reply = 2,
    hello_done = 3,
    link_refusal = 4,
    link_alive = 5,
    vote_request = 16,
    vote_reply = 17,
    append = 18,
    append_reply = 19,
    heartbeat = 20,
    heartbeat_reply = 21,
    timeout_now = 22,
    snapshot_offer = 32,
    snapshot_reply = 33,
    snapshot_part = 34,
    lost_tail_request = 35,
    lost_tail_part = 36,
    log_block_request = 37,
    log_block = 38,
    group_policy = 39,
};

inline constexpr std::uint8_t member_frame_version = 1;
inline constexpr std::size_t member_frame_prefix_size = 10;  // All before the body.
// Carries the largest entry of a log behind a header of any size: records of one batch, or the blank that
// they leave at the end of a segment. A client's frame has 16 MB of them, and its records are longer than
// that by what each has of its own.
inline constexpr std::size_t default_member_frame_max = std::size_t{28} * 1024 * 1024;

// A view into the bytes it was cut from. Its checksum was right.
struct MemberFrame {
    std::uint8_t kind{};  // A MemberFrameKind, or one of a newer version.
    std::string_view body;
    std::size_t size{};  // The whole frame's: what to drop from the stream.
};

// The first frame of bytes; nothing when it is not all there yet; an error when it can never be a frame (the
// connection is then to be closed). frame_max bounds how much must be buffered before one of the three.
Result<std::optional<MemberFrame>> cut_member_frame(std::string_view bytes, std::size_t frame_max);

// Appends one frame to `out`: what is appended between construction and finish() is its body.
class MemberFrameWriter {
public:
    MemberFrameWriter(Buffer& out, MemberFrameKind kind);
    // Errc::limit_exceeded when it is too long; nothing of it is in the buffer then.
    Result<> finish(std::size_t frame_max);

private:
    Buffer& out_;
    std::size_t start_;
};

}  // namespace tern::replication
