// Members that lag behind what is in the leader's memory: the log is read ahead for them, and nobody waits.
#include "replication/group_scenario.hpp"

namespace tern::replication {
namespace {

using testing::Each;
using testing::Optional;

class GroupCatchUp : public testing::Test {
protected:
    // Whose disks take that long for a read; one member misses some segments of the log.
    void a_member_lags(Duration read_time, std::uint64_t seed = 1) {
        GroupSetup setup;
        setup.seed = seed;
        setup.disk.read_delay_min = read_time;
        setup.disk.read_delay_max = read_time;
        setup.configure = [](GroupConfig& config) { config.catch_up_lag = 6'000; };
        group = std::make_unique<GroupScenario>(std::move(setup));
        group->elects().proposes(3).runs(50ms);
        away = group->a_follower();
        group->kills(away);
        for (int i = 0; i < 6; ++i) group->proposes_segments(1).changes(leader()).runs(20ms);
    }
    void all_is_well() {
        group->agrees();
        EXPECT_EQ(group->final_verdict(), "");
    }
    int leader() const { return group->leader(); }
    std::uint64_t bytes_read(int member) const { return group->group(member).probe().catch_up_bytes_read; }

    std::unique_ptr<GroupScenario> group;
    int away{0};
};

TEST_F(GroupCatchUp, is_read_ahead_from_the_disk) {
    a_member_lags(1ms);
    const auto missing =
        group->store(leader()).commit_log().end() - group->store(leader()).commit_log().begin();
    group->restarts(away);
    all_is_well();
    EXPECT_GT(bytes_read(leader()), static_cast<std::uint64_t>(missing) / 2);
}

TEST_F(GroupCatchUp, holds_up_nobody_who_sends) {
    a_member_lags(300ms);
    group->restarts(away).runs(100ms);
    for (int i = 0; i < 20; ++i) {
        group->proposes(1).runs(20ms);
        EXPECT_THAT(group->outcomes(1), Each(Optional(Outcome::promised)));
    }
    EXPECT_FALSE(group->all_agree());
    all_is_well();
}

// It knows of no entry of its older segments then.
TEST_F(GroupCatchUp, works_after_the_leaders_restart) {
    a_member_lags(1ms);
    for (int i = 0; i < group->members(); ++i)
        if (i != away) group->kills(i);
    for (int i = 0; i < group->members(); ++i)
        if (i != away) group->restarts(i);
    group->elects().restarts(away);
    all_is_well();
    EXPECT_GT(bytes_read(leader()), 0U);
}

// It is asked for more often than a read ends.
TEST_F(GroupCatchUp, comes_to_an_end_where_the_way_to_the_first_entry_is_slow) {
    a_member_lags(300ms);
    group->restarts(away).runs(1s).kills(away).kills(leader());
    for (int i = 0; i < group->members(); ++i) group->restarts(i);
    group->elects();
    all_is_well();
    EXPECT_LT(bytes_read(leader()), 100'000U);
}

TEST_F(GroupCatchUp, begins_anew_with_another_leader) {
    a_member_lags(20ms);
    const int first = leader();
    const int other = 3 - first - away;
    group->restarts(away).runs(50ms).transfers(first, other);
    ASSERT_TRUE(group->runs_until([&] { return leader() == other; }));
    EXPECT_GT(bytes_read(first), 0U);
    all_is_well();
    EXPECT_GT(bytes_read(other), 0U);
}

TEST_F(GroupCatchUp, ends_a_leader_that_cannot_read_its_log) {
    a_member_lags(1ms);
    const int first = leader();
    auto faults = group->files(first).faults();
    faults.read_failures = 1000;
    group->files(first).set_faults(faults);
    group->restarts(away);
    EXPECT_TRUE(group->runs_until([&] { return group->is_poisoned(first); }));
    group->kills(first);
    group->files(first).set_faults({});
    group->elects().restarts(first);
    EXPECT_NE(leader(), first);
    all_is_well();
}

// A question that waits for its reading is answered by what was on its way: it must not keep taking the
// reading from what is sent then.
TEST_F(GroupCatchUp, comes_to_an_end_where_answers_come_late) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        GroupSetup setup;
        setup.seed = seed;
        setup.disk.read_delay_min = setup.disk.read_delay_max = 30ms;
        setup.configure = [](GroupConfig& config) {
            config.catch_up_lag = 2'000;
            config.raft.append_timeout = 150ms;
        };
        group = std::make_unique<GroupScenario>(std::move(setup));
        group->elects();
        group->delay_max = 120ms;
        for (int i = 0; i < 40; ++i) group->proposes(10).runs(20ms);
        group->delay_max = 600us;
        all_is_well();
    }
}

TEST_F(GroupCatchUp, goes_on_when_links_come_and_go) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        a_member_lags(7ms, seed);
        group->restarts(away);
        for (int i = 0; i < 10; ++i) group->runs(13ms).closes_link(leader(), away).proposes(2);
        all_is_well();
    }
}

}  // namespace
}  // namespace tern::replication
