// A group of several members, told as stories: what is proposed on the leader, what goes wrong, what
// everybody has in the end, and what those who waited were told.
#include "replication/group_scenario.hpp"

namespace tern::replication {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::Optional;
using testing::SizeIs;

class GroupOfSeveral : public testing::Test {
protected:
    void TearDown() override {
        if (group) EXPECT_EQ(group->verdict(), "");
    }
    GroupScenario& of(GroupSetup setup) {
        TearDown();
        group = std::make_unique<GroupScenario>(std::move(setup));
        return *group;
    }
    GroupScenario& three_members() { return of({}); }
    // What was only written counts.
    GroupScenario& three_members_in_memory() { return of({.quorum = raft::QuorumPolicy::written}); }
    void all_is_well() {
        group->agrees();
        EXPECT_EQ(group->final_verdict(), "");
    }
    int leader() const { return group->leader(); }

    std::unique_ptr<GroupScenario> group;
};

TEST_F(GroupOfSeveral, takes_no_more_while_too_much_of_it_is_not_committed) {
    of({.configure = [](GroupConfig& config) { config.uncommitted_bytes_max = 2000; }}).elects();
    const int lonely = leader();
    group->isolates(lonely).proposes_on(lonely, 100);
    const auto uncommitted = group->store(lonely).commit_log().end() - group->group(lonely).committed();
    EXPECT_GE(uncommitted, 2000);
    EXPECT_LT(uncommitted, 2500);  // One message more.
    EXPECT_GT(group->group(lonely).probe().refused_for_bound, 0U);
    group->heals();
    all_is_well();
}

TEST_F(GroupOfSeveral, elects_one_leader_and_all_have_what_was_proposed_on_it) {
    three_members().elects().proposes(20).changes(leader()).runs(100ms);
    EXPECT_THAT(group->outcomes(21), Each(Optional(Outcome::promised)));
    all_is_well();
    int reigns = 0;
    for (int i = 0; i < 3; ++i) reigns += group->reigns_begun(i);
    EXPECT_EQ(reigns, 1);
}

TEST_F(GroupOfSeveral, refuses_what_is_proposed_on_a_follower) {
    three_members().elects().proposes_on(group->a_follower(), 3);
    EXPECT_THAT(group->asked(), IsEmpty());
}

TEST_F(GroupOfSeveral, loses_nothing_acknowledged_when_the_leaders_process_dies) {
    three_members().elects().proposes(20).changes(leader()).runs(50ms);
    const int old = leader();
    group->kills(old).elects().proposes(5).runs(50ms);
    EXPECT_NE(leader(), old);
    EXPECT_THAT(group->outcomes(26), Each(Optional(Outcome::promised)));
    group->restarts(old);
    all_is_well();
    EXPECT_EQ(group->reigns_begun(old), 0);
}

TEST_F(GroupOfSeveral, loses_nothing_acknowledged_when_the_leaders_machine_dies) {
    three_members().elects().proposes(20).runs(50ms).proposes(20).runs(300us);
    const int old = leader();
    group->kills(old, Death::of_machine).elects().proposes(5).runs(50ms).restarts(old);
    all_is_well();
    EXPECT_GE(group->acknowledged(), 25U);
}

TEST_F(GroupOfSeveral, cuts_a_returning_leaders_tail_and_keeps_it_aside) {
    three_members().elects().proposes(5).runs(50ms);
    const int old = leader();
    group->isolates(old).proposes_on(old, 10).runs(20ms).kills(old).elects().proposes(3).runs(50ms);
    group->heals().restarts(old);
    all_is_well();
    EXPECT_THAT(group->cut_files(old), SizeIs(1));
    EXPECT_EQ(group->acknowledged(), 8U);
}

TEST_F(GroupOfSeveral, tells_those_who_wait_at_an_isolated_leader_that_it_does_not_know) {
    three_members().elects().proposes(5).runs(50ms);
    const int old = leader();
    group->isolates(old).proposes_on(old, 4);
    EXPECT_TRUE(group->runs_until([&] { return !group->group(old).leads(); }, 700ms));
    EXPECT_THAT(group->outcomes(4), Each(Optional(Outcome::unknown)));
    EXPECT_EQ(group->reigns_ended(old), 1);
    group->elects().proposes(3).runs(50ms).heals();
    all_is_well();
    EXPECT_THAT(group->cut_files(old), SizeIs(1));
    EXPECT_EQ(group->acknowledged(), 8U);
}

TEST_F(GroupOfSeveral, tells_those_who_wait_at_a_deposed_leader_once_the_next_ones_log_has_cut_it) {
    three_members().elects().proposes(5).runs(50ms);
    const int old = leader();
    // It hears, and is not heard.
    for (int i = 0; i < 3; ++i) group->cuts(old, i);
    group->proposes_on(old, 4).elects();
    ASSERT_TRUE(group->runs_until([&] { return leader() != old; }));
    EXPECT_TRUE(group->runs_until([&] { return group->outcomes(1)[0].has_value(); }, 1s));
    EXPECT_THAT(group->outcomes(4), Each(Optional(Outcome::unknown)));
    group->heals();
    all_is_well();
}

TEST_F(GroupOfSeveral, settles_at_a_deposed_leader_what_the_next_one_has) {
    three_members().elects().runs(50ms);
    const int old = leader();
    const int next = group->a_follower();
    group->proposes(4).runs(400us);  // On its way.
    group->transfers(old, next).runs(300ms);
    ASSERT_EQ(leader(), next);
    EXPECT_THAT(group->outcomes(4), Each(Optional(Outcome::promised)));
    all_is_well();
}

// What comes in one turn of the loop is in the log before the core hears of it.
TEST_F(GroupOfSeveral, is_deposed_between_a_proposal_and_its_write) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        of({.seed = seed}).elects().proposes(2).runs(50ms);
        const int old = leader();
        const int next = group->a_follower();
        // The message that deposes it is dealt with between the two.
        bool proposed = false;
        group->tampers_with_what_reaches(old, [&](RaftFrame& frame, std::string&) {
            if (proposed || !std::holds_alternative<raft::VoteRequest>(frame.message)) return;
            proposed = true;
            group->proposes_on(old, 3);
        });
        for (int i = 0; i < 3; ++i) group->cuts(old, i);
        group->runs(2s).heals();
        all_is_well();
        EXPECT_NE(leader(), -1) << next;
    }
}

