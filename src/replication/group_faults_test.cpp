// What a member of a group does when its disk, its memory or its peers fail, and what it takes from nobody.
#include "replication/group_scenario.hpp"

namespace tern::replication {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

class GroupFaults : public testing::Test {
protected:
    void TearDown() override {
        if (group) EXPECT_EQ(group->verdict(), "");
    }
    GroupScenario& of(GroupSetup setup) {
        TearDown();
        group = std::make_unique<GroupScenario>(std::move(setup));
        return *group;
    }
    GroupScenario& three_members() { return of({}).elects(); }
    // What was only written counts.
    GroupScenario& three_members_in_memory() { return of({.quorum = raft::QuorumPolicy::written}).elects(); }
    // Member 0 leads for ever, the others follow; so many of them have what is acknowledged.
    GroupScenario& a_master(int slaves, int wanted) { return a_master_with(slaves, {.wanted = 1 + wanted}); }
    GroupScenario& a_master_with(int slaves, const ReplicaPolicy& replicas) {
        return of({.voters = 1, .learners = slaves, .replicas = replicas}).runs(50ms);
    }
    void all_is_well() {
        group->agrees();
        EXPECT_EQ(group->final_verdict(), "");
    }
    void followers_stall(Duration time) {
        group->stalls_disk_of(group->a_follower(), time).stalls_disk_of(group->another_follower(), time);
    }
    int leader() const { return group->leader(); }

    std::unique_ptr<GroupScenario> group;
};

TEST_F(GroupFaults, waits_for_the_disks_of_a_majority) {
    three_members();
    followers_stall(1s);
    group->proposes(3).runs(900ms);
    EXPECT_THAT(group->outcomes(3), Each(std::optional<Outcome>{}));
    group->runs(200ms);
    EXPECT_THAT(group->outcomes(3), Each(Optional(Outcome::promised)));
    all_is_well();
}

// No start can tell: the checksum in a record is that of its body.
TEST_F(GroupFaults, gets_a_record_anew_whose_head_the_disk_has_damaged) {
    three_members().proposes(5).runs(1s).proposes(2).runs(20ms);
    const int damaged = group->a_follower();
    const auto& log = group->store(damaged).commit_log();
    const PhysicalOffset last = *log.entry_before(log.end());
    constexpr std::int64_t to_store_host = 64;
    group->kills(damaged);
    group->overwrites_log_of(damaged, last + to_store_host, "????").proposes(3).runs(50ms).restarts(damaged);
    EXPECT_TRUE(group->runs_until([&] { return group->all_agree(); }));
    EXPECT_EQ(group->group(damaged).probe().damaged_forgotten, 1U);
    EXPECT_TRUE(group->runs_until([&] { return !group->group(damaged).recovering(); }));
    group->kills(leader()).elects().proposes(1).runs(50ms);
    EXPECT_THAT(group->outcomes(1), Each(Optional(Outcome::promised)));
    for (int i = 0; i < group->members(); ++i) group->restarts(i);
    all_is_well();
}

// The checksum that a leader sends along is that of the last record: those before it say nothing by theirs.
TEST_F(GroupFaults, compares_all_that_a_dead_machine_may_have_damaged) {
    three_members().proposes(5).runs(1s).proposes(4).runs(20ms);
    const int damaged = group->a_follower();
    const auto& log = group->store(damaged).commit_log();
    const PhysicalOffset first = *log.entry_before(*log.entry_before(*log.entry_before(log.end())));
    constexpr std::int64_t to_store_host = 64;
    group->kills(damaged, Death::of_machine);
    group->overwrites_log_of(damaged, first + to_store_host, "????").proposes(3).runs(50ms).restarts(damaged);
    EXPECT_TRUE(group->runs_until([&] { return group->all_agree(); }));
    EXPECT_EQ(group->group(damaged).probe().damaged_forgotten, 1U);
    EXPECT_TRUE(group->runs_until([&] { return !group->group(damaged).recovering(); }));
    all_is_well();
}

// Most times nothing is wrong with it, and it counts at once.
TEST_F(GroupFaults, forgets_nothing_that_a_dead_machine_has_kept) {
    three_members().proposes(5).runs(1s).proposes(4).runs(20ms);
    const int died = group->a_follower();
    group->kills(died, Death::of_machine).proposes(3).runs(50ms).restarts(died);
    EXPECT_TRUE(group->runs_until([&] { return group->all_agree(); }));
    EXPECT_EQ(group->group(died).probe().damaged_forgotten, 0U);
    EXPECT_EQ(group->group(died).probe().cuts, 0U);
    EXPECT_FALSE(group->group(died).recovering());
    all_is_well();
}

TEST_F(GroupFaults, goes_on_while_the_leaders_own_disk_stalls) {
    three_members().stalls_disk_of(leader(), 1s).proposes(3).runs(50ms);
    EXPECT_THAT(group->outcomes(3), Each(Optional(Outcome::promised)));
    all_is_well();
}

TEST_F(GroupFaults, in_memory_waits_for_no_disk) {
    three_members_in_memory();
    followers_stall(1s);
    group->stalls_disk_of(leader(), 1s).proposes(3).runs(50ms);
    EXPECT_THAT(group->outcomes(3), Each(Optional(Outcome::promised)));
    all_is_well();
}

TEST_F(GroupFaults, tells_clients_when_no_majority_has_it_in_time) {
    three_members();
    followers_stall(8s);
    group->proposes(1).runs(6s);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::flush_timeout));
    EXPECT_EQ(group->group(leader()).probe().flush_timeouts, 1U);
    all_is_well();
}

