// A synchronous master that does not flush: what was acknowledged because a slave had it comes back from
// there when the master's machine dies.
#include "replication/group_scenario.hpp"

namespace tern::replication {
namespace {

using testing::Each;
using testing::Optional;

constexpr int master = 0;

class LostTail : public testing::Test {
protected:
    void begins(int slaves = 2, std::uint64_t seed = 1) {
        GroupSetup setup;
        setup.voters = 1;
        setup.learners = slaves;
        setup.quorum = raft::QuorumPolicy::written;
        setup.replicas.wanted = slaves > 0 ? 2 : 1;
        setup.seed = seed;
        setup.configure = [](GroupConfig& config) { config.flush_interval = 60s; };
        group = std::make_unique<GroupScenario>(std::move(setup));
        group->elects().runs(100ms).proposes(3).runs(50ms);
        ASSERT_THAT(group->outcomes(3), Each(Optional(Outcome::promised)));
        expect_log();
    }
    void expect_log() { log = group->log_of(master, PhysicalOffset{0}); }
    GroupScenario& machine_dies() { return group->kills(master, Death::of_machine); }
    bool is_back() const { return group->log_of(master, PhysicalOffset{0}).starts_with(log); }
    std::uint64_t taken_back() const { return group->group(master).probe().tail_bytes_taken_back; }

    std::unique_ptr<GroupScenario> group;
    std::string log;  // What is to be there after the death.
};

TEST_F(LostTail, comes_back_from_a_slave) {
    begins();
    machine_dies().runs(1s).restarts(master);
    EXPECT_LT(group->store(master).commit_log().end().value(), static_cast<std::int64_t>(log.size()));
    group->elects();
    EXPECT_TRUE(is_back());
    EXPECT_GT(taken_back(), 0U);
    EXPECT_LT(group->now() - Instant{}, 3s) << "it has waited for nobody";
    group->proposes(2).agrees();
    EXPECT_TRUE(is_back());
}

TEST_F(LostTail, comes_back_with_changes_of_state_and_over_segments) {
    begins();
    group->changes(master).proposes_segments(5).changes(master).runs(100ms);
    expect_log();
    machine_dies().restarts(master).elects().agrees();
    EXPECT_TRUE(is_back());
    EXPECT_EQ(group->final_verdict(), "");
}

TEST_F(LostTail, comes_back_from_the_slave_that_has_most) {
    begins();
    group->kills(1).proposes(3).runs(50ms);
    EXPECT_THAT(group->outcomes(3), Each(Optional(Outcome::promised)));
    expect_log();
    machine_dies().restarts(1).restarts(master).elects();
    EXPECT_TRUE(is_back());
    group->agrees();
}

TEST_F(LostTail, is_waited_for_while_a_slave_is_away_and_not_for_ever) {
    begins();
    group->kills(2);
    machine_dies().restarts(master).runs(4s);
    EXPECT_FALSE(group->group(master).leads());
    EXPECT_TRUE(is_back());
    group->runs(2s);
    EXPECT_TRUE(group->group(master).leads());
    group->restarts(2).agrees();
}

TEST_F(LostTail, is_given_up_without_slaves) {
    begins();
    group->kills(1).kills(2);
    machine_dies().restarts(master).runs(6s);
    EXPECT_TRUE(group->group(master).leads());
    EXPECT_FALSE(is_back());
    group->restarts(1).restarts(2).agrees();
    EXPECT_FALSE(is_back());
}

TEST_F(LostTail, is_asked_for_again_when_the_master_dies_meanwhile) {
    begins();
    group->kills(1).kills(2);
    machine_dies().restarts(master).runs(1s).kills(master);
    group->restarts(1).restarts(2).restarts(master).elects();
    EXPECT_TRUE(is_back());
    group->agrees();
}

TEST_F(LostTail, is_nothing_to_a_master_without_slaves) {
    begins(0);
    machine_dies().restarts(master);
    EXPECT_TRUE(group->group(master).leads());
}

TEST_F(LostTail, is_nothing_after_the_death_of_the_process) {
    begins();
    group->kills(master).kills(1).kills(2).restarts(master);
    EXPECT_TRUE(group->group(master).leads());
    EXPECT_TRUE(is_back());
}

TEST_F(LostTail, is_not_taken_when_it_is_damaged) {
    begins();
    group->tampers_with_lost_tails_of(master, [](LostTailPart&, std::string& range) {
        if (!range.empty()) range[range.find("message")] ^= 1;
    });
    machine_dies().restarts(master).runs(6s);
    EXPECT_TRUE(group->group(master).leads());
    EXPECT_EQ(taken_back(), 0U);
    EXPECT_EQ(group->group(master).probe().ranges_refused, 2U);
}

TEST_F(LostTail, of_terms_that_it_cannot_have_is_not_taken) {
    begins();
    group->tampers_with_lost_tails_of(master, [](LostTailPart& part, std::string& range) {
        if (!range.empty()) part.starts = {{raft::Term{77}, part.from}};
    });
    machine_dies().restarts(master).runs(6s);
    EXPECT_TRUE(group->group(master).leads());
    EXPECT_EQ(taken_back(), 0U);
}

// No start can tell: the checksum in a record is that of its body.
TEST_F(LostTail, is_compared_with_what_the_disk_has_kept) {
    for (const int damaged : {0, 1, 3}) {
        SCOPED_TRACE(damaged);
        begins();
        group->proposes(4).runs(50ms);
        expect_log();
        auto& log_of_master = group->store(master).commit_log();
        ASSERT_TRUE(log_of_master.sync_now());
        group->proposes(2).runs(50ms);
        expect_log();
        PhysicalOffset at = log_of_master.flushed();
        for (int i = 0; i <= damaged; ++i) at = *log_of_master.entry_before(at);
        constexpr std::int64_t to_store_host = 64;
        machine_dies().overwrites_log_of(master, at + to_store_host, "????").restarts(master).elects();
        EXPECT_TRUE(is_back());
        EXPECT_EQ(group->group(master).probe().damaged_forgotten, 1U);
        group->proposes(1).agrees();
        EXPECT_EQ(group->final_verdict(), "");
    }
}

// A slave that was away while the master went on without what the slave has.
TEST_F(LostTail, is_not_taken_from_a_slave_whose_tail_was_given_up) {
    begins(1);
    group->kills(1);
    machine_dies().restarts(master).runs(6s).proposes(2).runs(50ms);
    ASSERT_TRUE(group->store(master).commit_log().sync_now());
    group->kills(master, Death::of_machine).restarts(1).restarts(master).elects();
    EXPECT_FALSE(is_back());
    group->agrees();
}

// A loss of power leaves anything between nothing and all of what was not synced.
TEST_F(LostTail, comes_back_whatever_the_disk_has) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE(seed);
        begins(2, seed);
        group->proposes(5).changes(master).runs(5ms).proposes(3).runs(2ms);
        const auto promised = group->acknowledged();
        group->kills(master, Death::of_machine, io::CrashOdds{});
        if (seed % 3 == 0) group->kills(1).restarts(1);
        group->restarts(master).elects().proposes(1).agrees();
        EXPECT_TRUE(is_back());
        EXPECT_EQ(group->final_verdict(), "");
        EXPECT_GE(group->acknowledged(), promised);
    }
}

}  // namespace
}  // namespace tern::replication
