#include "replication/member_link.hpp"

#include "replication/wire_fields.hpp"

namespace tern::replication {
namespace {

using Kind = MemberFrameKind;

constexpr std::string_view hello_magic = "TERNLINK";

// One listing of fields a message: `Like` lets it be written when it is const, and read when it is not.
template <class T, class Message>
concept Like = std::is_same_v<std::remove_const_t<T>, Message>;

void fields_of(auto& wire, Like<Hello> auto& m) {
    wire(m.level, m.level_needed, m.group, BoundedText{m.group_name, group_name_size_max}, m.from, m.to,
         m.incarnation, BoundedText{m.client_address, client_address_size_max}, m.has_secret, m.nonce);
}
void fields_of(auto& wire, Like<HelloDone> auto& m) {
    wire(m.proof);
}
void fields_of(auto& wire, Like<LinkRefusal> auto& m) {
    wire(UpTo{m.reason, LinkRefusalReason{0xFF}}, BoundedText{m.detail, refusal_detail_size_max});
}
void fields_of(auto&, Like<LinkAlive> auto&) {}
void fields_of(auto& wire, Like<raft::VoteRequest> auto& m) {
    wire(m.term, m.last_term, m.end, m.pre, m.transfer);
}
void fields_of(auto& wire, Like<raft::VoteReply> auto& m) {
    wire(m.asked, m.pre, m.term, UpTo{m.refusal, raft::Refusal::asks_itself}, m.recovering);
}
void fields_of(auto& wire, Like<raft::Append> auto& m) {
    wire(m.term, m.from, m.to, m.term_before, BoundedTerms{m.starts, term_starts_max}, m.committed, m.end,
         m.incarnation);
}
void fields_of(auto& wire, Like<raft::Holding> auto& m) {
    wire(m.matched, m.written, m.durable, m.recovering, m.incarnation);
}
void fields_of(auto& wire, Like<raft::AppendReply> auto& m) {
    wire(m.term, m.from, m.to);
    fields_of(wire, m.holding);
    wire(m.accepted, m.hint, m.hint_term);
}
void fields_of(auto& wire, Like<raft::Heartbeat> auto& m) {
    wire(m.term, m.committed, m.end, m.incarnation, m.round);
}
void fields_of(auto& wire, Like<raft::HeartbeatReply> auto& m) {
    wire(m.term, m.round);
    fields_of(wire, m.holding);
}
void fields_of(auto& wire, Like<raft::TimeoutNow> auto& m) {
    wire(m.term);
}
void fields_of(auto& wire, Like<SnapshotOffer> auto& m) {
    wire(m.term, m.begin, m.last_term, m.size, m.crc);
}
void fields_of(auto& wire, Like<SnapshotReply> auto& m) {
    wire(m.term, m.crc, UpTo{m.wish, SnapshotWish::refused}, m.from);
}

void fields_of(auto& wire, Like<LostTailRequest> auto& m) {
    wire(m.term, m.from, m.term_before, m.crc_before);
}
void fields_of(auto& wire, Like<LogBlockRequest> auto& m) {
    wire(m.from, m.size);
}
void fields_of(auto& wire, Like<GroupPolicy> auto& m) {
    wire(BoundedText{m.text, group_policy_size_max});
}

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::hello:
            return "hello";
        case Kind::hello_reply:
            return "hello reply";
        case Kind::hello_done:
            return "hello done";
        case Kind::link_refusal:
            return "link refusal";
        case Kind::link_alive:
            return "link alive";
        case Kind::vote_request:
            return "vote request";
        case Kind::vote_reply:
            return "vote reply";
        case Kind::append:
            return "append";
        case Kind::append_reply:
            return "append reply";
        case Kind::heartbeat:
            return "heartbeat";
        case Kind::heartbeat_reply:
            return "heartbeat reply";
        case Kind::timeout_now:
            return "timeout now";
        case Kind::snapshot_offer:
            return "snapshot offer";
        case Kind::snapshot_reply:
            return "snapshot reply";
        case Kind::snapshot_part:
            return "snapshot part";
        case Kind::lost_tail_request:
            return "lost tail request";
        case Kind::lost_tail_part:
            return "lost tail part";
        case Kind::log_block_request:
            return "log block request";
        case Kind::log_block:
            return "log block";
        case Kind::group_policy:
            return "group policy";
    }
    return "";
}

Kind nth_from(Kind first, std::size_t index) {
    return static_cast<Kind>(static_cast<std::size_t>(first) + index);
}
Kind kind_of(const GroupFrame& frame) {
    if (const auto* raft = std::get_if<RaftFrame>(&frame))
        return nth_from(Kind::vote_request, raft->message.index());
    return nth_from(Kind::snapshot_offer, frame.index() - 1);
}
Kind kind_of(const MemberMessage& message) {
    if (const auto* frame = std::get_if<GroupFrame>(&message)) return kind_of(*frame);
    return nth_from(Kind::hello, message.index());
}
static_assert(std::variant_size_v<MemberMessage> == 6 && std::variant_size_v<raft::Message> == 7 &&
              std::variant_size_v<GroupFrame> == 9);

