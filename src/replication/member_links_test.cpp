#include "replication/member_links.hpp"

#include "metrics/registry.hpp"
#include "replication/links_scenario.hpp"

namespace tern::replication {
namespace {

using raft::MemberId;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

using MembersLinks = LinksScenario;

TEST_F(MembersLinks, are_one_for_each_pair_and_dialled_by_the_smaller_id) {
    const auto one = start(config_of(1, {1, 2, 3}));
    const auto two = start(config_of(2, {1, 2, 3}));
    const auto three = start(config_of(3, {1, 2, 3}));
    network.run_for(1s);
    EXPECT_THAT(two->heard, UnorderedElementsAre("up 1", "up 3"));
    EXPECT_EQ(network.connects, 3U);
    EXPECT_TRUE(one->is_up(2) && one->is_up(3) && three->is_up(1) && three->is_up(2));
    const auto links = two->links->open_links();
    ASSERT_THAT(links, SizeIs(2));
    EXPECT_EQ(links[0].peer, (LinkPeer{MemberId{1}, raft::Incarnation{100}, GroupId{7}, "10.0.0.1:10911",
                                       feature_level, false}));
    EXPECT_FALSE(links[0].dialled);
    EXPECT_TRUE(links[1].dialled);
    EXPECT_EQ(links[1].address.text(), "10.0.0.3:10912");
    EXPECT_EQ(two->links->probe().open_links(), 2);
}

TEST_F(MembersLinks, carry_messages_both_ways_in_order) {
    const auto two = start(2);
    const auto one = start(1);
    network.run_for(10ms);
    raft::Append append{.from = raft::LogOffset{4}, .to = raft::LogOffset{8}};
    EXPECT_TRUE(one->send(2, RaftFrame{append, 0, "abcd"}));
    EXPECT_TRUE(one->send(2, timeout_now(5)));
    EXPECT_TRUE(two->send(1, timeout_now(6)));
    network.run_for(1ms);
    EXPECT_THAT(two->heard, ElementsAre("up 1", "message 1: abcd", "message 1: 5"));
    EXPECT_THAT(one->heard, Contains("message 2: 6"));
    EXPECT_EQ(two->links->probe().frames_received(), 2U);
}

TEST_F(MembersLinks, carry_what_is_sent_while_a_handler_is_told_that_they_are_up) {
    const auto two = start(2);
    const auto one = start(1);
    one->when_hearing = [&] { (void)one->send(2, timeout_now(1)); };
    two->when_hearing = [&] {
        if (two->heard.size() < 3) (void)two->send(1, timeout_now(2));
    };
    network.run_for(10ms);
    EXPECT_THAT(two->heard, AllOf(Contains("up 1"), Contains("message 1: 1")));
    EXPECT_THAT(one->heard, AllOf(Contains("up 2"), Contains("message 2: 2")));
}

TEST_F(MembersLinks,
       are_waited_for_from_a_member_without_an_address_and_dialled_by_one_that_does_not_listen) {
    auto waits = config_of(1);
    waits.peers = {{MemberId{2}, ""}};
    auto dials = config_of(2);
    dials.listen.reset();
    dials.peers = {{MemberId{1}, "10.0.0.1:10912"}};
    const auto master = start(waits);
    network.run_for(1s);
    EXPECT_EQ(network.connects, 0U);
    const auto slave = start(dials);
    network.run_for(10ms);
    EXPECT_TRUE(master->is_up(2) && slave->is_up(1));
    EXPECT_FALSE(slave->links->address());
}

TEST_F(MembersLinks, are_taken_from_members_that_nobody_configured_where_those_are_admitted) {
    auto alone = config_of(1);
    alone.peers.clear();
    auto slave = config_of(5);
    slave.listen.reset();
    slave.peers.resize(1);
    const auto strict = start(alone);
    auto refused = start(slave);
    network.run_for(10ms);
    EXPECT_THAT(refused->heard, Contains("down 1: refused by the member: member 5 is not known to member 1"));
    EXPECT_EQ(strict->links->probe().refused_for(LinkRefusalReason::unknown_member), 1U);
    strict->links->stop();
    alone.admits_others = true;
    const auto master = start(alone);
    network.run_for(1s);
    EXPECT_TRUE(refused->is_up(1) && master->is_up(5));
    refused.reset();
    network.run_for(10ms);
    EXPECT_THAT(master->heard, ElementsAre("up 5", "down 5: closed by the peer"));
}

TEST_F(MembersLinks, are_tried_again_after_pauses_that_grow_to_a_bound) {
    const auto one = start(1);
    network.run_for(100ms);
    EXPECT_GE(network.connects, 3U);
    network.run_for(900ms);
    const auto before = network.connects;
    network.run_for(10s);
    EXPECT_GE(network.connects - before, 20U);
    EXPECT_LE(network.connects - before, 60U);
    EXPECT_THAT(one->heard, Each(HasSubstr("connection refused")));
    EXPECT_EQ(one->links->probe().failed_dials(), one->heard.size());
    EXPECT_EQ(log.count("member_not_reached"), 1U);
    const auto two = start(2);
    network.run_for(501ms);
    EXPECT_TRUE(one->is_up(2));
}

TEST_F(MembersLinks, are_dialled_again_at_once_when_a_member_was_started_again) {
    const auto one = start(1);
    auto two = start(2);
    network.run_for(10s);
    one->take_heard();
    two.reset();
    two = start(2);
    network.run_for(41ms);
    EXPECT_TRUE(two->is_up(1));
    EXPECT_THAT(one->heard, AllOf(Contains("down 2: closed by the peer"), Contains("up 2")));
}

TEST_F(MembersLinks, end_for_the_one_who_hears_nothing_of_it_when_the_dialler_is_started_again) {
    auto one = start(1);
    const auto two = start(2);
    network.run_for(1s);
    two->take_heard();
    network.unplug("10.0.0.1");
    one.reset();
    network.plug_in("10.0.0.1");
    auto again = config_of(1);
    again.identity.incarnation = raft::Incarnation{101};
    one = start(again);
    network.run_for(1ms);
    EXPECT_THAT(two->heard, ElementsAre("down 1: a newer link of this member", "up 1"));
    EXPECT_EQ(two->links->open_links().at(0).peer.incarnation, raft::Incarnation{101});
    EXPECT_TRUE(two->send(1, timeout_now(1)));
    network.run_for(1ms);
    EXPECT_THAT(one->heard, Contains("message 2: 1"));
    EXPECT_EQ(two->links->probe().replaced(), 1U);
}

TEST_F(MembersLinks, give_up_a_dial_that_is_not_answered_in_time) {
    network.unplug("10.0.0.2");
    const auto one = start(1);
    network.run_for(999ms);
    EXPECT_THAT(one->heard, IsEmpty());
    network.run_for(2ms);
    EXPECT_THAT(one->heard, ElementsAre("down 2: no handshake in time"));
    network.plug_in("10.0.0.2");
    const auto two = start(2);
    network.run_for(100ms);
    EXPECT_TRUE(one->is_up(2));
}

TEST_F(MembersLinks, end_when_the_member_takes_nothing) {
    auto config = config_of(1);
    config.unsent_max = 1'000'000;
    const auto two = start(2);
    const auto one = start(config);
    network.run_for(100ms);
    one->take_heard();
    network.freeze("10.0.0.2");
    raft::Append append{.to = raft::LogOffset{400'000}};
    const std::string range(400'000, 'r');
    for (int n = 0; n < 3; ++n) EXPECT_TRUE(one->send(2, RaftFrame{append, 0, range}));
    EXPECT_GT(one->links->unsent_bytes(MemberId{2}), 1'000'000U);
    EXPECT_FALSE(one->send(2, RaftFrame{append, 0, range}));
    EXPECT_FALSE(one->is_up(2));
    EXPECT_THAT(one->heard, IsEmpty());  // Not from within send().
    network.run_for(1ms);
    ASSERT_THAT(one->heard, testing::Not(IsEmpty()));
    EXPECT_THAT(one->heard.front(), AllOf(HasSubstr("down 2: takes nothing: 12"), HasSubstr("bytes unsent")));
}

TEST_F(MembersLinks, drop_what_cannot_be_sent) {
    auto config = config_of(1);
    config.frame_max = 1000;
    const auto one = start(config);
    EXPECT_FALSE(one->send(2, timeout_now(1)));
    EXPECT_FALSE(one->send(9, timeout_now(1)));
    const auto two = start(2);
    network.run_for(1s);
    const raft::Append append{.to = raft::LogOffset{2000}};
    EXPECT_FALSE(one->send(2, RaftFrame{append, 0, std::string(2000, 'r')}));
    EXPECT_FALSE(one->send(2, RaftFrame{append, 0, std::string(2000, 'r')}));
    EXPECT_EQ(log.count("member_message_unsendable"), 1U);
    EXPECT_TRUE(one->send(2, timeout_now(1)));
    network.run_for(1ms);
    EXPECT_THAT(two->heard, Contains("message 1: 1"));
}

TEST_F(MembersLinks, end_when_a_frame_is_larger_than_may_be) {
    auto config = config_of(2);
    config.frame_max = 1000;
    const auto two = start(config);
    const auto one = start(1);
    network.run_for(10ms);
    EXPECT_TRUE(
        one->send(2, RaftFrame{raft::Append{.to = raft::LogOffset{2000}}, 0, std::string(2000, 'r')}));
    network.run_for(1ms);
    EXPECT_THAT(two->heard,
                Contains(AllOf(HasSubstr("down 1: member frame: size"), HasSubstr("at most 1000"))));
}

TEST_F(MembersLinks, say_that_they_are_alive_when_they_have_nothing_to_say) {
    const auto two = start(2);
    const auto one = start(1);
    network.run_for(1500ms);
    const auto before = two->links->probe().frames_received();
    network.run_for(10s);
    EXPECT_EQ(two->links->probe().frames_received() - before, 20U);
    for (int n = 0; n < 20; ++n) {
        (void)one->send(2, timeout_now(n));
        network.run_for(500ms);
    }
    EXPECT_LE(two->links->probe().frames_received() - before, 41U);
    EXPECT_TRUE(one->is_up(2));
}

TEST_F(MembersLinks, are_closed_and_made_anew_when_nothing_comes_over_them) {
    const auto two = start(2);
    const auto one = start(1);
    network.run_for(1s);
    network.unplug("10.0.0.2");
    one->take_heard();
    network.run_for(2s);
    EXPECT_THAT(one->heard, Contains("down 2: nothing came from the member for too long"));
    EXPECT_FALSE(two->is_up(1));
    network.plug_in("10.0.0.2");
    network.run_for(1600ms);
    EXPECT_TRUE(one->is_up(2));
    EXPECT_TRUE(two->is_up(1));
}

TEST_F(MembersLinks, take_other_times_while_they_are_open) {
    const auto two = start(2);
    const auto one = start(1);
    network.run_for(1s);
    for (const auto* member : {&one, &two})
        (*member)->links->set_times({.redial_max = 3s, .silence_max = 6s});
    network.unplug("10.0.0.2");
    one->take_heard();
    network.run_for(5s);
    EXPECT_THAT(one->heard, IsEmpty());
    network.run_for(4s);
    EXPECT_THAT(one->heard, Contains("down 2: nothing came from the member for too long"));
    network.run_for(10s);
    const auto before = network.connects;
    network.run_for(30s);
    EXPECT_LE(network.connects - before, 20U);  // With half a second between them, forty.
}

TEST_F(MembersLinks, tell_a_group_s_id_once_it_is_learned) {
    auto config = config_of(2);
    config.identity.group = GroupId{};
    const auto two = start(config);
    two->links->learned_group(GroupId{9});
    const auto one = start(1);
    network.run_for(10ms);
    EXPECT_THAT(one->heard, Contains(HasSubstr("named broker-a with ids 1 and 7")).Times(0));
    EXPECT_THAT(one->heard, Contains(HasSubstr("of groups named broker-a with ids")));
    EXPECT_GE(two->links->probe().refused_for(LinkRefusalReason::wrong_group), 1U);
}

TEST_F(MembersLinks, are_not_begun_with_names_that_fit_no_hello_or_at_an_address_in_use) {
    auto config = config_of(1);
    config.identity.group_name = std::string(256, 'n');
    LinkedMember named{network, random, log, config, "10.0.0.1"};
    EXPECT_EQ(named.started.error().code, Errc::invalid_argument);
    const auto one = start(1);
    LinkedMember other{network, random, log, config_of(1), "10.0.0.1"};
    EXPECT_EQ(other.started.error().code, Errc::io_failed);
}

TEST_F(MembersLinks, are_counted_under_names_of_their_own) {
    const auto two = start(2);
    const auto one = start(1);
    network.run_for(10ms);
    metrics::Registry registry;
    registry.add_probe(two->links->probe());
    EXPECT_THAT(registry.text(), AllOf(HasSubstr("\nreplication_links 1\n"),
                                       HasSubstr("\nreplication_refused_links_proof_total 0\n")));
}

class TheEndOfLinks : public LinksScenario {
protected:
    void start_two() {
        two = start(2);
        one = start(1);
    }
    std::unique_ptr<LinkedMember> one;
    std::unique_ptr<LinkedMember> two;
};

TEST_F(TheEndOfLinks, tells_the_handler_nothing_more) {
    start_two();
    network.run_for(1s);
    one->take_heard();
    two->take_heard();
    one->links->stop();
    EXPECT_FALSE(one->is_up(2));
    EXPECT_FALSE(one->send(2, timeout_now(1)));
    network.run_for(10s);
    EXPECT_THAT(one->heard, IsEmpty());
    EXPECT_THAT(two->heard, Contains("down 1: closed by the peer"));
    EXPECT_EQ(one->links->probe().open_links(), 0);
}

TEST_F(TheEndOfLinks, leaves_no_timer_behind_at_any_moment) {
    for (int steps = 0; steps < 200; ++steps) {
        start_two();
        network.run_for(steps * 1ms);
        one.reset();
        two.reset();
        EXPECT_EQ(network.timers_pending(), 0U);
        network.run_for(1ms);
    }
}

TEST_F(TheEndOfLinks, may_come_from_within_any_call_of_the_handler) {
    for (std::size_t call = 1; call < 8; ++call) {
        for (const bool dies : {false, true}) {
            start_two();
            one->when_hearing = [&] {
                (void)one->send(2, timeout_now(1));
                if (one->heard.size() < call) return;
                if (dies)
                    one->links.reset();
                else
                    one->links->stop();
            };
            two->when_hearing = [&] { (void)two->send(1, timeout_now(2)); };
            network.run_for(2s);
            EXPECT_EQ(one->heard.size(), call);
            one.reset();
            two.reset();
            network.run_for(1ms);
        }
    }
}

}  // namespace
}  // namespace tern::replication
