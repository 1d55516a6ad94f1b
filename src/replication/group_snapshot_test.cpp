// Members that are blank, or whose log ends before the leader's begins: what they get, and what they are when
// something goes wrong on the way.
#include "replication/group_scenario.hpp"

namespace tern::replication {
namespace {

using testing::Each;
using testing::Optional;

class GroupSnapshots : public testing::Test {
protected:
    void TearDown() override {
        if (group) EXPECT_EQ(group->verdict(), "");
    }
    // In which one member was away while the others' logs lost their begin.
    GroupScenario& a_member_is_left_behind(GroupSetup setup = {}) {
        TearDown();
        if (!setup.configure)
            setup.configure = [](GroupConfig& config) {
                config.snapshot_bytes = 4096;
                config.snapshot_part_bytes = 64;
            };
        group = std::make_unique<GroupScenario>(std::move(setup));
        group->elects().proposes(3).proposes_to_queue(7).proposes_to_queue(7).changes(leader()).runs(50ms);
        away = group->setup().learners > 0 ? group->setup().voters : group->a_follower();
        group->kills(away);
        for (int i = 0; i < 12; ++i) group->proposes_segments(1).changes(leader());
        group->runs(1s);
        for (int i = 0; i < group->members(); ++i) group->expires(i);
        EXPECT_GT(begin_of(leader()).value(), 2 * 4096);
        EXPECT_EQ(group->store(leader()).expired_queues().size(), 1U);
        return *group;
    }
    void all_is_well() {
        group->agrees();
        EXPECT_EQ(group->final_verdict(), "");
    }
    int leader() const { return group->leader(); }
    PhysicalOffset begin_of(int member) const { return group->store(member).commit_log().begin(); }
    std::uint64_t installed(int member) const { return group->group(member).probe().snapshots_installed; }
    // The queue whose messages have all expired.
    QueueOffset next_of_old_queue(int member) const {
        return group->store(member).queue("TopicA", QueueId{7})->next();
    }