template <class T>
Result<> with_kind(Kind kind, const Result<T>& result) {
    if (result) return {};
    return failure(result.error().code, std::string{name_of(kind)} + ": " + result.error().detail);
}

class BodyWriter {
public:
    BodyWriter(Buffer& out, FieldWriter& fields) : out_{out}, fields_{fields} {}

    void operator()(const Hello& hello) {
        out_.append(hello_magic);
        fields_(member_link_version);
        fields_of(fields_, hello);
    }
    void operator()(const HelloReply& reply) {
        (*this)(reply.hello);
        fields_(reply.proof);
    }
    void operator()(const RaftFrame& frame) {
        std::visit([this](const auto& message) { fields_of(fields_, message); }, frame.message);
        if (const auto* append = std::get_if<raft::Append>(&frame.message)) {
            TERN_ASSERT(append->to - append->from == static_cast<std::int64_t>(frame.range.size()));
            fields_(frame.crc_before);
            out_.append(frame.range);
        }
    }
    void operator()(const SnapshotPart& part) {
        fields_(part.term, part.crc, part.from, static_cast<std::int32_t>(part.bytes.size()));
        out_.append(part.bytes);
    }
    void operator()(const LostTailPart& part) {
        fields_(part.from, BoundedTerms{part.starts, term_starts_max},
                static_cast<std::int32_t>(part.range.size()));
        out_.append(part.range);
    }
    void operator()(const LogBlock& block) {
        fields_(block.from, block.vouched, static_cast<std::int32_t>(block.bytes.size()));
        out_.append(block.bytes);
    }
    void operator()(const GroupFrame& frame) { std::visit(*this, frame); }
    void operator()(const auto& message) { fields_of(fields_, message); }

private:
    Buffer& out_;
    FieldWriter& fields_;
};

// The fields of one body, which is to end where they end.
class BodyReader {
public:
    explicit BodyReader(std::string_view body) : body_{body}, fields_{body} {}

    Result<> read(Hello& hello) {
        if (auto begun = begin_hello(); !begun) return begun;
        fields_of(fields_, hello);
        return end();
    }
    Result<> read(HelloReply& reply) {
        if (auto begun = begin_hello(); !begun) return begun;
        fields_of(fields_, reply.hello);
        fields_(reply.proof);
        return end();
    }
    Result<> read(auto& message) {
        fields_of(fields_, message);
        return end();
    }
    Result<> read(SnapshotPart& part) {
        std::int32_t size = 0;
        fields_(part.term, part.crc, part.from, size);
        part.bytes = fields_.rest();
        if (fields_.result() && static_cast<std::int64_t>(part.bytes.size()) != size)
            fields_.refuse(Errc::malformed, "bytes of a snapshot that are not as many as it says:", size);
        return fields_.result();
    }
    Result<> read(LostTailPart& part) {
        std::int32_t size = 0;
        fields_(part.from, BoundedTerms{part.starts, term_starts_max}, size);
        part.range = fields_.rest();
        if (fields_.result() && static_cast<std::int64_t>(part.range.size()) != size)
            fields_.refuse(Errc::malformed, "bytes of a lost tail that are not as many as it says:", size);
        return fields_.result();
    }
    Result<> read(LogBlock& block) {
        std::int32_t size = 0;
        fields_(block.from, block.vouched, size);
        block.bytes = fields_.rest();
        if (fields_.result() && static_cast<std::int64_t>(block.bytes.size()) != size)
            fields_.refuse(Errc::malformed, "bytes of a block that are not as many as it says:", size);
        return fields_.result();
    }
    Result<> read(RaftFrame& frame, raft::Append& append) {
        fields_of(fields_, append);
        fields_(frame.crc_before);
        if (!fields_.result()) return fields_.result();
        frame.range = fields_.rest();
        if (append.to - append.from != static_cast<std::int64_t>(frame.range.size()))
            fields_.refuse(Errc::malformed, "bytes of a range that do not fit its places:",
                           static_cast<std::int64_t>(frame.range.size()));
        return fields_.result();
    }

private:
    // What is of another version is not looked at any further.
    Result<> begin_hello() {
        if (!body_.starts_with(hello_magic)) return failure(Errc::malformed, "no magic");
        fields_ = FieldReader{body_.substr(hello_magic.size())};
        std::uint16_t version = 0;
        fields_(version);
        if (fields_.result() && version != member_link_version)
            fields_.refuse(Errc::not_supported, "version of the link", version);
        return fields_.result();
    }
    Result<> end() {
        if (!fields_.rest().empty())
            fields_.refuse(Errc::malformed,
                           "bytes behind the last field:", static_cast<std::int64_t>(fields_.rest().size()));
        return fields_.result();
    }

