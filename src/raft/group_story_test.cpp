// What a group does, told as stories: a quiet network, one thing that goes wrong, what everybody then has.
#include "raft/group_scenario.hpp"

namespace tern::raft {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class RaftStory : public testing::Test {
protected:
    void TearDown() override {
        if (group) EXPECT_EQ(group->verdict(), "");
    }
    Group& of(GroupSetup setup) {
        TearDown();
        group = std::make_unique<Group>(std::move(setup));
        return *group;
    }
    Group& with_leader(GroupSetup setup) {
        of(std::move(setup));
        EXPECT_TRUE(group->runs_until([&] { return is_led(); }, 5s));
        return *group;
    }
    // There is a leader whose term has committed something: it takes proposals.
    bool is_led() const {
        const auto leader = group->leader();
        return leader && group->committed(*leader) > LogOffset{} &&
               group->node(*leader).terms().term_before(group->committed(*leader)) ==
                   group->node(*leader).term();
    }
    int leader() const { return group->leader().value(); }
    int a_follower() const { return (leader() + 1) % group->members(); }
    int another_follower() const { return (leader() + 2) % group->members(); }
    bool all_agree() const { return group->all_have_committed(group->oracle().committed_end()); }
    // How long it takes until somebody else than `old` leads and has committed.
    Duration takes_over_from(int old) {
        const auto begin = group->now();
        EXPECT_TRUE(group->runs_until([&] { return is_led() && group->leader() != old; }, 10s));
        return group->now() - begin;
    }
    // Of many groups, from what happens to the leader until another has committed, in order.
    template <class Event>
    std::vector<Duration> take_over_times(Event event) {
        std::vector<Duration> times;
        for (std::uint64_t seed = 1; seed <= 200; ++seed) {
            with_leader({.seed = seed}).runs(1s + Duration{1ms} * (seed % 100));
            const int old = leader();
            event(old);
            times.push_back(takes_over_from(old));
        }
        std::ranges::sort(times);
        return times;
    }

