// What members of a group say to each other over a connection, as values and as frames: who they are, the
// messages of raft with the bytes of the log that go with them, and snapshots. docs/formats/member-link.md is
// the specification; link_handshake.hpp says who is believed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/buffer.hpp"
#include "base/result.hpp"
#include "raft/messages.hpp"
#include "replication/group_id.hpp"
#include "replication/internal_record.hpp"
#include "replication/link_proof.hpp"
#include "replication/member_frame.hpp"

namespace tern::replication {

inline constexpr std::uint16_t member_link_version = 1;
inline constexpr std::size_t group_name_size_max = 255;
inline constexpr std::size_t client_address_size_max = 255;
inline constexpr std::size_t refusal_detail_size_max = 512;
inline constexpr std::size_t group_policy_size_max = 4096;
// Of one range. Who sends more terms than that cuts the range where the last of these ends.
inline constexpr std::size_t term_starts_max = 4096;

// The first frame of the side that asks for the link, and in HelloReply the answer of the other one.
struct Hello {
    std::int32_t level{feature_level};      // The highest that the sender knows,
    std::int32_t level_needed{base_level};  // and the lowest that its group's log can be followed with.
    GroupId group;
    std::string group_name;
    raft::MemberId from;
    raft::MemberId to;  // Whom the sender wants, or answers.
    raft::Incarnation incarnation;
    std::string client_address;  // "ip:port" where the sender serves clients; empty: it serves none.
    bool has_secret{false};      // The sender proves itself, and wants a proof.
    LinkNonce nonce{};
    friend bool operator==(const Hello&, const Hello&) = default;
};

struct HelloReply {
    Hello hello;
    std::optional<LinkProof> proof;
    friend bool operator==(const HelloReply&, const HelloReply&) = default;
};

// The side that asked has seen the answer and takes it. Everything behind it is of the open link.
struct HelloDone {
    std::optional<LinkProof> proof;
    friend bool operator==(const HelloDone&, const HelloDone&) = default;
};

// Why a side takes no link; newer versions may have more.
enum class LinkRefusalReason : std::uint8_t {
    link_version = 1,    // Of another version than ours.
    wrong_group = 2,     // Another group's id or name.
    wrong_member = 3,    // Not the member that was asked for, or the one who asks itself.
    unknown_member = 4,  // Is none of the group's members.
    feature_level = 5,   // One side cannot read what the other writes.
    secret_missing = 6,  // One side has a clusterSecret, the other has not.
    wrong_proof = 7,     // The secrets differ.
    out_of_turn = 8,     // Not what is said at this point.
    wrong_address = 9,   // Not where the member is configured to be.
    link_taken = 10,     // Another process has the member's link.
};

struct LinkRefusal {
    LinkRefusalReason reason{};
    std::string detail;  // For people.
    friend bool operator==(const LinkRefusal&, const LinkRefusal&) = default;
};

// Has nothing to say and is there: a connection whose other end is gone shows itself when something is sent.
struct LinkAlive {
    friend bool operator==(const LinkAlive&, const LinkAlive&) = default;
};

struct RaftFrame {
    raft::Message message;
    // Beside an Append: the bytes of its range as they lie in the log, and the CRC-32 of the record that ends
    // where it begins (0 at the begin of the log), so that two logs that differ cannot be joined.
    std::uint32_t crc_before{0};
    std::string_view range{};  // When decoded, a view into the frame.
};

// The leader has what a member needs whose log ends before the leader's begins: an Installation of that size
// and CRC-32 (installation.hpp). It goes over in parts, and the member asks for each.
struct SnapshotOffer {
    raft::Term term;
    PhysicalOffset begin;  // Of the leader's log, where the member's will begin.
    raft::Term last_term;  // Of the entry that ends there.
    std::int64_t size{};
    std::uint32_t crc{};
    friend bool operator==(const SnapshotOffer&, const SnapshotOffer&) = default;
};

enum class SnapshotWish : std::uint8_t {
    more = 0,     // The part at `from`.
    nothing = 1,  // It is installed, or was not needed: the log, please.
    refused = 2,  // It cannot be installed here.
};

struct SnapshotReply {
    raft::Term term;
    std::uint32_t crc{};  // Of the offer that is answered.
    SnapshotWish wish{};
    std::int64_t from{};
    friend bool operator==(const SnapshotReply&, const SnapshotReply&) = default;
};

struct SnapshotPart {
    raft::Term term;
    std::uint32_t crc{};  // Of the whole.
    std::int64_t from{};
    std::string_view bytes{};  // When decoded, a view into the frame.
    friend bool operator==(const SnapshotPart&, const SnapshotPart&) = default;
};

// A master whose machine took with it what was not flushed asks a slave for what it has behind that place,
// before it leads again.
struct LostTailRequest {
    raft::Term term;             // The newest that the master had: records of later ones are not its own.
    PhysicalOffset from;         // Where its log ends now,
    raft::Term term_before;      // the term of the entry that ends there,
    std::uint32_t crc_before{};  // and its CRC-32; 0 at the begin of the log.
    friend bool operator==(const LostTailRequest&, const LostTailRequest&) = default;
};

struct LostTailPart {
    PhysicalOffset from;
    std::vector<raft::TermStart> starts;  // Of the terms that begin within.
    std::string_view range{};             // Empty: there is no more. When decoded, a view into the frame.
    friend bool operator==(const LostTailPart&, const LostTailPart&) = default;
};

// Bytes of the log that lie in one block of the asker's checksums and that its disk has changed. Where both
// have them committed they are the same.
struct LogBlockRequest {
    PhysicalOffset from;
    std::int32_t size{};
    friend bool operator==(const LogBlockRequest&, const LogBlockRequest&) = default;
};

struct LogBlock {
    PhysicalOffset from;
    bool vouched{false};       // They have the checksum that the giver has kept of them.
    std::string_view bytes{};  // Empty: there are none to be had here. When decoded, a view into the frame.
    friend bool operator==(const LogBlock&, const LogBlock&) = default;
};

// What all members that elect a leader have to be configured with alike, in words: the first that each says
// on a link. Two that differ could take different sets of members for a majority.
struct GroupPolicy {
    std::string text;
    friend bool operator==(const GroupPolicy&, const GroupPolicy&) = default;
};

// What is said over an open link.
using GroupFrame = std::variant<RaftFrame, SnapshotOffer, SnapshotReply, SnapshotPart, LostTailRequest,
                                LostTailPart, LogBlockRequest, LogBlock, GroupPolicy>;

using MemberMessage = std::variant<Hello, HelloReply, HelloDone, LinkRefusal, LinkAlive, GroupFrame>;

// Appends the message as one frame. Errc::limit_exceeded when it is too long, has too many term starts or a
// name that is too long; nothing is appended then.
Result<> encode_member_message(const MemberMessage& message, std::size_t frame_max, Buffer& out);
Result<> encode_member_message(const GroupFrame& frame, std::size_t frame_max, Buffer& out);
// Nothing for a kind that this version does not know. Errc::malformed or limit_exceeded with the kind and the
// value; Errc::not_supported for a Hello of another version of the link.
Result<std::optional<MemberMessage>> decode_member_message(const MemberFrame& frame);

// What a proof covers of one side.
std::string encode_hello(const Hello& hello);

// The messages of one stream, one after the other.
class MemberLinkReader {
public:
    // So much is buffered at most for one message: little for a stranger, then as much as a range may have.
    explicit MemberLinkReader(std::size_t frame_max) : frame_max_{frame_max} {}
    void take_frames_up_to(std::size_t frame_max) { frame_max_ = frame_max; }

    struct Next {
        std::size_t size{};                    // To drop from the stream once the message is dealt with.
        std::optional<MemberMessage> message;  // Nothing: a newer kind, passed over and counted.
    };
    // The message at the front of the stream; nothing when it is not all there. After an error the stream is
    // of no use.
    Result<std::optional<Next>> next(std::string_view stream);
    std::uint64_t skipped() const { return skipped_; }

private:
    std::size_t frame_max_;
    std::uint64_t skipped_{0};
};

}  // namespace tern::replication
