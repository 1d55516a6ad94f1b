// Any bytes as what a member sends: whatever is accepted is written again as the same bytes, and no one who
// does not know the secret gets a link opened. The first byte says what the rest is: a stream as it comes, or
// frames (length of the body, kind, body) whose checksums are made right, for no fuzzer finds them by chance.
#include "check.hpp"
#include "replication/link_handshake.hpp"

namespace tern::replication {
namespace {

constexpr std::size_t frame_max = 64 * 1024;

void check_round_trip(const MemberMessage& message, std::string_view frame) {
    Buffer again;
    TERN_ASSERT(encode_member_message(message, frame_max, again));
    TERN_ASSERT(again.view() == frame);
}

// Calls take(message) until it says that it is enough.
template <class Take>
void read_all(std::string_view stream, Take take) {
    MemberLinkReader reader{frame_max};
    std::uint64_t newer = 0;
    while (true) {
        const auto next = reader.next(stream);
        if (!next || !*next) return;
        const auto& [size, message] = **next;
        TERN_ASSERT(size >= member_frame_prefix_size && size <= stream.size() && size <= frame_max);
        if (message) {
            check_round_trip(*message, stream.substr(0, size));
            if (!take(*message)) return;
        } else {
            TERN_ASSERT(reader.skipped() == ++newer);
        }
        stream.remove_prefix(size);
    }
}

void check_stream(std::string_view stream) {
    read_all(stream, [](const MemberMessage&) { return true; });
}

Buffer sealed_frames(std::string_view input) {
    Buffer stream;
    for (ByteReader in{input}; !in.rest().empty();) {
        const auto size = in.read<std::uint16_t>();
        const auto kind = in.read<std::uint8_t>();
        const auto body = in.read_bytes(size ? std::min<std::size_t>(*size, in.rest().size()) : 0);
        if (!kind) break;
        MemberFrameWriter frame{stream, MemberFrameKind{*kind}};
        stream.append(*body);
        (void)frame.finish(frame_max);
    }
    return stream;
}

void check_frames(std::string_view input) {
    check_stream(sealed_frames(input).view());
}

LinkIdentity member(std::int64_t id) {
    return {.group = GroupId{7},
            .group_name = "broker-a",
            .self = raft::MemberId{id},
            .incarnation = raft::Incarnation{11},
            .secret = "secret"};
}

// What each side of a handshake makes of it.
void check_handshakes(std::string_view input) {
    const Buffer stream = sealed_frames(input);
    const auto meet = [&](LinkHandshake handshake) {
        (void)handshake.connected();
        read_all(stream.view(), [&](const MemberMessage& message) {
            const HandshakeStep step = handshake.received(message);
            TERN_ASSERT(!step.open);
            Buffer out;
            if (step.send) TERN_ASSERT(encode_member_message(*step.send, handshake_frame_max, out));
            return !step.refused;
        });
    };
    meet(LinkHandshake::asking(member(2), LinkNonce{}, raft::MemberId{1}));
    meet(LinkHandshake::answering(member(2), LinkNonce{}, [](const Hello&) { return std::nullopt; }));
}

}  // namespace
}  // namespace tern::replication

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using Check = void (*)(std::string_view);
    using namespace tern::replication;
    constexpr Check checks[] = {check_stream, check_frames, check_handshakes};
    if (size == 0) return 0;
    checks[data[0] % std::size(checks)](tern::as_bytes(data, size).substr(1));
    return 0;
}
