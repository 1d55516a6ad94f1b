// Members of two versions in one group: what the newer one knows is proposed once all know it.
#include "replication/group_scenario.hpp"

namespace tern::replication {
namespace {

class LevelOfGroup : public testing::Test {
protected:
    static constexpr std::int32_t newer = 2;

    LevelOfGroup() {
        GroupSetup setup;
        setup.configure = [this](GroupConfig& config) {
            config.feature_level = upgraded.contains(config.self) ? newer : base_level;
            config.snapshot_interval = 200ms;
        };
        group = std::make_unique<GroupScenario>(std::move(setup));
    }
    // As an operator does it: member by member.
    void upgrades(int member) {
        upgraded.insert(raft::MemberId{member + 1});
        if (group->is_up(member)) group->kills(member).restarts(member).elects().runs(500ms);
    }
    // Of the leader.
    Result<Appended> proposes_what_needs(std::int32_t level) {
        InternalRecord change;
        change.offsets.emplace()["topic@group"][QueueId{0}] = QueueOffset{++offset};
        change.level = level;
        return group->group(group->leader()).propose(change);
    }
    void all_need(std::int32_t level) {
        group->runs(1s);
        for (int member = 0; member < group->members(); ++member)
            EXPECT_EQ(group->group(member).level(), level) << member;
    }

    std::set<raft::MemberId> upgraded;
    std::unique_ptr<GroupScenario> group;
    std::int64_t offset{0};
};

TEST_F(LevelOfGroup, rises_when_all_members_know_more) {
    group->elects();
    for (int member = 0; member < group->members(); ++member) {
        const auto refused = proposes_what_needs(newer);
        ASSERT_FALSE(refused) << member;
        EXPECT_EQ(refused.error().code, Errc::not_supported);
        EXPECT_TRUE(proposes_what_needs(base_level));
        upgrades(member);
    }
    all_need(base_level);
    ASSERT_TRUE(proposes_what_needs(newer));
    all_need(newer);
    // From the log and from a snapshot.
    for (int member = 0; member < group->members(); ++member) group->kills(member).restarts(member).elects();
    all_need(newer);
    EXPECT_EQ(group->final_verdict(), "");
}

// Who is away may be an older one.
TEST_F(LevelOfGroup, does_not_rise_while_a_member_was_not_heard_of) {
    group->elects().runs(100ms).kills(2).elects();
    for (int member = 0; member < 2; ++member) upgrades(member);
    group->elects();
    EXPECT_FALSE(proposes_what_needs(newer));
    upgraded.insert(raft::MemberId{3});
    group->restarts(2).runs(1s);
    EXPECT_TRUE(proposes_what_needs(newer));
    // It has been reached: what others know does not matter any more.
    all_need(newer);
    group->kills(2);
    EXPECT_TRUE(proposes_what_needs(newer));
}

// Two that differ could take different sets of members for a majority.
TEST(GroupPolicies, of_members_that_vote_together_are_the_same) {
    GroupSetup setup;
    bool differs = false;
    setup.configure = [&](GroupConfig& config) {
        if (differs && config.self == raft::MemberId{3}) config.raft.quorum = raft::QuorumPolicy::written;
    };
    GroupScenario group{std::move(setup)};
    group.elects().agrees();
    differs = true;
    group.kills(2).restarts(2).runs(10ms).elects().proposes(3).runs(500ms);
    EXPECT_NE(group.leader(), 2);
    EXPECT_LT(group.store(2).commit_log().end(), group.store(0).commit_log().end());
    EXPECT_GT(group.group(2).probe().members_refused, 0U);
    differs = false;
    group.kills(2).restarts(2).agrees();
    EXPECT_THAT(group.final_verdict(), testing::StartsWith("logged: member_configured_otherwise"));
}

}  // namespace
}  // namespace tern::replication
