// Whole runs, few of them: that the simulation itself is sound. Seeds by the hundred are tern_simulation's.
#include <sstream>

#include "simulation/scenario.hpp"
#include "simulation/simulation.hpp"

namespace tern::simulation {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Scenario, is_the_same_for_the_same_seed_and_another_for_another) {
    EXPECT_EQ(draw_scenario(7)->text(), draw_scenario(7)->text());
    EXPECT_NE(draw_scenario(7)->text(), draw_scenario(8)->text());
}

TEST(Scenario, keeps_to_its_kind_of_trouble) {
    EXPECT_THAT(draw_scenario(7, "calm")->faults, IsEmpty());
    for (std::uint64_t seed = 1; seed <= 50; ++seed)
        for (const auto& fault : draw_scenario(seed, "power")->faults)
            EXPECT_TRUE(fault.kind == FaultKind::cut_power_of_broker ||
                        fault.kind == FaultKind::cut_power_of_all_brokers);
    EXPECT_FALSE(draw_scenario(7, "no such trouble"));
}

TEST(Run, passes_when_nothing_goes_wrong) {
    const auto report = run_seed(1, "calm", RunTwice::no, PrintTrace::no);
    EXPECT_THAT(report.failures, IsEmpty());
    EXPECT_GT(report.acknowledged, 0);
}

TEST(Run, passes_with_a_group_and_with_slaves) {
    const auto raft = run_seed(1, "raft", RunTwice::no, PrintTrace::no);
    EXPECT_THAT(raft.failures, IsEmpty());
    EXPECT_GT(raft.reigns, 0);
    EXPECT_THAT(run_seed(1, "slaves", RunTwice::no, PrintTrace::no).failures, IsEmpty());
}

TEST(Run, passes_with_several_groups_whose_clocks_drift) {
    for (const std::string_view brokers : {"alone", "raft", "slaves"}) {
        auto scenario = *draw_scenario(3, brokers);
        scenario.members = std::min<std::size_t>(scenario.members, 3);
        scenario.broker_groups = 2;
        scenario.drift_max = 50'000;
        const auto report = World{std::move(scenario), PrintTrace::no}.run();
        EXPECT_THAT(report.failures, IsEmpty()) << brokers;
        EXPECT_GE(report.reigns, 2) << brokers;
    }
}

TEST(Run, ends_in_the_same_state_for_the_same_seed) {
    EXPECT_THAT(run_seed(2, "everything", RunTwice::yes, PrintTrace::no).failures, IsEmpty());
    EXPECT_THAT(run_seed(2, "raft", RunTwice::yes, PrintTrace::no).failures, IsEmpty());
}

TEST(Run, ends_in_another_state_for_another_seed) {
    EXPECT_NE(run_seed(1, "calm", RunTwice::no, PrintTrace::no).state_hash,
              run_seed(2, "calm", RunTwice::no, PrintTrace::no).state_hash);
}

TEST(Campaign, ends_with_its_counts) {
    std::ostringstream out;
    EXPECT_TRUE(run_campaign({.seeds = 2, .scenario = "calm", .show_progress = false}, out));
    EXPECT_THAT(out.str(), ::testing::EndsWith("2 passed, 0 failed, 0 skipped\n"));
}

TEST(Campaign, runs_the_same_on_several_threads) {
    std::ostringstream one;
    std::ostringstream other;
    EXPECT_TRUE(run_campaign({.seeds = 4, .scenario = "calm", .show_progress = false}, one));
    EXPECT_TRUE(run_campaign({.seeds = 4, .scenario = "calm", .show_progress = false, .jobs = 3}, other));
    EXPECT_EQ(one.str(), other.str());
}

TEST(Campaign, fails_when_a_rare_state_was_required_and_not_reached) {
    std::ostringstream out;
    EXPECT_FALSE(run_campaign(
        {.seeds = 1, .scenario = "calm", .require_rare_states = true, .show_progress = false}, out));
    EXPECT_THAT(out.str(), HasSubstr("never reached: torn_tail"));
}

}  // namespace
}  // namespace tern::simulation