    std::string_view body_;
    FieldReader fields_;
};

using Decoded = Result<std::optional<MemberMessage>>;

template <class Message>
Decoded decode_as(const MemberFrame& frame) {
    Message message;
    if (auto read = BodyReader{frame.body}.read(message); !read)
        return std::unexpected(with_kind(static_cast<Kind>(frame.kind), read).error());
    if constexpr (std::is_constructible_v<raft::Message, Message>)
        return MemberMessage{GroupFrame{RaftFrame{.message = std::move(message)}}};
    else if constexpr (std::is_constructible_v<GroupFrame, Message>)
        return MemberMessage{GroupFrame{std::move(message)}};
    else
        return MemberMessage{std::move(message)};
}

Decoded decode_append(const MemberFrame& frame) {
    RaftFrame decoded{.message = raft::Append{}};
    auto& append = std::get<raft::Append>(decoded.message);
    if (auto read = BodyReader{frame.body}.read(decoded, append); !read)
        return std::unexpected(with_kind(Kind::append, read).error());
    return MemberMessage{GroupFrame{std::move(decoded)}};
}

template <class WriteBody>
Result<> encode(Kind kind, std::size_t frame_max, Buffer& out, WriteBody write_body) {
    const std::size_t start = out.size();
    MemberFrameWriter frame{out, kind};
    FieldWriter fields{out};
    write_body(BodyWriter{out, fields});
    if (!fields.result()) {
        out.truncate(start);
        return with_kind(kind, fields.result());
    }
    return with_kind(kind, frame.finish(frame_max));
}

}  // namespace

Result<> encode_member_message(const MemberMessage& message, std::size_t frame_max, Buffer& out) {
    return encode(kind_of(message), frame_max, out, [&](BodyWriter body) { std::visit(body, message); });
}

Result<> encode_member_message(const GroupFrame& frame, std::size_t frame_max, Buffer& out) {
    return encode(kind_of(frame), frame_max, out, [&](BodyWriter body) { body(frame); });
}

Result<std::optional<MemberMessage>> decode_member_message(const MemberFrame& frame) {
    switch (static_cast<Kind>(frame.kind)) {
        case Kind::hello:
            return decode_as<Hello>(frame);
        case Kind::hello_reply:
            return decode_as<HelloReply>(frame);
        case Kind::hello_done:
            return decode_as<HelloDone>(frame);
        case Kind::link_refusal:
            return decode_as<LinkRefusal>(frame);
        case Kind::link_alive:
            return decode_as<LinkAlive>(frame);
        case Kind::vote_request:
            return decode_as<raft::VoteRequest>(frame);
        case Kind::vote_reply:
            return decode_as<raft::VoteReply>(frame);
        case Kind::append:
            return decode_append(frame);
        case Kind::append_reply:
            return decode_as<raft::AppendReply>(frame);
        case Kind::heartbeat:
            return decode_as<raft::Heartbeat>(frame);
        case Kind::heartbeat_reply:
            return decode_as<raft::HeartbeatReply>(frame);
        case Kind::timeout_now:
            return decode_as<raft::TimeoutNow>(frame);
        case Kind::snapshot_offer:
            return decode_as<SnapshotOffer>(frame);
        case Kind::snapshot_reply:
            return decode_as<SnapshotReply>(frame);
        case Kind::snapshot_part:
            return decode_as<SnapshotPart>(frame);
        case Kind::lost_tail_request:
            return decode_as<LostTailRequest>(frame);
        case Kind::lost_tail_part:
            return decode_as<LostTailPart>(frame);
        case Kind::log_block_request:
            return decode_as<LogBlockRequest>(frame);
        case Kind::log_block:
            return decode_as<LogBlock>(frame);
        case Kind::group_policy:
            return decode_as<GroupPolicy>(frame);
    }
    return std::nullopt;
}

std::string encode_hello(const Hello& hello) {
    Buffer out;
    FieldWriter fields{out};
    BodyWriter{out, fields}(hello);
    return std::string{out.view()};
}

Result<std::optional<MemberLinkReader::Next>> MemberLinkReader::next(std::string_view stream) {
    const auto frame = cut_member_frame(stream, frame_max_);
    if (!frame) return std::unexpected(frame.error());
    if (!*frame) return std::nullopt;
    auto message = decode_member_message(**frame);
    if (!message) return std::unexpected(message.error());
    if (!*message) ++skipped_;
    return Next{.size = (*frame)->size, .message = std::move(*message)};
}

}  // namespace tern::replication