TEST_F(GroupFaults, ends_a_follower_whose_disk_fails_and_no_other) {
    three_members();
    const int broken = group->a_follower();
    group->breaks_disk_of(broken).proposes(3).runs(100ms);
    EXPECT_TRUE(group->is_poisoned(broken));
    EXPECT_THAT(group->outcomes(3), Each(Optional(Outcome::promised)));
    group->kills(broken).restarts(broken);
    all_is_well();
}

TEST_F(GroupFaults, ends_a_leader_whose_disk_fails_and_another_one_leads) {
    three_members();
    const int broken = leader();
    group->breaks_disk_of(broken).proposes(3).runs(2s);
    EXPECT_TRUE(group->is_poisoned(broken));
    EXPECT_NE(leader(), -1);
    for (const auto& outcome : group->outcomes(3)) EXPECT_TRUE(outcome);
    group->kills(broken).restarts(broken).proposes(3).runs(50ms);
    all_is_well();
}

TEST_F(GroupFaults, a_leader_whose_disk_failed_leads_no_more_and_says_nothing) {
    three_members();
    const int broken = leader();
    group->breaks_disk_of(broken).proposes(1);
    ASSERT_TRUE(group->runs_until([&] { return group->is_poisoned(broken); }));
    EXPECT_FALSE(group->group(broken).leads());
    EXPECT_FALSE(group->group(broken).accepts());
    EXPECT_EQ(group->reigns_ended(broken), 1);
    const auto ranges = group->group(broken).probe().ranges_sent;
    const int other = (broken + 1) % 3;
    int heard = 0;
    for (int i = 0; i < 3; ++i) {
        if (i == broken) continue;
        group->tampers_with_what_reaches(i, [&, i](RaftFrame& frame, std::string&) {
            if (i == other && std::holds_alternative<raft::Heartbeat>(frame.message)) ++heard;
        });
    }
    group->runs(150ms);  // No election yet: nobody else could have sent one.
    EXPECT_EQ(heard, 0);
    EXPECT_EQ(group->group(broken).probe().ranges_sent, ranges);
    group->heals().elects().kills(broken).restarts(broken);
    all_is_well();
}

TEST_F(GroupFaults, a_leader_whose_disk_stalls_gives_the_leadership_away_and_does_not_take_it_back) {
    three_members();
    const int stalled = leader();
    group->stalls_disk_of(stalled, 3s).proposes(1).runs(1300ms);
    const int next = leader();
    EXPECT_NE(next, stalled);
    EXPECT_EQ(group->group(stalled).probe().disk_stalls, 1U);
    EXPECT_EQ(group->group(stalled).probe().given_away_for_disk, 1U);
    EXPECT_EQ(group->group(stalled).term().value(), group->group(next).term().value());
    group->proposes(3).runs(50ms);
    EXPECT_THAT(group->outcomes(4), Each(Optional(Outcome::promised)));
    group->runs(5s);
    EXPECT_EQ(leader(), next);
    all_is_well();
}

