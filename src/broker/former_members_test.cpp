#include "broker/former_members.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"

namespace tern::broker {
namespace {

using testing::Optional;

std::vector<raft::MemberId> members(std::initializer_list<int> numbers) {
    std::vector<raft::MemberId> all;
    for (const int number : numbers) all.emplace_back(number);
    return all;
}

TEST(FormerMembers, are_kept_from_one_start_to_the_next) {
    io::SimulatedLoop loop;
    io::MemoryFileSystem disk{loop.runtime()};
    EXPECT_EQ(*former_members(disk, "/store"), std::nullopt);
    ASSERT_TRUE(remember_members(disk, "/store", "n0-a:1;n1-b:1"));
    EXPECT_THAT(*former_members(disk, "/store"), Optional(std::string{"n0-a:1;n1-b:1"}));
    ASSERT_TRUE(remember_members(disk, "/store", "n0-a:1"));
    disk.crash_machine();
    EXPECT_THAT(*former_members(disk, "/store"), Optional(std::string{"n0-a:1"}));
}

TEST(FormerMembers, may_be_left_out_as_long_as_those_that_stay_know_what_each_majority_knew) {
    EXPECT_FALSE(leaves_a_majority_out(members({0, 1, 2}), members({0, 1, 2})));
    EXPECT_FALSE(leaves_a_majority_out(members({0, 1, 2}), members({0, 1})));
    EXPECT_FALSE(leaves_a_majority_out(members({0, 1, 2}), members({0, 1, 3})));
    EXPECT_FALSE(leaves_a_majority_out(members({0, 1, 2, 3, 4}), members({0, 1, 2, 5, 6})));
    EXPECT_TRUE(leaves_a_majority_out(members({0, 1, 2}), members({0})));
    EXPECT_TRUE(leaves_a_majority_out(members({0, 1, 2}), members({0, 3, 4})));
    EXPECT_TRUE(leaves_a_majority_out(members({0, 1, 2, 3, 4}), members({0, 1, 2})));
}

TEST(FormerMembers, may_be_joined_by_others) {
    EXPECT_FALSE(leaves_a_majority_out(members({0}), members({0, 1, 2})));
    EXPECT_FALSE(leaves_a_majority_out(members({0, 1, 2}), members({0, 1, 2, 3, 4})));
}

}  // namespace
}  // namespace tern::broker