    std::unique_ptr<GroupScenario> group;
    int away{0};
};

TEST_F(GroupSnapshots, bring_up_a_member_that_was_away_for_too_long) {
    a_member_is_left_behind().restarts(away);
    all_is_well();
    EXPECT_EQ(installed(away), 1U);
    EXPECT_EQ(begin_of(away), begin_of(leader()));
    EXPECT_EQ(next_of_old_queue(away), QueueOffset{2});
}

TEST_F(GroupSnapshots, bring_up_a_blank_member) {
    a_member_is_left_behind().loses_its_disk(away).restarts(away);
    all_is_well();
    EXPECT_EQ(installed(away), 1U);
}

TEST_F(GroupSnapshots, bring_up_a_slave) {
    a_member_is_left_behind({.voters = 1, .learners = 1}).loses_its_disk(away).restarts(away);
    all_is_well();
    EXPECT_EQ(installed(away), 1U);
}

TEST_F(GroupSnapshots, are_not_needed_while_the_log_has_all) {
    group = std::make_unique<GroupScenario>(GroupSetup{});
    group->elects().proposes_segments(6).runs(50ms);
    away = group->a_follower();
    group->loses_its_disk(away).restarts(away);
    all_is_well();
    EXPECT_EQ(installed(away), 0U);
}

// It numbers a queue on from where the others had it, and has every change that the log has lost.
TEST_F(GroupSnapshots, make_a_member_that_can_lead) {
    a_member_is_left_behind().restarts(away).agrees().transfers(leader(), away).runs(100ms);
    ASSERT_EQ(leader(), away);
    group->proposes_to_queue(7).changes(away).runs(50ms);
    EXPECT_THAT(group->outcomes(2), Each(Optional(Outcome::promised)));
    EXPECT_EQ(next_of_old_queue(away), QueueOffset{3});
    all_is_well();
}

TEST_F(GroupSnapshots, are_there_after_a_restart) {
    for (const Death death : {Death::of_process, Death::of_machine}) {
        a_member_is_left_behind().restarts(away).agrees().kills(away, death).restarts(away);
        all_is_well();
        EXPECT_EQ(installed(away), 0U);
        EXPECT_EQ(next_of_old_queue(away), QueueOffset{2});
    }
}

TEST_F(GroupSnapshots, survive_a_clean_stop_before_the_log_has_come) {
    a_member_is_left_behind().restarts(away);
    ASSERT_TRUE(group->runs_until([this] { return installed(away) == 1; }));
    ASSERT_LT(group->group(away).committed(), group->group(away).capture().position);
    group->stops(away).restarts(away);
    all_is_well();
    EXPECT_EQ(installed(away), 0U);
}

// Its tables stay ahead of the log: what comes from there is not applied to them twice.
TEST_F(GroupSnapshots, are_newer_than_one_that_the_member_was_about_to_write) {
    group = std::make_unique<GroupScenario>(GroupSetup{.configure = [](GroupConfig& config) {
        config.snapshot_bytes = 4096;
        config.snapshot_interval = 1ms;
    }});
    group->elects().proposes(3).runs(600ms).proposes(3).agrees();
    away = group->a_follower();
    const auto writes = [this] { return group->files(away).exists("/store/tern/snapshot.writing"); };
    group->isolates(away).closes_link(leader(), away).stalls_disk_of(away, 60s);
    ASSERT_TRUE(group->runs_until(writes));
    for (int i = 0; i < 12; ++i) group->proposes_segments(1).changes(leader());
    group->runs(1s);
    for (const int other : {leader(), group->another_follower()}) group->expires(other);
    group->heals();
    ASSERT_TRUE(group->runs_until([this] { return installed(away) == 1; }));
    ASSERT_TRUE(writes());
    group->stalls_disk_of(away, 0s);
    const auto position = group->group(away).capture().position;
    ASSERT_LT(group->group(away).committed(), position);
    while (writes() || group->group(away).committed() < position) {
        ASSERT_GE(group->group(away).capture().position, position);
        group->runs(50us);
    }
    all_is_well();
}

TEST_F(GroupSnapshots, may_be_cut_short_at_any_moment) {
    int installations_cut_short = 0;
    for (int moment = 0; moment < 60; ++moment) {
        const Death death = moment % 2 == 0 ? Death::of_process : Death::of_machine;
        a_member_is_left_behind({.seed = static_cast<std::uint64_t>(moment + 1)}).restarts(away);
        group->runs(Duration{200us} * moment).kills(away, death, io::CrashOdds{}).restarts(away);
        all_is_well();
        installations_cut_short += installed(away) == 1;
    }
    EXPECT_GT(installations_cut_short, 5);
    EXPECT_LT(installations_cut_short, 60);
}

TEST_F(GroupSnapshots, go_on_when_the_link_or_the_leader_is_lost) {
    for (int moment = 1; moment < 20; ++moment) {
        a_member_is_left_behind({.seed = static_cast<std::uint64_t>(moment)}).restarts(away);
        group->runs(Duration{300us} * moment).closes_link(leader(), away).runs(1ms);
        const int old = leader();
        group->kills(old).elects().runs(100ms).restarts(old);
        all_is_well();
    }
}

TEST_F(GroupSnapshots, go_on_from_where_they_were_when_the_link_was_lost) {
    const auto bytes_sent = [this] { return group->group(leader()).probe().snapshot_bytes_sent; };
    const auto bytes_until_installed = [&](std::uint64_t cut_at) {
        a_member_is_left_behind();
        const auto before = bytes_sent();
        group->restarts(away);
        EXPECT_TRUE(group->runs_until([&] { return bytes_sent() - before >= cut_at; }));
        if (cut_at > 0) group->closes_link(leader(), away);
        EXPECT_TRUE(group->runs_until([&] { return installed(away) == 1; }));
        return bytes_sent() - before;
    };
    const auto whole = bytes_until_installed(0);
    EXPECT_GT(whole, 3U * 64);
    EXPECT_LE(bytes_until_installed(whole / 2), whole + 64);
    all_is_well();
}

TEST_F(GroupSnapshots, of_other_segments_are_refused_and_hold_nothing_back) {
    a_member_is_left_behind();
    group->tampers_with_offers_to(away, [](SnapshotOffer& offer) { offer.begin += 1; });
    group->restarts(away).runs(1s).proposes_segments(2).runs(1s);
    EXPECT_EQ(installed(away), 0U);
    EXPECT_GT(group->errors_logged("snapshot_refused"), 0U);
    const auto begin = begin_of(leader());
    group->proposes_segments(6).runs(1s).expires(leader());
    EXPECT_GT(begin_of(leader()), begin);
}

TEST_F(GroupSnapshots, go_no_faster_than_they_may) {
    constexpr std::int64_t per_s = 4'000;
    const auto brings_up = [this](std::int64_t bytes_per_s) {
        a_member_is_left_behind({.configure = [bytes_per_s](GroupConfig& config) {
            config.snapshot_bytes = 4096;
            config.snapshot_part_bytes = 64;
            config.catch_up_lag = 2048;
            config.catch_up_bytes_per_s = bytes_per_s;
        }});
        const auto before = group->group(leader()).probe().catch_up_bytes_sent;
        const Instant begun = group->now();
        group->restarts(away);
        EXPECT_TRUE(group->runs_until([&] { return group->all_agree(); }));
        const auto bytes = group->group(leader()).probe().catch_up_bytes_sent - before;
        EXPECT_EQ(installed(away), 1U);
        EXPECT_GT(bytes, 3'000U);
        return std::pair{group->now() - begun, static_cast<std::int64_t>(bytes)};
    };
    const auto [unlimited, bytes] = brings_up(0);
    EXPECT_LT(unlimited, 300ms);
    EXPECT_EQ(group->group(leader()).probe().catch_ups_held_back, 0U);
    const auto [limited, limited_bytes] = brings_up(per_s);
    EXPECT_GT(group->group(leader()).probe().catch_ups_held_back, 0U);
    constexpr std::int64_t ahead_max = 1'500;  // The room at the begin, and whole records at the end.
    EXPECT_GT(limited, Duration{(limited_bytes - ahead_max) * 1'000'000'000 / per_s});
    EXPECT_LT(limited, Duration{limited_bytes * 1'100'000'000 / per_s} + 1s);
    all_is_well();
}

// Its leader is a majority alone.
TEST_F(GroupSnapshots, of_a_slave_hold_up_nobody_who_sends) {
    a_member_is_left_behind({.voters = 1, .learners = 2, .configure = [](GroupConfig& config) {
                                 config.catch_up_lag = 2048;
                                 config.catch_up_bytes_per_s = 10'000;
                             }});
    group->restarts(away).runs(200ms);
    EXPECT_FALSE(group->all_agree());
    group->proposes(5).runs(20ms);
    EXPECT_THAT(group->outcomes(5), Each(Optional(Outcome::promised)));
    all_is_well();
}

TEST_F(GroupSnapshots, hold_nobody_back_without_whom_there_is_no_majority) {
    a_member_is_left_behind({.configure = [](GroupConfig& config) {
        config.catch_up_lag = 2048;
        config.catch_up_bytes_per_s = 1'000;
    }});
    const int other = 3 - leader() - away;
    group->restarts(away).kills(other).proposes(1);
    EXPECT_TRUE(group->runs_until([&] { return group->outcomes(1)[0].has_value(); }, 3s));
    EXPECT_THAT(group->outcomes(1), Each(Optional(Outcome::promised)));
    group->restarts(other);
    all_is_well();
}

TEST_F(GroupSnapshots, go_faster_at_once_when_they_may) {
    a_member_is_left_behind({.configure = [](GroupConfig& config) {
        config.catch_up_lag = 2048;
        config.catch_up_bytes_per_s = 1'000;
    }});
    group->restarts(away).runs(1s);
    EXPECT_FALSE(group->all_agree());
    GroupConfig config = group->group(leader()).config();
    config.catch_up_bytes_per_s = 0;
    ASSERT_TRUE(group->group(leader()).configure(config));
    EXPECT_TRUE(group->runs_until([&] { return group->all_agree(); }, 3s));
    all_is_well();
}

}  // namespace
}  // namespace tern::replication