TEST_F(GroupFaults, a_flush_that_is_only_slow_deposes_nobody) {
    three_members();
    const int slow = leader();
    group->stalls_disk_of(slow, 900ms).proposes(1).runs(2s);
    EXPECT_EQ(leader(), slow);
    EXPECT_EQ(group->group(slow).probe().disk_stalls, 0U);
    all_is_well();
}

// It could not even vote for its successor.
TEST_F(GroupFaults, a_leader_whose_disk_stalls_stays_where_nobody_can_take_over) {
    three_members();
    const int stalled = leader();
    const int away = group->a_follower();
    group->kills(away).stalls_disk_of(stalled, 3s).proposes(1).runs(2500ms);
    EXPECT_EQ(leader(), stalled);
    EXPECT_EQ(group->reached("leads_on_with_a_stalled_disk"), 1U);
    group->runs(1s);
    EXPECT_EQ(leader(), stalled);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
    group->restarts(away);
    all_is_well();
}

TEST_F(GroupFaults, a_leader_whose_disk_stalls_leaves_as_soon_as_somebody_can_take_over) {
    three_members();
    const int stalled = leader();
    const int away = group->a_follower();
    group->kills(away).stalls_disk_of(stalled, 10s).proposes(1).runs(2s);
    EXPECT_EQ(leader(), stalled);
    group->restarts(away).runs(500ms);
    EXPECT_NE(leader(), stalled);
    EXPECT_NE(leader(), -1);
    all_is_well();
}

TEST_F(GroupFaults,
       a_preferred_leader_whose_disk_stalled_gets_the_leadership_back_only_when_it_has_been_well) {
    of({.configure = [](GroupConfig& config) { config.members[0].priority = 1; }}).elects().runs(3s);
    ASSERT_EQ(leader(), 0);
    group->stalls_disk_of(0, 4s);
    for (int i = 0; i < 200; ++i) {
        group->proposes(1).runs(50ms);
        if (group->now() >= Instant{} + 5s && i > 60) EXPECT_NE(leader(), 0) << i;
    }
    EXPECT_EQ(group->group(0).probe().given_away_for_disk, 1U);
    group->runs(60s);
    EXPECT_EQ(leader(), 0);
    EXPECT_EQ(group->group(0).probe().given_away_for_disk, 1U);
    all_is_well();
}

TEST_F(GroupFaults, in_memory_a_leader_whose_disk_stalls_gives_the_leadership_away_too) {
    three_members_in_memory();
    const int stalled = leader();
    group->stalls_disk_of(stalled, 5s).proposes(1).runs(2500ms);
    EXPECT_NE(leader(), stalled);
    EXPECT_NE(leader(), -1);
    all_is_well();
}

TEST_F(GroupFaults, a_leader_without_room_leaves_to_a_member_that_has_some) {
    three_members();
    const int full = leader();
    const int full_too = group->a_follower();
    for (const int member : {full, full_too}) group->group(member).close_for_writes("the disk is full");
    group->runs(5s);
    EXPECT_EQ(leader(), 3 - full - full_too);
    EXPECT_EQ(group->group(full).probe().given_away_for_disk, 1U);
    group->proposes(3).runs(50ms);
    EXPECT_THAT(group->outcomes(3), Each(Optional(Outcome::promised)));
    all_is_well();
}

TEST_F(GroupFaults, a_leader_without_room_stays_where_nobody_has_some) {
    three_members();
    const int stays = leader();
    for (int member = 0; member < group->members(); ++member)
        group->group(member).close_for_writes("the disk is full");
    group->runs(30s);
    EXPECT_EQ(leader(), stays);
    for (int member = 0; member < group->members(); ++member) group->group(member).open_for_writes();
    group->proposes(3).runs(50ms);
    EXPECT_THAT(group->outcomes(3), Each(Optional(Outcome::promised)));
    all_is_well();
}

TEST_F(GroupFaults, a_master_whose_disk_stalls_stays_the_master) {
    a_master(1, 0).stalls_disk_of(0, 2s).proposes(1).runs(1500ms);
    EXPECT_EQ(leader(), 0);
    EXPECT_EQ(group->group(0).probe().disk_stalls, 1U);
    all_is_well();
}

// What a reader of the newest offset relies on.
class Confirmation : public GroupFaults {
protected:
    struct Answer {
        std::optional<Result<>> result;
        PhysicalOffset committed;  // As it was with the answer.
    };
    void asks(int member, Answer& answer) {
        group->group(member).when_confirmed([this, member, &answer](const Result<>& result) {
            ASSERT_FALSE(answer.result) << "asked once, answered twice";
            answer = {result, group->group(member).committed()};
        });
    }
};

