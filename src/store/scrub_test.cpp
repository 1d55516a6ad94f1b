#include "store/scrub.hpp"

#include "base/hash.hpp"
#include "store/store_scenario.hpp"

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace tern::store {
namespace {

constexpr std::int64_t block_bytes = 512;
constexpr Duration round_every = 10s;

class ScrubTest : public testing::Test {
protected:
    ScrubTest() : store{config()} { begins_to_scrub(); }

    static StoreConfig config() {
        StoreConfig config = small_files();
        config.checksum_block_bytes = block_bytes;
        return config;
    }
    // As long as a round takes.
    void scrubs(Duration time = 2 * round_every) {
        for (Duration passed{}; passed < time; passed += 100ms) {
            scrub().go_on(std::min(store.log().flushed(), store.store().dispatched()));
            store.loop().advance(100ms);
            store.loop().run();
        }
    }
    void begins_to_scrub() {
        scrub().configure({.bytes_per_s = 1'000'000, .interval = round_every});
        scrub().when_damaged([this](PhysicalOffset block) { damaged.push_back(block.value()); });
    }
    void restarts() {
        store.checkpoints().dies().restarts();
        begins_to_scrub();
    }
    // One bit of that place goes over on the disk.
    void a_bit_rots_at(std::int64_t at) {
        const auto segment = at / 4096 * 4096;
        const auto path = "/store/commitlog/" + segment_name(segment);
        const char byte = store.file(path)[static_cast<std::size_t>(at - segment)];
        store.overwrites(path, at - segment, std::string{static_cast<char>(byte ^ 1)});
    }
    Scrub& scrub() { return store.store().scrub(); }
    bool is_checked(std::int64_t at) {
        return scrub().is_checked(PhysicalOffset{at}, PhysicalOffset{at + 1});
    }
    void check(std::int64_t from, std::int64_t to) {
        const Scrub::Span span{PhysicalOffset{from}, PhysicalOffset{to}};
        bool is_done = false;
        scrub().check({&span, 1}, [&](const Result<>&) { is_done = true; });
        EXPECT_FALSE(is_done);
        store.loop().run();
        EXPECT_TRUE(is_done);
    }

    StoreScenario store;
    std::vector<std::int64_t> damaged;
};

TEST_F(ScrubTest, finds_a_change_in_any_byte) {
    store.appends_many(80).flushes().dispatches();
    scrubs();
    const auto end = scrub().recorded().value();
    ASSERT_GT(end, 8192);
    for (std::int64_t block = 0; block < end; block += block_bytes) {
        const std::int64_t at = block + block * 7 % block_bytes;
        a_bit_rots_at(at);
        scrubs();
        EXPECT_THAT(damaged, AllOf(Not(IsEmpty()), Each(block))) << "byte " << at;
        a_bit_rots_at(at);
        damaged.clear();
    }
}

TEST_F(ScrubTest, leaves_what_is_not_settled_alone) {
    store.appends_many(20).writes();
    scrubs();
    EXPECT_EQ(scrub().recorded(), PhysicalOffset{0});
    store.flushes().dispatches();
    scrubs();
    EXPECT_EQ(scrub().recorded().value(), store.log().end().value() / block_bytes * block_bytes);
}

TEST_F(ScrubTest, knows_after_a_restart_what_was_there_before) {
    store.appends_many(60).flushes().dispatches();
    scrubs();
    restarts();
    a_bit_rots_at(1'000);
    scrubs();
    EXPECT_THAT(damaged, ElementsAre(512));
    EXPECT_EQ(scrub().probe().blocks_recorded, 0U);
}

// Made anew of what the disk has now, they would vouch for what it has changed.
TEST_F(ScrubTest, keeps_for_good_what_an_earlier_process_had_not_synced) {
    store.appends_many(60).checkpoints();
    scrubs();
    const auto recorded = scrub().recorded();
    store.dies().restarts().checkpoints().loses_power().restarts();
    begins_to_scrub();
    scrubs();
    EXPECT_EQ(scrub().recorded(), recorded);
    EXPECT_EQ(scrub().probe().blocks_recorded, 0U);
}

TEST_F(ScrubTest, holds_nothing_against_a_tail_that_was_written_anew) {
    store.appends_many(60).flushes().dispatches();
    scrubs();
    const auto cut_at = store.log().entry_at(PhysicalOffset{0})->next;
    ASSERT_TRUE(store.store().truncate(cut_at));
    for (int i = 0; i < 60; ++i) store.appends("another " + std::to_string(i));
    store.flushes().dispatches();
    scrubs();
    restarts();
    scrubs();
    EXPECT_THAT(damaged, IsEmpty());
}

TEST_F(ScrubTest, holds_nothing_against_a_log_that_was_begun_anew) {
    store.appends_many(60).flushes().dispatches();
    scrubs();
    ASSERT_TRUE(store.store().clear());
    ASSERT_TRUE(store.store().begin_at(PhysicalOffset{8192}, {}));
    for (int i = 0; i < 60; ++i) store.appends("another " + std::to_string(i));
    store.flushes().dispatches();
    scrubs();
    EXPECT_GT(scrub().recorded(), PhysicalOffset{12'000});
    restarts();
    scrubs();
    EXPECT_THAT(damaged, IsEmpty());
}

TEST_F(ScrubTest, says_what_of_an_earlier_process_it_has_compared) {
    store.appends_many(60).flushes().dispatches();
    EXPECT_TRUE(is_checked(0));
    scrubs();
    restarts();
    EXPECT_FALSE(is_checked(0));
    a_bit_rots_at(1'100);
    check(0, 600);
    EXPECT_TRUE(is_checked(0));
    EXPECT_TRUE(is_checked(600));
    EXPECT_FALSE(is_checked(1'100));
    EXPECT_THAT(damaged, IsEmpty());
    check(600, 1'200);
    EXPECT_TRUE(is_checked(1'100));
    EXPECT_THAT(damaged, ElementsAre(1'024));
    EXPECT_TRUE(is_checked(store.log().end().value()));
}

// A record that reaches from before the place of the cut to behind that of the former end.
TEST_F(ScrubTest, takes_what_was_written_in_place_of_an_earlier_tail_for_checked) {
    store.appends_many(10).flushes().dispatches();
    restarts();
    const auto end = store.log().end();
    const auto last = *store.log().entry_before(end);
    ASSERT_TRUE(store.store().truncate(last));
    store.appends(std::string(600, 'x'));
    EXPECT_TRUE(scrub().is_checked(last, store.log().end()));
    EXPECT_FALSE(scrub().is_checked(PhysicalOffset{0}, store.log().end()));
    check(0, end.value());
    EXPECT_TRUE(scrub().is_checked(PhysicalOffset{0}, store.log().end()));
}

// Who cannot read it does not know what it is.
TEST_F(ScrubTest, calls_nothing_damaged_that_it_cannot_read) {
    store.appends_many(60).flushes().dispatches();
    scrubs();
    restarts();
    auto faults = store.files().faults();
    faults.read_failures = 1'000;
    store.files().set_faults(faults);
    scrubs();
    EXPECT_GT(scrub().probe().parts_unread, 0U);
    const Scrub::Span span{PhysicalOffset{0}, PhysicalOffset{600}};
    Result<> checked;
    scrub().check({&span, 1}, [&](Result<> result) { checked = std::move(result); });
    store.loop().run();
    EXPECT_FALSE(checked);
    EXPECT_FALSE(is_checked(0));
    EXPECT_THAT(damaged, IsEmpty());
}

TEST_F(ScrubTest, reads_nothing_without_a_rate) {
    scrub().configure({.bytes_per_s = 0});
    store.appends_many(60).flushes().dispatches();
    scrubs();
    EXPECT_EQ(scrub().recorded(), PhysicalOffset{0});
}

TEST_F(ScrubTest, goes_no_faster_than_it_may) {
    store.appends_many(100).flushes().dispatches();
    scrub().configure({.bytes_per_s = 1'000, .interval = round_every});
    scrubs(3s);
    EXPECT_GE(scrub().recorded(), PhysicalOffset{2'000});
    EXPECT_LE(scrub().recorded(), PhysicalOffset{12'000});
}

// One is made, too, when a file of checksums is lost or torn.
TEST_F(ScrubTest, makes_checksums_again_that_are_none_any_more) {
    store.appends_many(60).flushes().dispatches();
    scrubs();
    store.checkpoints().dies();
    store.overwrites("/store/tern/checksums/00000000000000000000", 9, "x");
    store.restarts();
    begins_to_scrub();
    EXPECT_EQ(store.store().block_checksums().find(PhysicalOffset{512}), std::nullopt);
    scrubs();
    EXPECT_TRUE(store.store().block_checksums().find(PhysicalOffset{512}));
    EXPECT_THAT(damaged, IsEmpty());
}

// Queues that are made of something else than what was written would lead astray for ever.
TEST_F(ScrubTest, keeps_a_start_from_making_queues_of_what_the_disk_has_changed) {
    store.appends_many(60).flushes().dispatches();
    scrubs();
    store.checkpoints().dies();
    a_bit_rots_at(1'000);
    ASSERT_TRUE(store.files().remove("/store/consumequeue"));
    const auto opened = store.reopens();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corrupt);
    EXPECT_THAT(opened.error().detail, HasSubstr("the disk has changed what was written at 512 to 1024"));
}

// Otherwise a queue would lose the message for ever, and the log get it back.
TEST_F(ScrubTest, keeps_the_queue_entry_of_a_message_that_the_disk_has_changed) {
    store.appends_many(60).flushes().dispatches();
    scrubs();
    store.appends_to("TopicA", 1, "the last of its queue").checkpoints();
    const auto entry = store.store().find_queue("TopicA", QueueId{1})->entry(QueueOffset{0});
    store.appends_many(30).flushes().dispatches();
    scrubs();
    store.appends("one more").checkpoints().loses_power();
    a_bit_rots_at(entry->record_at.value() + 15);  // Of its queue id.
    store.restarts();
    EXPECT_EQ(store.store().find_queue("TopicA", QueueId{1})->max(), QueueOffset{1});
    begins_to_scrub();
    scrubs();
    EXPECT_EQ(damaged.size(), 1U);
}

TEST_F(ScrubTest, forgets_the_checksums_of_segments_that_have_gone) {
    store.appends_many(100).checkpoints();
    scrubs();
    ASSERT_TRUE(store.store().remove_expired(
        {.now = store.loop().wall_ms() + 1'000'000, .bound = store.log().end(), .segments_max = 1}));
    EXPECT_THAT(store.names("/store/tern/checksums").front(), segment_name(64));
    restarts();
    scrubs();
    EXPECT_THAT(damaged, IsEmpty());
    EXPECT_EQ(scrub().probe().blocks_recorded, 0U);
}

}  // namespace
}  // namespace tern::store
