#include "replication/catch_up_reads.hpp"

#include "store/store_scenario.hpp"

namespace tern::replication {
namespace {

using store::StoreScenario;

// The leader's disk is full while it reads for a member that is far behind.
TEST(CatchUpReads, let_go_of_what_was_removed_while_it_was_read) {
    StoreScenario store;
    store.appends_many(200).flushes().checkpoints();
    const raft::MemberId member{2};
    int failures = 0;
    CatchUpReads reads{store.log(), store.store().block_checksums(),
                       [&](raft::MemberId, const Result<>& read) { failures += read ? 0 : 1; },
                       [&](PhysicalOffset) { ++failures; }};
    const PhysicalOffset second = store.log().entry_at(PhysicalOffset{0})->next;
    EXPECT_LT(reads.read_to(member, second, store.log().end()), second);
    ASSERT_TRUE(store.store().remove_expired(
        {.now = 1, .bound = store.log().written(), .segments_max = 3, .regardless_of_age = true}));
    ASSERT_GT(store.log().begin(), second);
    store.loop().run();
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(reads.read_to(member, store.log().begin(), store.log().end()), store.log().begin());
    store.loop().run();
    EXPECT_GT(reads.read_to(member, store.log().begin(), store.log().begin() + 1), store.log().begin());
    EXPECT_EQ(failures, 0);
}

// Who waits for all that there is by now never gets anything.
TEST(CatchUpReads, tell_how_far_they_are_while_the_log_grows) {
    StoreScenario store;
    store.appends_many(20).flushes().checkpoints();
    const raft::MemberId member{2};
    CatchUpReads reads{store.log(), store.store().block_checksums(), [](raft::MemberId, const Result<>&) {},
                       [](PhysicalOffset) {}};
    const PhysicalOffset second = store.log().entry_at(PhysicalOffset{0})->next;
    EXPECT_LT(reads.read_to(member, second, store.log().end()), second);
    const PhysicalOffset first_end = store.log().end();
    store.appends_many(20).writes();
    store.loop().run();
    EXPECT_GE(reads.read_to(member, second, store.log().end()), first_end);
}

}  // namespace
}  // namespace tern::replication