    std::unique_ptr<Group> group;
};

GroupSetup of_memory(int members = 3) {
    GroupSetup setup{.members = members};
    setup.config.quorum = QuorumPolicy::written;
    return setup;
}

TEST_F(RaftStory, a_group_of_one_leads_at_once) {
    of({.members = 1}).runs(20ms);
    ASSERT_EQ(group->leader(), 0);
    group->proposes(0, 2).runs(20ms);
    EXPECT_THAT(group->committed_values(0), SizeIs(3));  // With the epoch start.
}

TEST_F(RaftStory, three_members_elect_one_and_all_have_what_it_committed) {
    with_leader({}).proposes(leader(), 3).runs(500ms);
    EXPECT_TRUE(all_agree());
    EXPECT_THAT(group->committed_values(a_follower()), ElementsAre(1, 2, 3, 4));
}

TEST_F(RaftStory, a_closed_connection_brings_a_new_leader_within_a_blink) {
    const auto times = take_over_times([&](int old) { group->kills(old); });
    EXPECT_LE(times[times.size() / 2], 30ms);
    EXPECT_LE(times[times.size() * 99 / 100], 80ms);
}

TEST_F(RaftStory, a_silent_leader_is_replaced_within_a_second) {
    const auto times = take_over_times([&](int old) { group->pauses(old); });
    EXPECT_LE(times[times.size() / 2], 500ms);
    EXPECT_LE(times[times.size() * 99 / 100], 800ms);
}

TEST_F(RaftStory, a_mere_reset_deposes_nobody) {
    with_leader({}).runs(1s);
    const int old = leader();
    const auto term = group->node(old).term();
    for (int i = 0; i < 20; ++i) group->resets_link(old, a_follower()).runs(100ms);
    EXPECT_EQ(leader(), old);
    EXPECT_EQ(group->node(old).term(), term);
    EXPECT_GT(group->reached("pre-vote refused: leader alive"), 0U);
}

TEST_F(RaftStory, a_leader_without_a_majority_says_so_within_a_second) {
    with_leader({}).runs(1s);
    const int old = leader();
    group->isolates(old).proposes(old);
    EXPECT_TRUE(group->runs_until([&] { return group->node(old).role() != Role::leader; }, 1s));
    EXPECT_FALSE(group->node(old).may_propose());
}

TEST_F(RaftStory, a_member_that_returns_cuts_what_nobody_else_has) {
    with_leader({}).runs(500ms);
    const int old = leader();
    group->isolates(old).proposes(old, 5).runs(5s);
    ASSERT_NE(leader(), old);
    group->proposes(leader(), 2).runs(200ms).heals().runs(2s);
    EXPECT_GT(group->reached("diverged tail cut"), 0U);
    EXPECT_TRUE(all_agree());
}

TEST_F(RaftStory, a_member_that_was_away_does_not_disturb_when_it_returns) {
    with_leader({}).runs(500ms);
    const int away = a_follower();
    const auto term = group->node(leader()).term();
    group->isolates(away).runs(10s).heals().runs(1s);
    EXPECT_EQ(group->node(leader()).term(), term);
    EXPECT_EQ(group->node(away).term(), term);
}

TEST_F(RaftStory, one_that_sees_the_leader_no_more_is_outvoted_by_one_who_does) {
    with_leader({}).runs(500ms);
    const int old = leader();
    group->cuts(old, a_follower()).cuts(a_follower(), old).runs(5s);
    EXPECT_EQ(leader(), old);
}

TEST_F(RaftStory, a_blank_member_far_behind_receives_a_snapshot_and_follows) {
    with_leader({}).runs(500ms);
    const int away = a_follower();
    group->kills(away).proposes(leader(), 50).runs(200ms).forgets_below_committed(leader());
    group->restarts(away).runs(3s);
    EXPECT_EQ(group->reached("snapshot installed"), 1U);
    EXPECT_TRUE(all_agree());
}

TEST_F(RaftStory, a_member_behind_catches_up_from_what_is_retained) {
    GroupSetup setup;
    setup.config.append_bytes_max = 300;
    setup.config.in_flight_bytes_max = 900;
    with_leader(setup).runs(500ms);
    const int away = a_follower();
    group->kills(away);
    for (int i = 0; i < 30; ++i) group->proposes(leader(), 10).runs(20ms);
    group->restarts(away).runs(3s);
    EXPECT_EQ(group->reached("snapshot needed"), 0U);
    EXPECT_TRUE(all_agree());
}

TEST_F(RaftStory, a_hand_over_takes_a_few_round_trips) {
    with_leader({}).runs(500ms);
    const int old = leader();
    const int chosen = a_follower();
    group->transfers(old, chosen);
    EXPECT_LT(takes_over_from(old), 50ms);
    EXPECT_EQ(leader(), chosen);
    EXPECT_EQ(group->reached("transfer completed"), 1U);
}

TEST_F(RaftStory, a_hand_over_to_one_who_does_not_answer_ends_and_the_leader_goes_on) {
    with_leader({}).runs(500ms);
    const int old = leader();
    group->isolates(a_follower()).proposes(old).transfers(old, a_follower());
    EXPECT_FALSE(group->node(old).may_propose());
    group->runs(2s);
    EXPECT_EQ(group->reached("transfer failed"), 1U);
    EXPECT_TRUE(group->node(old).may_propose());
}

TEST_F(RaftStory, a_preferred_member_is_handed_the_leadership_once_it_has_caught_up) {
    with_leader({.priorities = {0, 0, 1}}).runs(5s);
    EXPECT_EQ(leader(), 2);
    group->kills(2).runs(2s);
    ASSERT_NE(leader(), 2);
    group->restarts(2).runs(4s);
    EXPECT_EQ(leader(), 2);
}

TEST_F(RaftStory, a_preferred_member_that_handed_over_gets_it_back_when_it_was_linked_anew) {
    with_leader({.priorities = {0, 0, 1}}).runs(5s);
    ASSERT_EQ(leader(), 2);
    group->transfers(2, 0).runs(4s);
    EXPECT_EQ(leader(), 0) << "it may be about to go";
    group->kills(2).runs(1s).restarts(2).runs(4s);
    EXPECT_EQ(leader(), 2);
}

TEST_F(RaftStory, or_after_a_while) {
    with_leader({.config = {.resigned_quarantine = 3s}, .priorities = {0, 0, 1}}).runs(5s);
    group->transfers(2, 0).runs(2s);
    ASSERT_EQ(leader(), 0);
    group->runs(3s);
    EXPECT_EQ(leader(), 2);
}

TEST_F(RaftStory, a_leader_whose_disk_stalls_gives_leadership_away) {
    with_leader({}).runs(500ms);
    const int old = leader();
    group->stalls_disk_of(old, true);
    EXPECT_LT(takes_over_from(old), 200ms);
}

TEST_F(RaftStory, a_learner_has_everything_and_decides_nothing) {
    with_leader({.members = 3, .learners = 1}).proposes(leader(), 2).runs(500ms);
    EXPECT_EQ(group->committed(2), group->oracle().committed_end());
    group->kills(leader()).runs(5s);
    EXPECT_EQ(group->leader(), std::nullopt);
}

TEST_F(RaftStory, on_disk_a_power_failure_of_all_loses_nothing_committed) {
    with_leader({}).proposes(leader(), 5).runs(500ms);
    for (int i = 0; i < 3; ++i) group->kills(i, Death::of_machine);
    for (int i = 0; i < 2; ++i) group->restarts(i);  // A majority is enough.
    EXPECT_TRUE(group->runs_until([&] { return is_led(); }, 5s));
    EXPECT_THAT(group->committed_values(leader()), SizeIs(7));
}

TEST_F(RaftStory, in_memory_one_who_forgot_decides_nothing_before_it_has_caught_up) {
    with_leader(of_memory()).proposes(leader(), 5).runs(500ms);
    const int old = leader();
    const int forgetful = a_follower();
    group->kills(forgetful, Death::of_machine).kills(old).restarts(forgetful).runs(5s);
    EXPECT_EQ(group->leader(), std::nullopt);  // Only one is left that remembers.
    group->restarts(old).runs(3s);
    EXPECT_TRUE(is_led());
    EXPECT_FALSE(group->node(forgetful).recovering());
    EXPECT_TRUE(all_agree());
}

TEST_F(RaftStory, in_memory_when_all_forgot_and_all_are_back_the_longest_log_wins) {
    with_leader(of_memory()).proposes(leader(), 5).runs(500ms);
    for (int i = 0; i < 3; ++i) group->kills(i, Death::of_machine);
    group->oracle().waive();
    group->restarts(0).restarts(1).runs(5s);
    EXPECT_EQ(group->leader(), std::nullopt);
    group->restarts(2).runs(5s);
    EXPECT_TRUE(is_led());
    EXPECT_EQ(group->memories_missing(), 0);
}

TEST_F(RaftStory, a_leader_that_is_asked_whether_it_still_is_asks_a_majority) {
    with_leader({}).runs(500ms);
    for (int i = 0; i < 5; ++i) group->asks_confirmation(leader());
    group->runs(50ms);
    EXPECT_EQ(group->reached("leadership confirmed"), 5U);
    const int old = leader();
    group->isolates(old).asks_confirmation(old);
    group->runs(5s);
    EXPECT_EQ(group->reached("leadership confirmed"), 5U);
    EXPECT_EQ(group->reached("leadership not confirmed"), 1U);
}

// A vote has to reach the disk, and here that takes longer than an election.
TEST_F(RaftStory, elects_although_its_disks_are_slower_than_its_elections) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        of({.members = 5,
            .config = {.heartbeat_interval = 50ms,
                       .election_timeout_min = 150ms,
                       .election_timeout_max = 300ms},
            .faults = {.persist_max = 1200ms},
            .seed = seed});
        EXPECT_TRUE(group->runs_until([&] { return is_led(); }, 60s)) << "seed " << seed;
    }
}

}  // namespace
}  // namespace tern::raft