TEST_F(GroupOfSeveral, hands_the_leadership_over_and_loses_nothing) {
    three_members().elects().runs(50ms);
    const int old = leader();
    const int next = group->another_follower();
    group->proposes(10).transfers(old, next).proposes_on(old, 1);
    EXPECT_THAT(group->asked(), SizeIs(10));  // Refused while it is handed over.
    EXPECT_TRUE(group->runs_until([&] { return leader() == next; }, 100ms));
    group->proposes(5).runs(100ms);
    EXPECT_THAT(group->outcomes(15), Each(Optional(Outcome::promised)));
    EXPECT_EQ(group->reigns_ended(old), 1);
    all_is_well();
}

TEST_F(GroupOfSeveral, hands_over_while_messages_come_without_end) {
    three_members().elects().runs(50ms);
    for (int round = 0; round < 10; ++round) {
        const int old = leader();
        const int next = (old + 1 + round % 2) % 3;
        group->proposes_on(old, 3).transfers(old, next);
        for (int i = 0; i < 300; ++i)
            for (int member = 0; member < 3; ++member) group->proposes_on(member, 1).runs(100us);
        EXPECT_EQ(leader(), next);
    }
    all_is_well();
    EXPECT_EQ(group->acknowledged(), group->asked().size());
}

TEST_F(GroupOfSeveral, brings_a_member_up_that_was_away_for_several_segments) {
    three_members().elects().proposes(3).runs(50ms);
    const int away = group->a_follower();
    group->kills(away).proposes_segments(6).restarts(away);
    all_is_well();
    EXPECT_GT(group->store(away).commit_log().end().value(), 6 * 4096);
}

TEST_F(GroupOfSeveral, brings_up_a_member_whose_store_is_empty) {
    three_members().elects().proposes(3).changes(leader()).runs(50ms);
    const int away = group->a_follower();
    group->proposes_segments(4).loses_its_disk(away).runs(100ms).restarts(away);
    all_is_well();
}

TEST_F(GroupOfSeveral, lets_a_member_that_was_brought_up_lead) {
    three_members().elects();
    const int away = group->a_follower();
    group->kills(away).proposes_segments(3).restarts(away).agrees().transfers(leader(), away).runs(100ms);
    ASSERT_EQ(leader(), away);
    group->proposes_segments(2);
    all_is_well();
}

