#include "replication/member_link.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

namespace tern::replication {
namespace {

using raft::LogOffset;
using raft::MemberId;
using raft::Term;
using testing::HasSubstr;

constexpr std::size_t frame_max = default_member_frame_max;

std::string encoded(const MemberMessage& message) {
    Buffer out;
    const auto done = encode_member_message(message, frame_max, out);
    EXPECT_TRUE(done) << done.error().detail;
    return std::string{out.view()};
}

std::string hex(const MemberMessage& message) {
    return to_hex(encoded(message));
}

Result<std::optional<MemberMessage>> decoded(std::string_view bytes) {
    const auto frame = cut_member_frame(bytes, frame_max);
    EXPECT_TRUE(frame && *frame);
    return decode_member_message(**frame);
}

// Of a frame whose checksum is right and whose body is this.
std::string error_of(MemberFrameKind kind, std::string_view body) {
    const auto message = decode_member_message({static_cast<std::uint8_t>(kind), body, 0});
    return message ? "none" : message.error().detail;
}

std::string body_of(const MemberMessage& message) {
    return encoded(message).substr(member_frame_prefix_size);
}

LinkProof all(char byte) {
    LinkProof bytes;
    bytes.fill(byte);
    return bytes;
}

Hello hello_of(std::int64_t from, std::int64_t to) {
    return {.group = GroupId{0x0102030405060708},
            .group_name = "broker-a",
            .from = MemberId{from},
            .to = MemberId{to},
            .incarnation = raft::Incarnation{0xFFEEDDCCBBAA9988},
            .client_address = "10.0.0.1:10911",
            .has_secret = true,
            .nonce = all('a')};
}

raft::Append append_of(std::int64_t size) {
    return {.term = Term{5},
            .from = LogOffset{0x100},
            .to = LogOffset{0x100 + size},
            .term_before = Term{4},
            .starts = {{Term{5}, LogOffset{0x100}}},
            .committed = LogOffset{0xF0},
            .end = LogOffset{0x200},
            .incarnation = raft::Incarnation{9}};
}

constexpr raft::Holding holding{LogOffset{0x104}, LogOffset{0x104}, LogOffset{0x100}, false,
                                raft::Incarnation{9}};

// One of each kind.
std::vector<MemberMessage> every_message() {
    return {hello_of(1, 2),
            HelloReply{hello_of(2, 1), all('p')},
            HelloDone{},
            HelloDone{all('q')},
            LinkRefusal{LinkRefusalReason::wrong_proof, "no"},
            LinkAlive{},
            RaftFrame{raft::VoteRequest{Term{3}, Term{2}, LogOffset{0x100}, true, false}},
            RaftFrame{raft::VoteReply{Term{3}, false, Term{4}, raft::Refusal::log_behind, true}},
            RaftFrame{append_of(4), 0xAABBCCDD, "abcd"},
            RaftFrame{raft::AppendReply{Term{5}, LogOffset{0x100}, LogOffset{0x104}, holding, false,
                                        LogOffset{0x80}, Term{3}}},
            RaftFrame{raft::Heartbeat{Term{5}, LogOffset{0xF0}, LogOffset{0x200}, raft::Incarnation{9}, 7}},
            RaftFrame{raft::HeartbeatReply{Term{5}, 7, holding}},
            RaftFrame{raft::TimeoutNow{Term{5}}},
            SnapshotOffer{Term{5}, PhysicalOffset{0x1000}, Term{3}, 0x200, 0xAABBCCDD},
            SnapshotReply{Term{5}, 0xAABBCCDD, SnapshotWish::more, 0x100},
            SnapshotPart{Term{5}, 0xAABBCCDD, 0x100, "abcd"},
            LostTailRequest{Term{5}, PhysicalOffset{0x100}, Term{4}, 0xAABBCCDD},
            LostTailPart{PhysicalOffset{0x100}, {{Term{5}, LogOffset{0x100}}}, "abcd"},
            LogBlockRequest{PhysicalOffset{0x10000}, 0x8000},
            LogBlock{PhysicalOffset{0x10000}, true, "abcd"},
            GroupPolicy{"voters n0 n1 n2"}};
}

TEST(MemberMessages, of_the_handshake_are_these_bytes) {
    EXPECT_EQ(hex(hello_of(1, 2)),
              "00000073A293D47901015445524E4C494E4B000100000001000000010102030405060708000862726F6B65722D61"
              "00000000000000010000000000000002FFEEDDCCBBAA9988000E31302E302E302E313A313039313101"
              "6161616161616161616161616161616161616161616161616161616161616161");
    EXPECT_EQ(hex(HelloDone{}), "000000072A54DE33010300");
    EXPECT_EQ(hex(LinkRefusal{LinkRefusalReason::wrong_proof, "no"}), "0000000B9CDCD68601040700026E6F");
    EXPECT_EQ(hex(LinkAlive{}), "00000006DC3E18DF0105");
}

TEST(MemberMessages, of_elections_are_these_bytes) {
    EXPECT_EQ(hex(RaftFrame{raft::VoteRequest{Term{3}, Term{2}, LogOffset{0x100}, true, false}}),
              "00000020CAB676E201100000000000000003000000000000000200000000000001000100");
    EXPECT_EQ(hex(RaftFrame{raft::VoteReply{Term{3}, false, Term{4}, raft::Refusal::log_behind, true}}),
              "00000019D8950C8A011100000000000000030000000000000000040301");
    EXPECT_EQ(hex(RaftFrame{raft::TimeoutNow{Term{5}}}), "0000000EC3BFF68B01160000000000000005");
}

TEST(MemberMessages, of_replication_are_these_bytes) {
    EXPECT_EQ(hex(RaftFrame{append_of(4), 0xAABBCCDD, "abcd"}),
              "00000058978B211E0112000000000000000500000000000001000000000000000104000000000000000400010000"
              "000000000005000000000000010000000000000000F0000000000000020000000000000000"
              "09AABBCCDD61626364");
    EXPECT_EQ(
        hex(RaftFrame{raft::AppendReply{Term{5}, LogOffset{0x100}, LogOffset{0x104}, holding, false,
                                        LogOffset{0x80}, Term{3}}}),
        "0000005062E555E901130000000000000005000000000000010000000000000001040000000000000104000000000000"
        "010400000000000001000000000000000000090000000000000000800000000000000003");
    EXPECT_EQ(
        hex(RaftFrame{raft::Heartbeat{Term{5}, LogOffset{0xF0}, LogOffset{0x200}, raft::Incarnation{9}, 7}}),
        "0000002E5948DDCA0114000000000000000500000000000000F0000000000000020000000000000000090000000000"
        "000007");
    EXPECT_EQ(hex(RaftFrame{raft::HeartbeatReply{Term{5}, 7, holding}}),
              "000000372314F216011500000000000000050000000000000007000000000000010400000000000001040000000000"
              "000100000000000000000009");
}

TEST(MemberMessages, of_lost_tails_are_these_bytes) {
    EXPECT_EQ(hex(LostTailRequest{Term{5}, PhysicalOffset{0x100}, Term{4}, 0xAABBCCDD}),
              "0000002285E62BEE0123000000000000000500000000000001000000000000000004AABBCCDD");
    EXPECT_EQ(hex(LostTailPart{PhysicalOffset{0x100}, {{Term{5}, LogOffset{0x100}}}, "abcd"}),
              "00000028F5387878012400000000000001000001000000000000000500000000000001000000000461626364");
}

TEST(MemberMessages, of_damaged_blocks_are_these_bytes) {
    EXPECT_EQ(hex(LogBlockRequest{PhysicalOffset{0x10000}, 0x8000}),
              "0000001225556BFC0125000000000001000000008000");
    EXPECT_EQ(hex(LogBlock{PhysicalOffset{0x10000}, true, "abcd"}),
              "00000017426241FE01260000000000010000010000000461626364");
}

TEST(MemberMessages, of_what_is_configured_are_these_bytes) {
    EXPECT_EQ(hex(GroupPolicy{"voters n0"}), "00000011AA6602BE01270009766F74657273206E30");
}

TEST(MemberMessages, of_snapshots_are_these_bytes) {
    EXPECT_EQ(hex(SnapshotOffer{Term{5}, PhysicalOffset{0x1000}, Term{3}, 0x200, 0xAABBCCDD}),
              "0000002A5757905C01200000000000000005000000000000100000000000000000030000000000000200AABBCCDD");
    EXPECT_EQ(hex(SnapshotReply{Term{5}, 0xAABBCCDD, SnapshotWish::more, 0x100}),
              "0000001B5B15B48301210000000000000005AABBCCDD000000000000000100");
    EXPECT_EQ(hex(SnapshotPart{Term{5}, 0xAABBCCDD, 0x100, "abcd"}),
              "00000022E51871D701220000000000000005AABBCCDD00000000000001000000000461626364");
}

TEST(MemberMessages, come_back_as_they_were) {
    for (const auto& message : every_message()) {
        const std::string bytes = encoded(message);
        const auto again = decoded(bytes);
        ASSERT_TRUE(again && *again) << again.error().detail;
        EXPECT_EQ(hex(**again), to_hex(bytes));
        EXPECT_EQ((*again)->index(), message.index());
    }
    EXPECT_EQ(std::get<HelloReply>(**decoded(encoded(HelloReply{hello_of(2, 1), all('p')}))),
              (HelloReply{hello_of(2, 1), all('p')}));
}

TEST(MemberMessages, have_the_range_as_a_view_into_the_frame) {
    const std::string bytes = encoded(RaftFrame{append_of(4), 0xAABBCCDD, "abcd"});
    const auto message = decoded(bytes);
    const auto& frame = std::get<RaftFrame>(std::get<GroupFrame>(**message));
    EXPECT_EQ(frame.range, "abcd");
    EXPECT_EQ(static_cast<const void*>(frame.range.data() + 4), bytes.data() + bytes.size());
    EXPECT_EQ(frame.crc_before, 0xAABBCCDDU);
    const auto& append = std::get<raft::Append>(frame.message);
    EXPECT_EQ(append.to, LogOffset{0x104});
    EXPECT_EQ(append.starts, append_of(4).starts);
    EXPECT_EQ(append.incarnation, raft::Incarnation{9});
}

TEST(MemberMessages, are_refused_when_any_byte_is_missing_or_too_much) {
    for (const auto& message : every_message()) {
        const auto kind = static_cast<MemberFrameKind>(encoded(message)[9]);
        const std::string body = body_of(message);
        for (std::size_t size = 0; size < body.size(); ++size)
            EXPECT_NE(error_of(kind, body.substr(0, size)), "none") << static_cast<int>(kind) << " " << size;
        EXPECT_NE(error_of(kind, body + '\0'), "none") << static_cast<int>(kind);
    }
}

TEST(MemberMessages, are_refused_with_the_kind_and_the_value) {
    using enum MemberFrameKind;
    const auto with = [](const MemberMessage& message, std::size_t at, std::string_view bytes) {
        return body_of(message).replace(at, bytes.size(), bytes);
    };
    const RaftFrame vote{raft::VoteRequest{}};
    EXPECT_EQ(error_of(timeout_now, "1234"), "timeout now: body cut off at 4");
    EXPECT_EQ(error_of(timeout_now, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFB"), "timeout now: term or offset -5");
    EXPECT_EQ(error_of(timeout_now, "123456789"), "timeout now: bytes behind the last field: 1");
    EXPECT_EQ(error_of(vote_request, with(vote, 24, "\x02")), "vote request: flag 2");
    EXPECT_EQ(error_of(vote_reply, with(RaftFrame{raft::VoteReply{}}, 17, "\x06")), "vote reply: reason 6");
    EXPECT_EQ(error_of(hello, "TERNLUNK"), "hello: no magic");
    EXPECT_EQ(error_of(hello, with(hello_of(1, 2), 26, "\x01")), "hello: text of size 264, at most 255");
    EXPECT_EQ(error_of(hello, with(hello_of(1, 2), 30, "\n")), "hello: control character 10");
    EXPECT_EQ(error_of(hello, with(hello_of(1, 2), 60, "\x01")), "hello: text of size 270, at most 255");
    EXPECT_EQ(error_of(append, with(RaftFrame{append_of(0)}, 32, "\x20")),
              "append: number of term starts 8193, at most 4096");
    EXPECT_EQ(error_of(append, body_of(RaftFrame{append_of(1), 0, "a"}) + "b"),
              "append: bytes of a range that do not fit its places: 2");
}

TEST(MemberMessages, of_another_version_of_the_link_are_told_from_damaged_ones) {
    const auto message = decoded(*from_hex("0000001859E7252B01015445524E4C494E4B00027768617465766572"));
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().code, Errc::not_supported);
    EXPECT_EQ(message.error().detail, "hello: version of the link 2");
}

TEST(MemberMessages, with_a_reason_for_refusal_that_is_new_are_understood) {
    const auto message = decoded(encoded(LinkRefusal{LinkRefusalReason{99}, "later"}));
    EXPECT_EQ(std::get<LinkRefusal>(**message), (LinkRefusal{LinkRefusalReason{99}, "later"}));
}

TEST(MemberMessages, beyond_a_limit_are_not_written) {
    Buffer out;
    out.append("before");
    const auto error = [&](const MemberMessage& message, std::size_t size_max = frame_max) {
        return encode_member_message(message, size_max, out).error().detail;
    };
    Hello hello = hello_of(1, 2);
    hello.group_name = std::string(256, 'g');
    EXPECT_EQ(error(hello), "hello: text of size 256, at most 255");
    hello = hello_of(1, 2);
    hello.client_address = std::string(256, 'c');
    EXPECT_EQ(error(hello), "hello: text of size 256, at most 255");
    raft::Append append = append_of(0);
    append.starts.resize(4097);
    EXPECT_EQ(error(RaftFrame{append}), "append: number of term starts 4097, at most 4096");
    EXPECT_EQ(error(RaftFrame{append_of(4), 0, "abcd"}, 91), "append: member frame: size 92, at most 91");
    EXPECT_EQ(out.view(), "before");
}

TEST(MemberMessages, carry_the_largest_range_and_the_largest_header_there_is) {
    const std::string range(4 * 1024 * 1024, 'r');
    raft::Append append = append_of(static_cast<std::int64_t>(range.size()));
    append.starts.resize(term_starts_max);
    const std::string frame = encoded(RaftFrame{append, 1, range});
    EXPECT_TRUE(std::get<RaftFrame>(std::get<GroupFrame>(**decoded(frame))).range == range);
}

TEST(MemberLinkReaders, give_one_message_after_the_other) {
    std::string stream;
    for (const auto& message : every_message()) stream += encoded(message);
    MemberLinkReader reader{frame_max};
    std::string again;
    for (std::string_view rest = stream; !rest.empty();) {
        const auto next = *reader.next(rest);
        ASSERT_TRUE(next && next->message);
        again += encoded(*next->message);
        rest.remove_prefix(next->size);
    }
    EXPECT_EQ(again, stream);
    EXPECT_FALSE(*reader.next(std::string_view{stream}.substr(0, 20)));
}

TEST(MemberLinkReaders, pass_over_a_newer_kind_and_count_it) {
    MemberLinkReader reader{frame_max};
    const auto next = *reader.next(*from_hex("00000009DB3D376801C86E6577"));
    ASSERT_TRUE(next);
    EXPECT_FALSE(next->message);
    EXPECT_EQ(next->size, 13U);
    EXPECT_EQ(reader.skipped(), 1U);
}

TEST(MemberLinkReaders, take_more_at_a_time_when_they_are_told) {
    const std::string frame = encoded(RaftFrame{append_of(2000), 0, std::string(2000, 'x')});
    MemberLinkReader reader{1024};
    EXPECT_THAT(reader.next(frame).error().detail, HasSubstr("at most 1024"));
    reader.take_frames_up_to(frame_max);
    EXPECT_TRUE((*reader.next(frame))->message);
}

}  // namespace
}  // namespace tern::replication
