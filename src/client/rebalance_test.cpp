#include "client/rebalance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tern::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The ids of the queues that the member gets of so many.
std::vector<int> share(int queues, const std::vector<std::string>& members, std::string_view client_id) {
    std::vector<model::MessageQueue> all;
    for (int i = queues; i-- > 0;) all.push_back({"broker-a", QueueId{i}, "Orders"});
    std::vector<int> ids;
    for (const auto& queue : allocate_averagely(all, members, client_id))
        ids.push_back(queue.queue_id.value());
    return ids;
}

TEST(AverageAllocation, gives_everything_to_the_only_member) {
    EXPECT_THAT(share(3, {"a"}, "a"), ElementsAre(0, 1, 2));
}
TEST(AverageAllocation, gives_neighbours_and_one_more_to_the_first_members) {
    EXPECT_THAT(share(8, {"c", "a", "b"}, "a"), ElementsAre(0, 1, 2));
    EXPECT_THAT(share(8, {"c", "a", "b"}, "b"), ElementsAre(3, 4, 5));
    EXPECT_THAT(share(8, {"c", "a", "b"}, "c"), ElementsAre(6, 7));
}
TEST(AverageAllocation, leaves_members_beyond_the_number_of_queues_without_any) {
    EXPECT_THAT(share(2, {"a", "b", "c"}, "b"), ElementsAre(1));
    EXPECT_THAT(share(2, {"a", "b", "c"}, "c"), IsEmpty());
}
TEST(AverageAllocation, gives_nothing_to_a_client_that_is_no_member) {
    EXPECT_THAT(share(4, {"a", "b"}, "x"), IsEmpty());
}

}  // namespace
}  // namespace tern::client
