#include "replication/group_recovery.hpp"

#include "replication/group_scenario.hpp"

namespace tern::replication {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr GroupId new_id{0x77};

// Three members; 1 and 2 are lost, 0 is left.
class AGroupWithoutItsMajority : public testing::Test {
protected:
    void SetUp() override {
        group.elects().proposes(20).changes(group.leader()).runs(50ms).agrees();
        former_id = group.group(0).group_id();
        former_term = group.group(0).term();
        for (int i = 0; i < 3; ++i) group.kills(i);
    }
    MemberFindings look(int member = 0) {
        auto found = look_at_member(group.files(member), "/store", {}, 0);
        EXPECT_TRUE(found) << found.error().detail;
        return *found;
    }
    void recovers() {
        ASSERT_TRUE(recover_member(group.files(0), "/store", recovered_member(look(), new_id), "done"));
    }
    // All of them have only the survivor for a member, or all three.
    void members_are(std::vector<raft::Member> members) {
        group.setup().configure = [members](GroupConfig& config) { config.members = members; };
    }
    void goes_on_alone() {
        members_are({{.id = raft::MemberId{1}}});
        group.restarts(0).runs(50ms);
    }
    void is_three_again() {
        group.kills(0);
        members_are({{.id = raft::MemberId{1}}, {.id = raft::MemberId{2}}, {.id = raft::MemberId{3}}});
        for (int i : {1, 2}) group.loses_its_disk(i);
        for (int i = 0; i < 3; ++i) group.restarts(i);
        group.elects();
    }

    GroupScenario group;
    GroupId former_id;
    raft::Term former_term;
};

TEST_F(AGroupWithoutItsMajority, says_what_is_left_of_it) {
    const auto found = look();
    EXPECT_EQ(found.state.group, former_id);
    EXPECT_EQ(found.state.member, raft::MemberId{1});
    EXPECT_EQ(found.last_term(), former_term);
    EXPECT_FALSE(found.log.clean);
    EXPECT_GT(found.log.end, PhysicalOffset{0});
    EXPECT_LE(found.committed, found.log.end);
    group.restarts(0);
    EXPECT_EQ(group.store(0).commit_log().end(), found.log.end);
}

TEST_F(AGroupWithoutItsMajority, is_left_as_it_was_by_a_look) {
    const auto found = look();
    EXPECT_EQ(look().state, found.state);
    for (int i = 0; i < 3; ++i) group.restarts(i);
    group.elects().agrees();
    EXPECT_EQ(group.final_verdict(), "");
}

TEST_F(AGroupWithoutItsMajority, goes_on_under_another_id_in_a_term_that_the_lost_ones_do_not_come_to) {
    const auto before = look();
    recovers();
    EXPECT_EQ(look().state.group, new_id);
    EXPECT_EQ(look().state.vote, std::nullopt);
    EXPECT_EQ(look().state.term, before.state.term + recovery_term_distance);
    goes_on_alone();
    EXPECT_EQ(group.leader(), 0);
    EXPECT_EQ(group.group(0).group_id(), new_id);
    EXPECT_GT(group.group(0).epoch(), before.state.term + recovery_term_distance);
    group.proposes(5).runs(50ms);
    EXPECT_EQ(group.acknowledged(), 26U);
}

TEST_F(AGroupWithoutItsMajority, is_recovered_for_good_when_the_machine_dies_then) {
    recovers();
    group.kills(0, Death::of_machine);
    EXPECT_EQ(look().state.group, new_id);
    goes_on_alone();
    EXPECT_EQ(group.leader(), 0);
}

TEST_F(AGroupWithoutItsMajority, keeps_an_account_of_each_time) {
    recovers();
    ASSERT_TRUE(recover_member(group.files(0), "/store", recovered_member(look(), GroupId{5}), "again"));
    EXPECT_EQ(*io::read_file(group.files(0), "/store/tern/recoveries"), "done\nagain\n");
    EXPECT_EQ(look().state.term, former_term + 2 * recovery_term_distance);
}

// Its log says the old id first: who took that for the group's would not be let in after his next start.
TEST_F(AGroupWithoutItsMajority, gives_its_new_id_to_members_that_begin_anew) {
    recovers();
    goes_on_alone();
    group.proposes(5).runs(50ms);
    is_three_again();
    group.proposes(5).runs(50ms).agrees();
    EXPECT_EQ(group.final_verdict(), "");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(group.group(i).group_id(), new_id) << i;
    for (int i = 0; i < 3; ++i) group.kills(i, Death::of_machine);
    for (int i = 0; i < 3; ++i) group.restarts(i);
    group.elects().agrees();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(group.group(i).group_id(), new_id) << i;
    EXPECT_EQ(group.errors_logged("log_of_another_group"), 0U);
}

TEST_F(AGroupWithoutItsMajority, goes_on_from_a_member_that_has_forgotten_what_it_acknowledged) {
    auto found = look();
    found.state.memory_lost = true;
    EXPECT_TRUE(recovered_member(found, new_id).memory_lost);
    ASSERT_TRUE(recover_member(group.files(0), "/store", recovered_member(found, new_id), "done"));
    goes_on_alone();
    EXPECT_EQ(group.leader(), 0);
    EXPECT_FALSE(group.group(0).recovering());
}

TEST(AStoreOfNoGroup, is_no_member_of_one) {
    io::SimulatedLoop loop;
    io::MemoryFileSystem disk{loop.runtime()};
    const auto found = look_at_member(disk, "/store", {}, 0);
    EXPECT_EQ(found.error().code, Errc::query_not_found);
    EXPECT_THAT(found.error().detail, HasSubstr("/store/tern/vote"));
}

}  // namespace
}  // namespace tern::replication
