#include "raft/config.hpp"

namespace tern::raft {
namespace {

using testing::HasSubstr;

TEST(RaftConfig, is_within_its_bounds_by_default) {
    EXPECT_TRUE(Config{}.check());
}

TEST(RaftConfig, names_what_is_out_of_bounds_and_the_bounds) {
    Config config;
    config.election_timeout_min = 150ms;  // One lost heartbeat would depose a leader.
    ASSERT_FALSE(config.check());
    EXPECT_THAT(config.check().error().detail,
                HasSubstr("election_timeout_min not between 200000 us and 60000000 us: 150000 us"));
}

TEST(RaftConfig, wants_time_outs_that_differ_between_members) {
    Config config;
    config.election_timeout_max = config.election_timeout_min;
    ASSERT_FALSE(config.check());
    EXPECT_THAT(config.check().error().detail, HasSubstr("election_timeout_max"));
}

TEST(RaftConfig, wants_a_window_that_holds_one_append) {
    Config config;
    config.in_flight_bytes_max = config.append_bytes_max - 1;
    ASSERT_FALSE(config.check());
    EXPECT_THAT(config.check().error().detail, HasSubstr("in_flight_bytes_max"));
}

}  // namespace
}  // namespace tern::raft
