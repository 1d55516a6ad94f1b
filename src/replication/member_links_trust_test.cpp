#include "replication/links_scenario.hpp"

namespace tern::replication {
namespace {

using raft::MemberId;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using TrustInMembers = LinksScenario;
constexpr std::size_t line_size_max = 400;

MemberLinksConfig with_secret(std::int64_t id, const std::string& secret = "secret") {
    auto config = config_of(id);
    config.identity.secret = secret;
    return config;
}

MemberLinksConfig in_life(MemberLinksConfig config, std::uint64_t incarnation) {
    config.identity.incarnation = raft::Incarnation{incarnation};
    return config;
}

std::string encoded(const MemberMessage& message) {
    Buffer out;
    EXPECT_TRUE(encode_member_message(message, default_member_frame_max, out));
    return std::string{out.view()};
}

Hello hello_of_member_1() {
    return {.group_name = "broker-a", .from = MemberId{1}, .to = MemberId{2}};
}

// --- Who is taken for a member.

TEST_F(TrustInMembers, take_a_configured_member_only_from_its_address) {
    const auto two = start(2);
    const auto impostor = start(config_of(1), "10.6.6.6");
    network.run_for(100ms);
    EXPECT_THAT(impostor->heard,
                Contains("down 2: refused by the member: member 1 is at 10.0.0.1, not at 10.6.6.6"));
    EXPECT_THAT(two->heard, Contains(HasSubstr("up 1")).Times(0));
    EXPECT_GE(two->links->probe().refused_for(LinkRefusalReason::wrong_address), 1U);
    const auto one = start(1);
    network.run_for(100ms);
    EXPECT_TRUE(two->is_up(1));
}

TEST_F(TrustInMembers, take_a_member_that_proves_itself_from_anywhere) {
    const auto two = start(with_secret(2));
    const auto one = start(with_secret(1), "10.0.9.9");
    network.run_for(10ms);
    EXPECT_TRUE(two->is_up(1));
    EXPECT_TRUE(two->links->open_links().at(0).peer.proven);
}

TEST_F(TrustInMembers,
       take_a_member_that_is_configured_by_name_from_anywhere_but_not_beside_a_link_that_lives) {
    auto config = config_of(2);
    config.peers[0].address = "broker-one:10912";
    const auto two = start(config);
    const auto one = start(1);
    network.run_for(100ms);
    EXPECT_TRUE(two->is_up(1));
    const auto impostor = start(in_life(config_of(1), 666), "10.6.6.6");
    network.run_for(10s);
    EXPECT_THAT(impostor->heard,
                Contains(HasSubstr("member 1 has a link from another process, at 10.0.0.1:")));
    EXPECT_FALSE(impostor->is_up(2));
    EXPECT_THAT(two->heard, Contains("up 1").Times(1));
    EXPECT_GE(two->links->probe().refused_for(LinkRefusalReason::link_taken), 1U);
}

TEST_F(TrustInMembers, let_a_member_move_when_nothing_comes_over_its_old_link_any_more) {
    auto config = config_of(2);
    config.peers[0].address = "broker-one:10912";
    const auto two = start(config);
    const auto one = start(1);
    network.run_for(1s);
    network.unplug("10.0.0.1");
    const auto moved = start(in_life(config_of(1), 101), "10.0.9.9");
    network.run_for(1s);
    EXPECT_FALSE(moved->is_up(2));
    network.run_for(3s);
    EXPECT_TRUE(moved->is_up(2));
    EXPECT_TRUE(two->is_up(1));
}

TEST_F(TrustInMembers, keep_a_proven_link_whatever_a_stranger_says) {
    const auto two = start(with_secret(2));
    const auto one = start(with_secret(1));
    network.run_for(100ms);
    two->take_heard();
    const auto guesses = start(in_life(with_secret(1, "guessed"), 666), "10.6.6.6");
    const auto has_none = start(in_life(config_of(1), 667), "10.0.0.7");
    Hello claims = hello_of_member_1();
    claims.has_secret = true;
    const auto half_way = says(encoded(claims), 2, "10.0.0.1");
    const auto lies = says(encoded(claims) + encoded(HelloDone{LinkProof{}}), 2, "10.0.0.1");
    network.run_for(10s);
    EXPECT_THAT(two->heard, Contains("down 1").Times(0));
    EXPECT_THAT(two->heard, Contains("up 1").Times(0));
    EXPECT_TRUE(one->is_up(2) && two->is_up(1));
    EXPECT_FALSE(guesses->is_up(2) || has_none->is_up(2));
    EXPECT_THAT(guesses->heard, Contains(HasSubstr("clusterSecret")));
    EXPECT_EQ(half_way->closed_because, "closed by the peer");
    EXPECT_GE(two->links->probe().refused_for(LinkRefusalReason::wrong_proof), 1U);
    EXPECT_GE(two->links->probe().refused_for(LinkRefusalReason::secret_missing), 1U);
}

TEST_F(TrustInMembers, give_a_member_s_link_to_the_newer_of_two_processes_and_do_not_change_again) {
    const auto two = start(with_secret(2));
    const auto first = start(with_secret(1));
    network.run_for(1s);
    auto second = start(in_life(with_secret(1), 101), "10.0.9.9");
    network.run_for(10s);
    EXPECT_TRUE(second->is_up(2));
    EXPECT_FALSE(first->is_up(2));
    EXPECT_THAT(two->heard, Contains("up 1").Times(2));
    EXPECT_THAT(first->heard, Contains(HasSubstr("member 1 has a link from another process, at 10.0.9.9")));
    second.reset();  // It was a mistake.
    network.run_for(1s);
    EXPECT_TRUE(first->is_up(2));
}

TEST_F(TrustInMembers, give_a_process_its_link_anew_when_only_its_side_has_lost_it) {
    const auto two = start(2);
    auto one = start(1);
    network.run_for(1s);
    network.unplug("10.0.0.1");
    one.reset();
    network.plug_in("10.0.0.1");
    one = start(1);  // As the same process would.
    network.run_for(1ms);
    EXPECT_TRUE(one->is_up(2) && two->is_up(1));
    two->take_heard();
    network.run_for(10s);
    EXPECT_THAT(two->heard, Contains("up 1").Times(0));
}

TEST_F(TrustInMembers, take_a_bounded_number_of_members_that_nobody_configured) {
    auto config = config_of(2);
    config.peers.clear();
    config.admits_others = true;
    const auto two = start(config);
    for (std::int64_t id = 10; id < 80; ++id) {
        Hello hello = hello_of_member_1();
        hello.from = MemberId{id};
        (void)says(encoded(hello) + encoded(HelloDone{}));
    }
    EXPECT_THAT(two->links->open_links(), SizeIs(64));
}

// --- Strangers.

TEST_F(TrustInMembers, close_what_is_no_member_at_once_and_without_a_word) {
    const auto two = start(2);
    for (const std::string_view bytes :
         {std::string_view{"GET / HTTP/1.1\r\n\r\n"}, std::string_view{"\x16\x03\x01\x02\x00", 5},
          std::string_view{"\0\0\0\1", 4}, std::string_view{"\0\x10\0\0", 4}}) {
        const auto stranger = says(bytes);
        EXPECT_EQ(stranger->closed_because, "closed by the peer");
        EXPECT_THAT(stranger->answered, IsEmpty());
    }
    EXPECT_EQ(two->links->probe().strangers(), 4U);
    EXPECT_THAT(two->heard, Contains(HasSubstr("down 1")).Times(0));
}

TEST_F(TrustInMembers, write_one_line_on_strangers_in_a_while_and_how_many_they_left_out) {
    const auto two = start(2);
    for (int n = 0; n < 100; ++n) (void)says("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(log.count("member_link_stranger"), 1U);
    network.run_for(30s);
    (void)says("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(log.count("member_link_stranger"), 2U);
    EXPECT_THAT(log.lines, Contains(AllOf(HasSubstr("member_link_stranger address=10.6.6.6:"),
                                          HasSubstr("unsaid=99"), HasSubstr("at most 1024"))));
    for (const auto& line : log.lines) EXPECT_LE(line.size(), line_size_max);
}

TEST_F(TrustInMembers, write_one_line_on_refusals_in_a_while) {
    const auto two = start(2);
    Hello of_another_group = hello_of_member_1();
    of_another_group.group_name = "broker-b";
    for (int n = 0; n < 100; ++n) (void)says(encoded(of_another_group));
    EXPECT_EQ(log.count("member_link_refused"), 1U);
    EXPECT_EQ(log.count("member_link_stranger"), 0U);
    EXPECT_EQ(two->links->probe().refused_for(LinkRefusalReason::wrong_group), 100U);
    EXPECT_THAT(strangers.back()->answered, HasSubstr("are of groups broker-b and broker-a"));
}

TEST_F(TrustInMembers, close_one_who_says_nothing_or_only_half_of_it_in_time) {
    const auto two = start(2);
    const auto silent = says("");
    const auto half = says(encoded(hello_of_member_1()).substr(0, 20));
    const auto waits = says(encoded(hello_of_member_1()), 2, "10.0.0.1");
    network.run_for(990ms);
    EXPECT_TRUE(silent->connection->is_open() && half->connection->is_open());
    network.run_for(20ms);
    for (const auto& stranger : {silent, half, waits})
        EXPECT_EQ(stranger->closed_because, "closed by the peer");
    EXPECT_EQ(two->links->probe().handshake_timeouts(), 3U);
}

TEST_F(TrustInMembers, keep_few_who_have_not_said_who_they_are_and_let_members_in_among_them) {
    const auto two = start(2);
    for (int n = 0; n < 200; ++n) (void)says("");
    EXPECT_EQ(std::ranges::count_if(strangers, [](const auto& one) { return one->connection->is_open(); }),
              64);
    EXPECT_FALSE(strangers.front()->connection->is_open());
    const auto one = start(1);
    network.run_for(1ms);
    EXPECT_TRUE(one->is_up(2));
}

TEST_F(TrustInMembers, answer_a_member_of_another_version_and_close) {
    const auto two = start(2);
    std::string hello = encoded(hello_of_member_1());
    Buffer other;
    MemberFrameWriter frame{other, MemberFrameKind::hello};
    other.append(hello.replace(member_frame_prefix_size + 9, 1, "\2").substr(member_frame_prefix_size));
    ASSERT_TRUE(frame.finish(handshake_frame_max));
    const auto stranger = says(other.view(), 2, "10.0.0.1");
    EXPECT_THAT(stranger->answered, HasSubstr("version of the link 2"));
    EXPECT_EQ(stranger->closed_because, "closed by the peer");
    EXPECT_EQ(two->links->probe().refused_for(LinkRefusalReason::link_version), 1U);
}

// --- What is said on an open link.

class AnOpenLink : public LinksScenario {
protected:
    AnOpenLink() {
        two = start(2);
        peer = says(encoded(hello_of_member_1()) + encoded(HelloDone{}), 2, "10.0.0.1");
        EXPECT_TRUE(two->is_up(1));
        two->take_heard();
    }
    void hears(std::string_view bytes) {
        peer->connection->output().append(bytes);
        network.run_for(1ms);
    }
    std::unique_ptr<LinkedMember> two;
    Ref<Stranger> peer;
};

TEST_F(AnOpenLink, passes_over_kinds_that_it_does_not_know) {
    Buffer newer;
    MemberFrameWriter frame{newer, MemberFrameKind{200}};
    newer.append("newer");
    ASSERT_TRUE(frame.finish(1000));
    hears(newer.view());
    hears(encoded(timeout_now(1)));
    EXPECT_THAT(two->heard, ElementsAre("message 1: 1"));
    EXPECT_EQ(two->links->probe().skipped_kinds(), 1U);
}

TEST_F(AnOpenLink, ends_with_the_words_of_a_refusal) {
    hears(encoded(LinkRefusal{LinkRefusalReason::link_taken, "not you"}) + encoded(timeout_now(1)));
    EXPECT_THAT(two->heard, ElementsAre("down 1: refused by the member: not you"));
}

TEST_F(AnOpenLink, ends_with_what_belongs_to_a_handshake) {
    hears(encoded(hello_of_member_1()));
    EXPECT_THAT(two->heard, ElementsAre("down 1: a handshake on an open link"));
}

TEST_F(AnOpenLink, ends_with_bytes_that_are_damaged) {
    std::string damaged = encoded(timeout_now(1));
    damaged.back() = static_cast<char>(damaged.back() ^ 1);
    hears(damaged);
    ASSERT_THAT(two->heard, SizeIs(1));
    EXPECT_THAT(two->heard.front(), HasSubstr("down 1: member frame: checksum"));
}

}  // namespace
}  // namespace tern::replication