TEST_F(Confirmation, comes_from_a_majority_after_the_question) {
    three_members().proposes(1).runs(50ms);
    Answer answer;
    asks(leader(), answer);
    EXPECT_FALSE(answer.result);
    group->runs(10ms);
    ASSERT_TRUE(answer.result);
    EXPECT_TRUE(*answer.result);
    all_is_well();
}
TEST_F(Confirmation, is_given_at_once_where_nobody_else_could_lead) {
    a_master(1, 0);
    Answer answer;
    asks(0, answer);
    EXPECT_TRUE(answer.result && *answer.result);
    asks(1, answer = {});
    EXPECT_TRUE(answer.result && !*answer.result);
}
TEST_F(Confirmation, of_many_questions_of_one_turn_takes_one_round) {
    three_members();
    const auto before = group->group(leader()).probe().confirmations;
    std::array<Answer, 20> answers;
    for (auto& answer : answers) asks(leader(), answer);
    group->runs(10ms);
    for (const auto& answer : answers) EXPECT_TRUE(answer.result && *answer.result);
    EXPECT_EQ(group->group(leader()).probe().confirmations, before + 1);
}
// It believes that it leads, and would answer with an end that others have passed.
TEST_F(Confirmation, is_not_given_to_a_leader_that_was_deposed_without_knowing) {
    three_members().proposes(1).runs(50ms);
    const int old = leader();
    group->isolates(old);
    ASSERT_TRUE(group->runs_until([&] { return leader() != old; }));
    group->proposes(3);
    ASSERT_TRUE(group->runs_until([&] { return group->acknowledged() == 4; }));
    const bool believes = group->group(old).leads();
    Answer answer;
    asks(old, answer);
    if (believes) EXPECT_FALSE(answer.result);
    group->runs(2s);
    ASSERT_TRUE(answer.result);
    EXPECT_FALSE(*answer.result);
    group->heals();
    all_is_well();
}
TEST_F(Confirmation, is_refused_when_the_member_stops) {
    three_members();
    Answer answer;
    const int old = leader();
    group->isolates(old);
    asks(old, answer);
    group->runs(1ms);
    EXPECT_FALSE(answer.result);
    group->stops(old);
    ASSERT_TRUE(answer.result);
    EXPECT_FALSE(*answer.result);
}

// One member has what was acknowledged in two memories, of which one is gone.
TEST_F(GroupFaults, in_memory_one_that_forgot_elects_nobody_who_lacks_what_it_acknowledged) {
    three_members_in_memory().proposes(2).runs(1s);
    const int old = leader();
    const int forgetful = group->a_follower();
    const int behind = group->another_follower();
    group->kills(behind).proposes(5).runs(20ms);
    EXPECT_THAT(group->outcomes(5), Each(Optional(Outcome::promised)));
    group->kills(forgetful, Death::of_machine).kills(old).restarts(forgetful).restarts(behind).runs(5s);
    EXPECT_EQ(leader(), -1);
    group->restarts(old).elects();
    all_is_well();
    EXPECT_FALSE(group->group(forgetful).recovering());
    group->kills(forgetful).restarts(forgetful);
    EXPECT_FALSE(group->group(forgetful).recovering());
}

TEST_F(GroupFaults, in_memory_the_loss_is_not_forgotten_when_the_start_dies_half_way) {
    three_members_in_memory().proposes(2).runs(1s);
    const int forgetful = group->a_follower();
    group->kills(forgetful, Death::of_machine).opens_its_store_and_dies(forgetful).restarts(forgetful);
    EXPECT_TRUE(group->group(forgetful).recovering());
    group->runs(500ms);
    EXPECT_FALSE(group->group(forgetful).recovering());
    all_is_well();
}

TEST_F(GroupFaults, in_memory_a_group_that_stopped_cleanly_has_forgotten_nothing) {
    three_members_in_memory().proposes(2).runs(50ms);
    for (int i = 0; i < 3; ++i) group->stops(i).kills(i, Death::of_machine);
    for (int i = 0; i < 3; ++i) group->restarts(i);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(group->group(i).recovering());
    group->elects();
    all_is_well();
}