TEST_F(GroupOfSeveral, goes_on_after_a_restart_of_all) {
    for (const Death death : {Death::of_process, Death::of_machine}) {
        three_members().elects().proposes_segments(3).changes(leader()).runs(50ms);
        for (int i = 0; i < 3; ++i) group->kills(i, death);
        for (int i = 0; i < 3; ++i) group->restarts(i);
        group->elects().proposes(3).runs(50ms);
        all_is_well();
        EXPECT_EQ(group->acknowledged(), 16U);
    }
}

TEST_F(GroupOfSeveral, goes_on_after_a_clean_stop_of_all) {
    three_members().elects().proposes_segments(2).changes(leader()).runs(50ms);
    for (int i = 0; i < 3; ++i) group->stops(i);
    for (int i = 0; i < 3; ++i) group->restarts(i);
    group->elects().proposes(3).runs(50ms);
    all_is_well();
    EXPECT_EQ(group->acknowledged(), 12U);
}

// By which users of DLedger see in its log what a group does.
TEST_F(GroupOfSeveral, says_what_it_does_in_the_words_of_dledger) {
    three_members().elects();
    const auto name = [](int member) { return "n" + std::to_string(member + 1); };
    const std::string first = name(leader());
    const std::string term = ", term=" + std::to_string(group->group(leader()).term().value());
    EXPECT_EQ(group->reached("Candidate" + term), 1U);
    EXPECT_EQ(group->reached("Request vote from " + first + term), 1U);
    EXPECT_GE(group->reached("Grant vote to " + first + term), 1U);
    EXPECT_EQ(group->reached("Elected as leader" + term), 1U);
    group->runs(50ms);
    EXPECT_EQ(group->reached("Append as follower" + term + ", leader=" + first), 2U);
    EXPECT_EQ(group->reached("Sync commit log from leader " + first), 0U);
    const int away = group->a_follower();
    group->kills(away).proposes_segments(3).restarts(away);
    all_is_well();
    EXPECT_GE(group->reached("Sync commit log from leader " + first), 1U);
}

TEST_F(GroupOfSeveral, begins_a_newer_epoch_when_the_start_of_the_last_was_lost) {
    three_members().elects().proposes(2).runs(50ms);
    const Epoch before = group->group(leader()).epoch();
    // Elected, and dead before its first record was on any disk.
    const int old = leader();
    group->kills(old);
    ASSERT_TRUE(group->runs_until([&] { return group->reached("Elected as leader") == 2; }));
    for (int i = 0; i < 3; ++i) group->kills(i, Death::of_machine);
    for (int i = 0; i < 3; ++i) group->restarts(i);
    group->elects().proposes(2).runs(50ms);
    EXPECT_GT(group->group(leader()).epoch(), before + 1);
    all_is_well();
}

TEST_F(GroupOfSeveral, is_named_once_and_for_good) {
    three_members().elects();
    group->agrees();
    const GroupId named = group->group(0).group_id();
    EXPECT_NE(named, GroupId{});
    for (int i = 0; i < 3; ++i) group->kills(i, Death::of_machine);
    for (int i = 0; i < 3; ++i) group->restarts(i);
    group->elects();
    all_is_well();
    EXPECT_EQ(group->group(0).group_id(), named);
}

// The first leader's start reached another member, and nobody knew yet that it was committed.
TEST_F(GroupOfSeveral, keeps_the_name_that_a_leader_drew_before_it_died) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        of({.seed = seed});
        ASSERT_TRUE(group->runs_until([&] { return group->reached("Elected as leader") == 1; }));
        int first = 0;
        while (group->group(first).role() != raft::Role::leader) ++first;
        group->runs(Duration{seed * 50us}).kills(first).runs(2s).restarts(first);
        all_is_well();
    }
}

TEST_F(GroupOfSeveral, replicates_to_a_learner_and_never_counts_it) {
    of({.voters = 3, .learners = 1}).elects().proposes(10).runs(50ms);
    all_is_well();
    const int old = leader();
    group->kills(group->a_follower()).kills(group->another_follower());
    group->proposes_on(old, 1).runs(3s);
    EXPECT_EQ(leader(), -1);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::unknown));
    EXPECT_EQ(group->reigns_begun(3), 0);
}

}  // namespace
}  // namespace tern::replication
