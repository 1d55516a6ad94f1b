// A store that forgets all it has and goes on as a copy of another one's end.
#include "store/store_scenario.hpp"

namespace tern::store {
namespace {

constexpr PhysicalOffset second_segment{4096};
const std::vector<QueueBegin> old_queue{{"TopicOld", QueueId{3}, QueueOffset{17}}};

std::string bytes_of(const CommitLog& log, PhysicalOffset from) {
    std::string bytes;
    for (PhysicalOffset at = from; at < log.end();) {
        const auto range = log.entries_from(at, log.end() - at);
        bytes += range->bytes;
        at += static_cast<std::int64_t>(range->bytes.size());
    }
    return bytes;
}

Result<> takes(CommitLog& log, std::string_view bytes) {
    const auto range = log.check_range(bytes, second_segment);
    return range ? log.append_raw(*range) : std::unexpected(range.error());
}

Result<> begins_anew(MessageStore& store, PhysicalOffset at = second_segment) {
    if (auto cleared = store.clear(); !cleared) return cleared;
    return store.begin_at(at, old_queue);
}

TEST(StoreBegunAnew, goes_on_as_a_copy_from_a_segment_on) {
    StoreScenario leader;
    leader.appends_many(60).writes();
    StoreScenario follower;
    follower.appends_many(90).appends_to("TopicB", 1, "mine").checkpoints();
    ASSERT_TRUE(begins_anew(follower.store()));
    EXPECT_EQ(follower.log().begin(), second_segment);
    EXPECT_EQ(follower.log().end(), second_segment);
    EXPECT_EQ(follower.store().queues().size(), 1U);
    EXPECT_THAT(follower.with_key("key-mine", "TopicB"), testing::IsEmpty());

    ASSERT_TRUE(takes(follower.log(), bytes_of(leader.log(), second_segment)));
    follower.flushes();
    EXPECT_EQ(follower.log().end(), leader.log().end());
    const auto messages = follower.messages();
    follower.checkpoints().loses_power().restarts();
    EXPECT_EQ(follower.messages(), messages);
    EXPECT_EQ(follower.queue(), messages);
    EXPECT_GT(follower.store().find_queue("TopicA", QueueId{0})->min(), QueueOffset{0});
    EXPECT_EQ(follower.store().expired_queues(), old_queue);
}

TEST(StoreBegunAnew, numbers_a_queue_on_whose_messages_have_expired) {
    StoreScenario store;
    ASSERT_TRUE(begins_anew(store.store()));
    for (const bool machine : {false, true}) {
        machine ? store.loses_power() : store.dies();
        store.restarts();
        EXPECT_EQ(store.log().begin(), second_segment);
        EXPECT_EQ(store.store().expired_queues(), old_queue);
    }
    store.appends_to("TopicOld", 3, "next").checkpoints().stops().restarts();
    EXPECT_THAT(store.queue("TopicOld", 3), testing::ElementsAre("next"));
    EXPECT_EQ(store.store().find_queue("TopicOld", QueueId{3})->min(), QueueOffset{17});
}

// Whoever copies the log knows better where the queue's next message lies.
TEST(StoreBegunAnew, takes_the_first_message_of_a_queue_wherever_it_is) {
    for (const std::int64_t begun : {3, 30, 300}) {
        StoreScenario leader;
        leader.appends_many(60).writes();
        StoreScenario follower;
        ASSERT_TRUE(follower.store().clear());
        const std::vector<QueueBegin> wrong{{"TopicA", QueueId{0}, QueueOffset{begun}}};
        ASSERT_TRUE(follower.store().begin_at(second_segment, wrong));
        ASSERT_TRUE(takes(follower.log(), bytes_of(leader.log(), second_segment)));
        follower.checkpoints();
        EXPECT_EQ(follower.queue(), follower.messages()) << begun;
        follower.dies().restarts();
        EXPECT_EQ(follower.queue(), follower.messages()) << begun;
    }
}

// What a loss of power has left of the filler in front of a queue's first entry is no entry, though it seems
// to lead to where the log has nothing any more; nor does it say where the log's first message belongs.
TEST(StoreBegunAnew, keeps_what_was_flushed_though_its_queues_are_torn) {
    for (std::int64_t torn_at = 0; torn_at < 200; ++torn_at) {
        StoreScenario leader;
        leader.appends_many(60).writes();
        StoreScenario follower;
        ASSERT_TRUE(begins_anew(follower.store()));
        const auto bytes = bytes_of(leader.log(), second_segment);
        ASSERT_TRUE(takes(follower.log(), bytes));
        follower.dispatches().flushes().store().checkpoint([](const Result<>&) {});
        ASSERT_EQ(follower.store().find_queue("TopicA", QueueId{0})->min(), QueueOffset{30});
        follower.loses_power(everything_is_kept);
        const std::string queue = "/store/consumequeue/TopicA/0";
        ASSERT_TRUE(follower.files().remove(queue + "/" + segment_name(600)));
        const auto file = follower.files().open(queue + "/" + segment_name(400), io::OpenMode::read_write);
        ASSERT_TRUE((*file)->write_at(torn_at, std::string(static_cast<std::size_t>(200 - torn_at), '\0')));
        follower.restarts().checkpoints();
        EXPECT_EQ(follower.queue(), follower.messages()) << torn_at;
        EXPECT_EQ(follower.log().end(), leader.log().end()) << torn_at;
    }
}

TEST(StoreBegunAnew, is_as_before_or_empty_or_whole_whenever_the_machine_dies) {
    constexpr PhysicalOffset behind_the_old_log{8 * 4096};
    int empty = 0;
    int whole = 0;
    for (std::uint64_t seed = 1; seed <= 120; ++seed) {
        StoreScenario store{small_files(), seed};
        store.appends_many(90).checkpoints();
        if (seed % 2 == 0) store.store().checkpoint([](const Result<>&) {});
        store.files().set_faults({.sync_failures = 60});
        ASSERT_LT(store.log().end(), behind_the_old_log);
        const bool done = begins_anew(store.store(), behind_the_old_log).has_value();
        store.files().set_faults({});
        if (seed % 2 == 0) store.loop().run();
        store.loses_power(io::CrashOdds{}).restarts();
        ASSERT_FALSE(testing::Test::HasFailure()) << seed;
        if (store.log().begin() == behind_the_old_log) {
            ++whole;
            EXPECT_EQ(store.log().end(), behind_the_old_log) << seed;
            EXPECT_EQ(store.store().expired_queues(), old_queue) << seed;
        } else {
            EXPECT_FALSE(done) << seed;
            empty += store.log().end() == PhysicalOffset{0};
            // What is left of the old log are segments of it, and the queue says the same.
            EXPECT_EQ(store.queue(), store.messages()) << seed;
            ASSERT_TRUE(begins_anew(store.store(), behind_the_old_log)) << seed;
        }
    }
    EXPECT_GT(empty, 5);
    EXPECT_GT(whole, 5);
}

}  // namespace
}  // namespace tern::store
