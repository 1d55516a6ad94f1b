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
    EXPECT_FALSE(reads.has(member, second, store.log().end()));
    ASSERT_TRUE(store.store().remove_expired(
        {.now = 1, .bound = store.log().written(), .segments_max = 3, .regardless_of_age = true}));
    ASSERT_GT(store.log().begin(), second);
    store.loop().run();
    EXPECT_EQ(failures, 0);
    EXPECT_FALSE(reads.has(member, store.log().begin(), store.log().end()));
    store.loop().run();
    EXPECT_TRUE(reads.has(member, store.log().begin(), store.log().begin() + 1));
    EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace tern::replication