TEST_F(GroupFaults, a_group_of_one_survives_its_machine_before_its_name_is_on_the_disk) {
    of({.voters = 1}).kills(0, Death::of_machine).restarts(0).proposes(1).runs(50ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
    all_is_well();
}

TEST_F(GroupFaults, refuses_a_range_with_a_flipped_bit) {
    three_members();
    const int victim = group->a_follower();
    const auto end = group->store(victim).commit_log().end();
    group->tampers_with_what_reaches(victim, [](RaftFrame&, std::string& range) {
        if (const auto body = range.find("message "); body != std::string::npos) range[body] ^= 1;
    });
    group->proposes(3).runs(100ms);
    EXPECT_GT(group->group(victim).probe().ranges_refused, 0U);
    EXPECT_EQ(group->store(victim).commit_log().end(), end);
    EXPECT_THAT(group->outcomes(3), Each(Optional(Outcome::promised)));
    group->heals();
    all_is_well();
}

TEST_F(GroupFaults, refuses_a_range_that_follows_another_record) {
    three_members();
    const int victim = group->a_follower();
    const auto end = group->store(victim).commit_log().end();
    group->tampers_with_what_reaches(victim, [](RaftFrame& frame, std::string&) { frame.crc_before ^= 1; });
    group->proposes(3).runs(100ms);
    EXPECT_GT(group->group(victim).probe().ranges_refused, 0U);
    EXPECT_EQ(group->store(victim).commit_log().end(), end);
    group->heals();
    all_is_well();
}

TEST_F(GroupFaults, refuses_a_range_of_another_size) {
    three_members();
    const int victim = group->a_follower();
    const auto end = group->store(victim).commit_log().end();
    group->tampers_with_what_reaches(victim, [](RaftFrame&, std::string& range) {
        if (!range.empty()) range.pop_back();
    });
    group->proposes(3).runs(100ms);
    EXPECT_GT(group->group(victim).probe().ranges_refused, 0U);
    EXPECT_EQ(group->store(victim).commit_log().end(), end);
    group->heals();
    all_is_well();
}

// A deposed leader's bytes come late, when others lie in their place: nothing is wrong with either log.
TEST_F(GroupFaults, does_not_complain_of_what_an_older_leader_sent) {
    three_members().proposes(2).runs(50ms);
    const int old = leader();
    const int next = group->a_follower();
    const int other = group->another_follower();
    std::optional<RaftFrame> late;
    std::string late_range;
    group->tampers_with_what_reaches(other, [&](RaftFrame& frame, std::string& range) {
        if (!range.empty()) {
            late = frame;
            late_range = range;
        }
        frame.message = raft::TimeoutNow{};  // Says nothing to anybody.
    });
    group->cuts(old, next).proposes_on(old, 1).runs(5ms).proposes_on(old, 1).runs(5ms);
    ASSERT_TRUE(late);
    group->kills(old).heals().elects().proposes(8).runs(100ms);
    late->range = late_range;
    group->group(other).on_message(raft::MemberId{old + 1}, *late);
    EXPECT_EQ(group->group(other).probe().ranges_refused, 0U);
    group->restarts(old);
    all_is_well();
}

// The two could elect one that lacks what the lost disk and the absent member had acknowledged.
TEST_F(GroupFaults, a_member_with_an_emptied_disk_elects_nobody_before_it_has_caught_up) {
    three_members().proposes(5).runs(50ms);
    const int led = leader();
    const int behind = group->a_follower();
    const int emptied = group->another_follower();
    group->kills(behind).proposes(5).runs(50ms);
    EXPECT_THAT(group->outcomes(5), Each(Optional(Outcome::promised)));
    group->kills(led).loses_its_disk(emptied).restarts(emptied).restarts(behind).runs(5s);
    EXPECT_EQ(leader(), -1);
    group->restarts(led).elects();
    all_is_well();
    EXPECT_EQ(group->acknowledged(), 10U);
}

TEST_F(GroupFaults, a_new_group_elects_its_first_leader_with_all_its_members) {
    group = std::make_unique<GroupScenario>(GroupSetup{});
    group->kills(2).runs(5s);
    EXPECT_EQ(leader(), -1);
    group->restarts(2).elects().proposes(3).runs(50ms);
    // From then on a majority does.
    group->kills(2).proposes(3).runs(50ms);
    EXPECT_THAT(group->outcomes(6), Each(Optional(Outcome::promised)));
    group->restarts(2);
    all_is_well();
}

TEST_F(GroupFaults, a_member_without_its_vote_beside_a_log_does_not_start) {
    three_members().proposes(2).runs(50ms);
    const int member = group->a_follower();
    ASSERT_TRUE(group->kills(member).files(member).remove("/store/tern/vote"));
    const auto started = group->tries_to_start(member);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Errc::corrupt);
    EXPECT_THAT(started.error().detail, HasSubstr("/store/tern/vote"));
}

