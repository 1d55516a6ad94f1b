// Disks that change what they have: who notices gets it from the others.
#include "replication/group_scenario.hpp"

namespace tern::replication {
namespace {

class GroupMending : public testing::Test {
protected:
    void has(GroupSetup setup) {
        setup.configure = [](GroupConfig& config) {
            config.scrub = {.bytes_per_s = 1'000'000, .interval = 5s};
        };
        group = std::make_unique<GroupScenario>(std::move(setup));
        group->elects().proposes_segments(4).runs(5s);
        victim = group->a_follower();
    }
    // A bit of the first segment, in a member that is down.
    void rots(int member, std::int64_t at = 200) {
        const auto path = "/store/commitlog/00000000000000000000";
        const auto bytes = io::read_file(group->files(member), path);
        ASSERT_TRUE(bytes);
        group->overwrites_log_of(member, PhysicalOffset{at},
                                 std::string{static_cast<char>((*bytes)[static_cast<std::size_t>(at)] ^ 4)});
    }
    void restarts_with_rot(int member) {
        group->kills(member);
        rots(member);
        group->restarts(member);
    }
    void leads(int member) {
        group->runs(1s).agrees().transfers(group->leader(), member);
        ASSERT_TRUE(group->runs_until([&] { return group->leader() == member; }));
    }
    const GroupProbe& probe(int member) { return group->group(member).probe(); }
    void all_is_well() {
        group->agrees();
        EXPECT_EQ(group->final_verdict(), "");
    }

    std::unique_ptr<GroupScenario> group;
    int victim{0};
};

TEST_F(GroupMending, a_follower_gets_a_block_from_another_member) {
    has({});
    restarts_with_rot(victim);
    group->runs(20s);
    EXPECT_EQ(probe(victim).blocks_damaged, 1U);
    EXPECT_EQ(probe(victim).blocks_mended, 1U);
    EXPECT_EQ(group->group(victim).damaged_blocks(), 0U);
    all_is_well();
}

TEST_F(GroupMending, what_was_mended_survives_a_loss_of_power) {
    has({});
    restarts_with_rot(victim);
    group->runs(20s).kills(victim, Death::of_machine).restarts(victim).runs(20s);
    EXPECT_EQ(probe(victim).blocks_damaged, 0U);
    all_is_well();
}

TEST_F(GroupMending, a_leader_gets_a_block_from_a_follower) {
    has({});
    restarts_with_rot(victim);
    leads(victim);
    group->runs(20s);
    EXPECT_EQ(probe(victim).blocks_mended, 1U);
    all_is_well();
}

TEST_F(GroupMending, a_master_gets_a_block_from_its_slave_and_the_slave_from_the_master) {
    for (const int member : {0, 1}) {
        has({.voters = 1, .learners = 1});
        restarts_with_rot(member);
        group->runs(20s);
        EXPECT_EQ(probe(member).blocks_mended, 1U);
        all_is_well();
    }
}

TEST_F(GroupMending, the_next_is_asked_when_one_has_no_better_bytes) {
    has({});
    group->kills(victim).kills(group->another_follower());
    rots(victim);
    rots(group->another_follower());
    group->restarts(victim).restarts(group->another_follower()).runs(40s);
    EXPECT_EQ(probe(victim).blocks_mended, 1U);
    EXPECT_EQ(probe(group->another_follower()).blocks_mended, 1U);
    all_is_well();
}

// What a member that lags is sent was read from the leader's disk.
TEST_F(GroupMending, nobody_is_sent_what_the_leaders_disk_has_changed) {
    GroupSetup setup;
    has(std::move(setup));
    const int away = group->another_follower();
    group->kills(away).loses_its_disk(away);
    restarts_with_rot(victim);
    leads(victim);
    group->restarts(away).runs(20s);
    EXPECT_EQ(probe(victim).blocks_mended, 1U);
    EXPECT_EQ(probe(away).ranges_refused, 0U);
    all_is_well();
}

TEST_F(GroupMending, one_that_nobody_else_has_is_told_and_kept) {
    has({.voters = 1});
    restarts_with_rot(0);
    group->runs(20s);
    EXPECT_EQ(probe(0).blocks_damaged, 1U);
    EXPECT_EQ(group->group(0).damaged_blocks(), 1U);
    EXPECT_FALSE(group->group(0).may_be_mended(PhysicalOffset{200}));
    EXPECT_EQ(group->errors_logged("block_damaged"), 1U);
}

// A slave whose master could not read for a while: nobody has denied the block, and it comes later.
TEST_F(GroupMending, one_that_cannot_be_read_is_not_denied) {
    has({.voters = 1, .learners = 1});
    restarts_with_rot(1);
    group->fails_reads_of(0).runs(15s);
    EXPECT_EQ(group->group(1).damaged_blocks(), 1U);
    EXPECT_TRUE(group->group(1).may_be_mended(PhysicalOffset{200}));
    EXPECT_EQ(probe(0).blocks_damaged, 0U);
    group->fails_reads_of(0, false).runs(30s);
    EXPECT_EQ(probe(1).blocks_mended, 1U);
    all_is_well();
}

// Its leader did not hear how far it had come, and asks what lies before a place behind the damage.
TEST_F(GroupMending, a_follower_that_cannot_walk_through_its_log_goes_on_and_mends_it) {
    group = std::make_unique<GroupScenario>(
        GroupSetup{.voters = 1, .learners = 1, .configure = [](GroupConfig& config) {
                       config.scrub = {.bytes_per_s = 1'000'000, .interval = 1h};
                   }});
    group->elects().proposes(1, 450).runs(1s);
    group->cuts(1, 0).proposes_segments(2).runs(5s);
    group->closes_link(0, 1).stops(1);
    rots(1, 1);  // In the size of a record.
    group->restarts(1).heals().runs(20s);
    EXPECT_EQ(group->errors_logged("record_differs"), 0U);
    EXPECT_EQ(probe(1).ranges_refused, 0U);
    EXPECT_EQ(probe(1).blocks_mended, 1U);
    all_is_well();
}

TEST_F(GroupMending, waits_for_a_member_that_may_have_it) {
    has({});
    const int other = group->another_follower();
    group->kills(victim).kills(other);
    rots(victim);
    rots(group->leader());  // Read from memory, so it is not noticed, and not given either.
    group->restarts(victim).runs(15s);
    EXPECT_EQ(group->group(victim).damaged_blocks(), 1U);
    EXPECT_TRUE(group->group(victim).may_be_mended(PhysicalOffset{200}));
    group->restarts(other).runs(30s);
    EXPECT_EQ(group->group(victim).damaged_blocks(), 0U);
    all_is_well();
}

}  // namespace
}  // namespace tern::replication
