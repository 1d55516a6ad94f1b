#include "replication/link_handshake.hpp"

#include "base/random.hpp"
#include "base/text.hpp"

namespace tern::replication {
namespace {

using raft::MemberId;
using testing::HasSubstr;

using Reason = LinkRefusalReason;

LinkNonce nonce_of(char byte) {
    LinkNonce nonce;
    nonce.fill(byte);
    return nonce;
}

LinkIdentity member(std::int64_t id) {
    return {.group = GroupId{0x0102030405060708},
            .group_name = "broker-a",
            .self = MemberId{id},
            .incarnation = raft::Incarnation{static_cast<std::uint64_t>(100 + id)},
            .client_address = "10.0.0." + std::to_string(id) + ":10911"};
}

// Member 1 asks for a link with member 2; both hear what the other sends until nobody has more to say.
struct Meeting {
    LinkIdentity asks{member(1)};
    LinkIdentity answers{member(2)};
    MemberId wanted{2};
    std::optional<LinkRefusal> objection;

    // How it ended at either side.
    HandshakeStep asking;
    HandshakeStep answering;

    Meeting& happens() {
        auto one = LinkHandshake::asking(asks, nonce_of('a'), wanted);
        auto other =
            LinkHandshake::answering(answers, nonce_of('b'), [this](const Hello&) { return objection; });
        asking = one.connected();
        while (true) {
            if (!take(asking, other, answering)) break;
            if (!take(answering, one, asking)) break;
        }
        return *this;
    }
    // "open", or why not; the same at both sides.
    std::string end() const {
        if (asking.open && answering.open) return "open";
        EXPECT_TRUE(asking.refused && answering.refused);
        EXPECT_EQ(*asking.refused, *answering.refused);
        EXPECT_NE(asking.refused_by_peer, answering.refused_by_peer);
        return asking.refused->detail;
    }
    Reason reason() const { return asking.refused->reason; }

private:
    // As it comes out of a stream at the other side. False when there was nothing to take.
    static bool take(const HandshakeStep& from, LinkHandshake& to, HandshakeStep& step) {
        if (!from.send) return false;
        Buffer stream;
        EXPECT_TRUE(encode_member_message(*from.send, handshake_frame_max, stream));
        MemberLinkReader reader{handshake_frame_max};
        step = to.received(*(*reader.next(stream.view()))->message);
        return true;
    }
};

TEST(LinkHandshakes, open_a_link_between_members_of_one_group) {
    Meeting meeting;
    EXPECT_EQ(meeting.happens().end(), "open");
    EXPECT_EQ(*meeting.asking.open,
              (LinkPeer{MemberId{2}, raft::Incarnation{102}, GroupId{0x0102030405060708}, "10.0.0.2:10911",
                        feature_level, false}));
    EXPECT_EQ(meeting.answering.open->member, MemberId{1});
    EXPECT_EQ(meeting.answering.open->incarnation, raft::Incarnation{101});
    EXPECT_EQ(meeting.answering.open->client_address, "10.0.0.1:10911");
}

TEST(LinkHandshakes, prove_that_both_have_the_secret) {
    Meeting meeting;
    meeting.asks.secret = meeting.answers.secret = "secret";
    EXPECT_EQ(meeting.happens().end(), "open");
    EXPECT_TRUE(meeting.asking.open->proven);
    EXPECT_TRUE(meeting.answering.open->proven);
}

TEST(LinkHandshakes, agree_on_the_level_that_both_know) {
    Meeting meeting;
    meeting.asks.level = 5;
    meeting.answers.level = 3;
    meeting.answers.level_needed = 3;
    EXPECT_EQ(meeting.happens().end(), "open");
    EXPECT_EQ(meeting.asking.open->level, 3);
    EXPECT_EQ(meeting.answering.open->level, 3);
}

TEST(LinkHandshakes, let_a_member_in_that_does_not_know_its_group_s_id_yet) {
    Meeting meeting;
    meeting.asks.group = GroupId{};
    EXPECT_EQ(meeting.happens().end(), "open");
    EXPECT_EQ(meeting.asking.open->group, GroupId{0x0102030405060708});
    EXPECT_EQ(meeting.answering.open->group, GroupId{});
}

TEST(LinkHandshakes, refuse_another_group) {
    Meeting named;
    named.asks.group_name = "broker-b";
    EXPECT_EQ(named.happens().end(), "members 1 and 2 are of groups broker-b and broker-a");
    EXPECT_EQ(named.reason(), Reason::wrong_group);
    Meeting made_anew;
    made_anew.asks.group = GroupId{9};
    EXPECT_EQ(made_anew.happens().end(),
              "members 1 and 2 are of groups named broker-a with ids 9 and 72623859790382856");
    EXPECT_EQ(made_anew.reason(), Reason::wrong_group);
}

TEST(LinkHandshakes, refuse_a_member_that_was_not_wanted) {
    Meeting meeting;
    meeting.wanted = MemberId{3};
    EXPECT_EQ(meeting.happens().end(), "member 3 wanted, member 2 found");
    EXPECT_TRUE(meeting.asking.refused_by_peer);
    EXPECT_EQ(meeting.reason(), Reason::wrong_member);
}

TEST(LinkHandshakes, refuse_the_one_who_asks_itself) {
    Meeting meeting;
    meeting.answers = meeting.asks;
    meeting.wanted = MemberId{1};
    EXPECT_EQ(meeting.happens().end(), "member 1 at both ends");
}

TEST(LinkHandshakes, refuse_a_member_that_the_other_side_objects_to) {
    Meeting meeting;
    meeting.objection = {Reason::unknown_member, "member 1 is not known to member 2"};
    EXPECT_EQ(meeting.happens().end(), "member 1 is not known to member 2");
    EXPECT_EQ(meeting.reason(), Reason::unknown_member);
}

TEST(LinkHandshakes, refuse_one_who_cannot_read_what_the_group_writes) {
    Meeting meeting;
    meeting.asks.level = 1;
    meeting.answers.level = meeting.answers.level_needed = 2;
    EXPECT_EQ(meeting.happens().end(), "member 1 knows level 1 and needs 1, member 2 knows 2 and needs 2");
    EXPECT_EQ(meeting.reason(), Reason::feature_level);
    std::swap(meeting.asks.level, meeting.answers.level);
    std::swap(meeting.asks.level_needed, meeting.answers.level_needed);
    EXPECT_EQ(meeting.happens().end(), "member 1 knows level 2 and needs 2, member 2 knows 1 and needs 1");
}

TEST(LinkHandshakes, refuse_one_without_a_secret_where_the_other_has_one) {
    Meeting meeting;
    meeting.asks.secret = "secret";
    EXPECT_EQ(meeting.happens().end(), "member 2 has no clusterSecret");
    EXPECT_EQ(meeting.reason(), Reason::secret_missing);
    std::swap(meeting.asks.secret, meeting.answers.secret);
    EXPECT_EQ(meeting.happens().end(), "member 1 has no clusterSecret");
}

TEST(LinkHandshakes, refuse_another_secret) {
    Meeting meeting;
    meeting.asks.secret = "secret";
    meeting.answers.secret = "Secret";
    EXPECT_EQ(meeting.happens().end(), "member 2 has another clusterSecret");
    EXPECT_EQ(meeting.reason(), Reason::wrong_proof);
}

// What an impostor says who stands at the place of member 1 or 2.
class LinkImpostors : public testing::Test {
protected:
    LinkIdentity secret_member(std::int64_t id) {
        LinkIdentity identity = member(id);
        identity.secret = "secret";
        return identity;
    }
    LinkHandshake asking() { return LinkHandshake::asking(secret_member(1), nonce_of('a'), MemberId{2}); }
    LinkHandshake answering() {
        return LinkHandshake::answering(secret_member(2), nonce_of('b'),
                                        [](const Hello&) { return std::nullopt; });
    }
};

TEST_F(LinkImpostors, do_not_get_in_with_a_proof_of_another_meeting) {
    auto one = asking();
    auto other = answering();
    const auto reply = other.received(*one.connected().send);
    const auto done = one.received(*reply.send);
    ASSERT_TRUE(done.open);
    // The same words to a member that has drawn a new nonce.
    auto later =
        LinkHandshake::answering(secret_member(2), nonce_of('c'), [](const Hello&) { return std::nullopt; });
    (void)later.received(*asking().connected().send);
    EXPECT_EQ(later.received(*done.send).refused->reason, Reason::wrong_proof);
    auto asks_later = LinkHandshake::asking(secret_member(1), nonce_of('d'), MemberId{2});
    (void)asks_later.connected();
    EXPECT_EQ(asks_later.received(*reply.send).refused->reason, Reason::wrong_proof);
}

TEST_F(LinkImpostors, do_not_get_in_with_the_proof_they_were_shown) {
    auto one = asking();
    auto other = answering();
    const auto reply = other.received(*one.connected().send);
    const HelloDone mirrored{std::get<HelloReply>(*reply.send).proof};
    EXPECT_EQ(other.received(mirrored).refused->reason, Reason::wrong_proof);
}

TEST_F(LinkImpostors, do_not_get_in_without_a_proof) {
    auto one = asking();
    auto other = answering();
    const auto reply = other.received(*one.connected().send);
    EXPECT_EQ(other.received(HelloDone{}).refused->reason, Reason::wrong_proof);
    HelloReply bare = std::get<HelloReply>(*reply.send);
    bare.proof.reset();
    EXPECT_EQ(one.received(bare).refused->reason, Reason::wrong_proof);
}

TEST_F(LinkImpostors, change_nothing_of_what_was_said) {
    const auto change = [this](auto what) {
        auto one = asking();
        auto other = answering();
        const auto reply = other.received(*one.connected().send);
        HelloReply changed = std::get<HelloReply>(*reply.send);
        what(changed.hello);
        return one.received(changed).refused->reason;
    };
    EXPECT_EQ(change([](Hello& hello) { hello.level = 2; }), Reason::wrong_proof);
    EXPECT_EQ(change([](Hello& hello) { hello.incarnation = raft::Incarnation{1}; }), Reason::wrong_proof);
    EXPECT_EQ(change([](Hello& hello) { hello.group = GroupId{}; }), Reason::wrong_proof);
    EXPECT_EQ(change([](Hello& hello) { hello.client_address = "10.6.6.6:10911"; }), Reason::wrong_proof);
    EXPECT_EQ(change([](Hello& hello) { hello.from = MemberId{3}; }), Reason::wrong_member);
    EXPECT_EQ(change([](Hello& hello) { hello.has_secret = false; }), Reason::secret_missing);
}

TEST(LinkHandshakes, refuse_what_is_said_out_of_turn) {
    const auto answer = [](const MemberMessage& message) {
        auto handshake =
            LinkHandshake::answering(member(2), nonce_of('b'), [](const Hello&) { return std::nullopt; });
        return handshake.received(message);
    };
    EXPECT_EQ(answer(HelloDone{}).refused->detail, "hello done out of turn");
    EXPECT_EQ(answer(HelloReply{}).refused->detail, "hello reply out of turn");
    EXPECT_EQ(answer(RaftFrame{raft::TimeoutNow{}}).refused->detail, "message of the group out of turn");
    EXPECT_TRUE(answer(RaftFrame{raft::TimeoutNow{}}).send);
}

TEST(LinkHandshakes, give_a_stranger_no_answer_and_another_version_its_reason) {
    const auto answer = [](Errc code) {
        auto handshake =
            LinkHandshake::answering(member(2), nonce_of('b'), [](const Hello&) { return std::nullopt; });
        return handshake.received_none({code, "member frame: version 2"});
    };
    EXPECT_FALSE(answer(Errc::malformed).send);
    EXPECT_EQ(answer(Errc::malformed).refused->detail, "member frame: version 2");
    EXPECT_TRUE(answer(Errc::not_supported).send);
    EXPECT_EQ(answer(Errc::not_supported).refused->reason, Reason::link_version);
}

TEST(LinkHandshakes, fit_the_frames_of_a_handshake_whatever_the_names_are) {
    Meeting meeting;
    meeting.asks.group_name = std::string(group_name_size_max, 'a');
    meeting.answers.group_name = std::string(group_name_size_max, 'b');
    EXPECT_THAT(meeting.happens().end(), HasSubstr("members 1 and 2 are of groups aaa"));
    meeting.asks.client_address = std::string(client_address_size_max, 'c');
    meeting.answers = meeting.asks;
    meeting.answers.self = MemberId{2};
    meeting.asks.secret = meeting.answers.secret = "secret";
    EXPECT_EQ(meeting.happens().end(), "open");
}

// Test case 2 of RFC 4231.
TEST(LinkProofs, are_hmac_sha256) {
    const LinkProof proof = hmac_sha256("Jefe", "what do ya want for nothing?");
    EXPECT_EQ(to_hex({proof.data(), proof.size()}),
              "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843");
    EXPECT_TRUE(same_proof(proof, proof));
    EXPECT_FALSE(same_proof(proof, LinkProof{}));
}

TEST(LinkProofs, cover_both_hellos_and_the_side) {
    Meeting meeting;
    meeting.asks.incarnation = raft::Incarnation{0xFFEEDDCCBBAA9988};
    meeting.answers.incarnation = raft::Incarnation{5};
    meeting.asks.secret = meeting.answers.secret = "secret";
    auto one = LinkHandshake::asking(meeting.asks, nonce_of('a'), MemberId{2});
    auto other =
        LinkHandshake::answering(meeting.answers, nonce_of('b'), [](const Hello&) { return std::nullopt; });
    const auto reply = other.received(*one.connected().send);
    const auto answered = *std::get<HelloReply>(*reply.send).proof;
    EXPECT_EQ(to_hex({answered.data(), answered.size()}),
              "4FBD30B59A7AFB4B15A4F5D6C61D18472DACBA2FE49774A994394E0A2F00D83B");
    const auto asked = *std::get<HelloDone>(*one.received(*reply.send).send).proof;
    EXPECT_EQ(to_hex({asked.data(), asked.size()}),
              "AE197D8FE5CF29E2A4F52C6B602D9BD95CB5D71383079923FE840178A630230F");
}

TEST(LinkProofs, rest_on_nonces_that_differ) {
    SeededRandom random{7};
    EXPECT_NE(draw_nonce(random), draw_nonce(random));
}

TEST(LinkNonces, are_made_of_all_that_chance_gives) {
    struct Counting final : Random {
        std::uint64_t next() override { return 0x0101010101010101U * ++count; }
        std::uint64_t count{0};
    } random;
    for (char drawn = 0; drawn < 3; ++drawn) {
        const auto nonce = draw_nonce(random);
        for (std::size_t at = 0; at < nonce.size(); ++at)
            EXPECT_EQ(nonce[at], static_cast<char>(4 * drawn + 1 + static_cast<char>(at / 8)));
    }
}

}  // namespace
}  // namespace tern::replication