TEST_F(GroupFaults, a_member_does_not_start_with_the_store_of_another) {
    three_members().proposes(2).runs(50ms).kills(0);
    group->setup().configure = [](GroupConfig& config) {
        if (config.self == raft::MemberId{1}) config.self = raft::MemberId{2};
    };
    const auto started = group->tries_to_start(0);
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().detail, HasSubstr("the store is of member 1"));
}

TEST_F(GroupFaults, a_master_acknowledges_what_its_slave_has) {
    a_master(1, 1).proposes(3).runs(20ms);
    EXPECT_THAT(group->outcomes(3), Each(Optional(Outcome::promised)));
    all_is_well();
}

TEST_F(GroupFaults, a_master_says_that_a_slave_is_missing) {
    a_master(2, 2).proposes(1).runs(20ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
    group->kills(2).runs(1ms).proposes(2).runs(20ms);
    EXPECT_THAT(group->outcomes(2), Each(Optional(Outcome::slave_missing)));
    group->restarts(2).runs(50ms).proposes(1).runs(20ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
    all_is_well();
}

TEST_F(GroupFaults, a_master_that_never_heard_its_slave_says_that_it_is_missing) {
    a_master(1, 1).kills(1).kills(0).restarts(0).proposes(1).runs(20ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::slave_missing));
}

TEST_F(GroupFaults, a_master_says_that_a_slave_does_not_answer_in_time) {
    a_master(1, 1).isolates(1).proposes(1).runs(2900ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(std::nullopt));
    group->runs(300ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::slave_timeout));
    group->heals().proposes(1).runs(1s);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
    all_is_well();
}

TEST_F(GroupFaults, a_master_may_do_with_the_slaves_that_are_there) {
    a_master_with(2, {.wanted = 3, .adapts = true}).proposes(1).runs(20ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
    group->kills(1).runs(20ms).proposes(1).runs(20ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
    group->kills(2).runs(20ms).proposes(1).runs(20ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
    group->restarts(1).restarts(2);
    all_is_well();
}

TEST_F(GroupFaults, a_master_accepts_nothing_with_too_few_slaves) {
    a_master_with(2, {.wanted = 3, .adapts = true, .least = 2}).kills(1).runs(20ms).proposes(1).runs(20ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
    const auto asked = group->asked().size();
    group->kills(2).runs(20ms).proposes(1).runs(20ms);
    EXPECT_EQ(group->asked().size(), asked);
    group->changes(0).runs(20ms);  // What is no message is taken all the same.
    EXPECT_EQ(group->asked().size(), asked + 1);
    group->restarts(2).runs(100ms).proposes(1).runs(20ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
}

// One that hangs counts until it is lost; one that comes back does once it has all.
TEST_F(GroupFaults, a_master_waits_for_all_slaves_that_are_in_sync) {
    a_master_with(2, {.all_in_sync = true}).proposes(1).runs(20ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
    group->isolates(2).proposes(1).runs(100ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(std::nullopt));
    group->closes_link(0, 2).runs(200ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
    group->kills(2).proposes_segments(4).heals().restarts(2).proposes(1).runs(1ms);
    group->runs(100ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
    all_is_well();
}

// Also one that was there when it was accepted.
TEST_F(GroupFaults, a_master_acknowledges_nothing_that_too_few_have) {
    a_master_with(2, {.least = 2, .all_in_sync = true}).proposes(1).runs(20ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::promised));
    group->isolates(1).isolates(2).proposes(1).runs(100ms);
    group->closes_link(0, 1).closes_link(0, 2).runs(200ms);
    EXPECT_THAT(group->outcomes(1), ElementsAre(Outcome::slave_missing));
    group->heals();
    all_is_well();
}

TEST_F(GroupFaults, a_master_that_waits_for_no_slave_loses_none_by_it) {
    a_master(1, 0).isolates(1).proposes(3).runs(20ms);
    EXPECT_THAT(group->outcomes(3), Each(Optional(Outcome::promised)));
    group->heals();
    all_is_well();
}

}  // namespace
}  // namespace tern::replication
