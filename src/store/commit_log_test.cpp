#include "store/commit_log.hpp"

#include "store/store_scenario.hpp"

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

namespace tern::store {
namespace {

// "x" times so many that the record has that size.
std::string body_of_record(std::size_t size) {
    std::string properties;
    // The body stands in the property KEYS once more.
    const auto empty = model::record_size(StoreScenario::draft("TopicA", 0, "", properties));
    return std::string((size - empty) / 2, 'x');
}

std::string log_bytes(const CommitLog& log, PhysicalOffset from, PhysicalOffset to) {
    std::string bytes;
    for (PhysicalOffset at = from; at < to;) {
        const auto entry = log.entry_at(at);
        EXPECT_TRUE(entry);
        bytes += *log.view(at, entry->next - at);
        at = entry->next;
    }
    return bytes;
}

}  // namespace

TEST(CommitLog, stamps_records_with_the_later_of_now_and_the_one_before) {
    StoreScenario store;
    std::string properties;
    const auto draft = StoreScenario::draft("TopicA", 0, "a", properties);
    EXPECT_EQ(store.log().append(draft, QueueOffset{0}, 1000)->store_timestamp, 1000);
    EXPECT_EQ(store.log().append(draft, QueueOffset{1}, 900)->store_timestamp, 1000);
    EXPECT_EQ(store.log().append(draft, QueueOffset{2}, 1001)->store_timestamp, 1001);
    EXPECT_EQ(store.log().record_at(PhysicalOffset{0})->store_timestamp, 1000);
}

TEST(CommitLog, reads_records_before_they_are_written) {
    StoreScenario store;
    store.appends("a", "b");
    EXPECT_EQ(store.log().written(), PhysicalOffset{0});
    EXPECT_THAT(store.messages(), ElementsAre("a", "b"));
    store.writes();
    EXPECT_EQ(store.log().written(), store.log().end());
    EXPECT_EQ(store.log().flushed(), PhysicalOffset{0});
}

TEST(CommitLog, knows_where_no_record_begins) {
    StoreScenario store;
    store.appends("a").writes();
    EXPECT_EQ(store.log().record_at(PhysicalOffset{1}).error().code, Errc::malformed);
    EXPECT_EQ(store.log().record_at(store.log().end()).error().code, Errc::query_not_found);
    EXPECT_EQ(store.log().view(PhysicalOffset{0}, store.log().end().value() + 1), std::nullopt);
}

TEST(CommitLog, closes_a_full_segment_with_a_blank_record) {
    StoreScenario store;
    store.appends(body_of_record(2000), body_of_record(2000)).appends("b").flushes();
    ASSERT_EQ(store.log().record_at(PhysicalOffset{4096})->body, "b");
    const std::string segment = store.file("/store/commitlog/00000000000000000000");
    ASSERT_THAT(segment, SizeIs(4096));
    const std::size_t end = 2 * static_cast<std::size_t>(store.log().record_at(PhysicalOffset{0})->size);
    const auto blank = model::read_record_preamble(std::string_view{segment}.substr(end));
    EXPECT_EQ(blank->magic, model::blank_magic);
    EXPECT_EQ(blank->size, static_cast<std::int32_t>(4096 - end));
    EXPECT_THAT(segment.substr(end + 8), Each('\0'));
}

TEST(CommitLog, leaves_at_least_eight_bytes_free_at_a_segments_end) {
    for (const std::int64_t left : {7, 8, 9}) {
        StoreScenario store;
        const auto first = static_cast<std::size_t>(4096 - 300 - left);
        store.appends(body_of_record(first));
        const std::int64_t rest = 4096 - store.log().end().value();
        ASSERT_TRUE(store.log().ensure_room(static_cast<std::size_t>(rest - left)));
        EXPECT_EQ(store.log().end(), PhysicalOffset{left < 8 ? 4096 : 4096 - rest}) << left;
    }
}

TEST(CommitLog, makes_the_next_segment_ahead_in_full_length_and_all_zeros) {
    StoreScenario store;
    store.appends(body_of_record(1000)).writes().loop().run();
    EXPECT_THAT(store.names("/store/commitlog"), ElementsAre("00000000000000000000"));
    store.appends(body_of_record(1200)).writes().loop().run();
    ASSERT_THAT(store.names("/store/commitlog"), ElementsAre("00000000000000000000", "00000000000000004096"));
    EXPECT_EQ(store.file("/store/commitlog/00000000000000004096"), std::string(4096, '\0'));
    const auto before = store.store().probe().unprepared_rolls;
    store.appends(body_of_record(2500)).writes();
    EXPECT_EQ(store.log().written().value() / 4096, 1);
    EXPECT_EQ(store.store().probe().unprepared_rolls, before);
}

TEST(CommitLog, reserves_a_segment_where_the_disk_has_room_for_many) {
    constexpr std::int64_t segment = 64 * 1024;
    auto config = small_files();
    config.segment_size = segment;
    const auto takes_with_room_for = [&](std::int64_t segments) {
        StoreScenario store{config, 1, {.capacity_bytes = segments * segment}};
        store.appends("a").flushes();
        return segments * segment - store.store().status().space.free_bytes;
    };
    EXPECT_GE(takes_with_room_for(8), segment);
    EXPECT_LT(takes_with_room_for(7), segment);
}

TEST(CommitLog, goes_on_in_a_segment_that_was_made_ahead_before_a_crash) {
    StoreScenario store;
    store.appends(body_of_record(2200)).flushes().loop().run();
    store.loses_power().restarts().appends(body_of_record(2500), "b").flushes().loses_power().restarts();
    EXPECT_THAT(store.messages(), SizeIs(3));
    EXPECT_EQ(store.messages().back(), "b");
}

TEST(CommitLog, ends_at_a_segments_end_when_the_crash_came_behind_the_blank) {
    StoreScenario store;
    store.appends(body_of_record(2200)).flushes();
    ASSERT_TRUE(store.log().ensure_room(3000));
    store.flushes().loses_power().restarts();
    EXPECT_EQ(store.log().end(), PhysicalOffset{4096});
    store.appends("b").flushes();
    EXPECT_EQ(store.log().record_at(PhysicalOffset{4096})->body, "b");
}

TEST(CommitLog, acknowledges_nothing_after_a_failed_sync) {
    StoreScenario store;
    store.appends("a").writes();
    store.files().set_faults({.sync_failures = 1000});
    std::vector<bool> outcomes;
    store.log().sync([&](const Result<>& synced) { outcomes.push_back(synced.has_value()); });
    store.loop().run();
    store.files().set_faults({});
    store.log().sync([&](const Result<>& synced) { outcomes.push_back(synced.has_value()); });
    store.loop().run();
    EXPECT_THAT(outcomes, ElementsAre(false, false));
    EXPECT_EQ(store.log().flushed(), PhysicalOffset{0});
    EXPECT_FALSE(store.log().sync_now());
    EXPECT_EQ(store.try_append("TopicA", 0, "b").error().code, Errc::service_not_available);
}

TEST(CommitLog, takes_nothing_after_a_failed_write) {
    StoreScenario store;
    store.appends("a");
    store.files().set_faults({.write_failures = 1000});
    EXPECT_FALSE(store.log().write_pending());
    store.files().set_faults({});
    EXPECT_TRUE(store.log().poisoned());
    EXPECT_FALSE(store.log().write_pending());
}

TEST(CommitLog, covers_with_a_sync_what_was_written_when_it_began) {
    StoreScenario store;
    store.files().set_faults({.sync_delay_min = 5ms, .sync_delay_max = 5ms});
    store.appends("a").writes();
    const auto first_end = store.log().written();
    std::vector<PhysicalOffset> flushed;
    const auto note = [&](const Result<>&) { flushed.push_back(store.log().flushed()); };
    store.log().sync(note);
    store.appends("b").writes();
    store.log().sync(note);
    store.loop().advance(20ms);
    EXPECT_THAT(flushed, ElementsAre(first_end, store.log().written()));
}

TEST(CommitLog, syncs_all_segments_that_were_written) {
    StoreScenario store;
    store.appends(body_of_record(2200), body_of_record(2200), body_of_record(2200)).writes();
    store.log().sync([](const Result<>& synced) { EXPECT_TRUE(synced); });
    store.loop().run();
    EXPECT_EQ(store.log().flushed(), store.log().end());
    EXPECT_THAT(store.loses_power().restarts().messages(), SizeIs(3));
}

TEST(CommitLog, reads_cold_bytes_without_waiting) {
    StoreScenario store;
    store.files().set_faults({.read_delay_min = 5ms, .read_delay_max = 5ms});
    store.appends("a").writes();
    const auto size = static_cast<std::size_t>(store.log().record_at(PhysicalOffset{0})->size);
    std::string bytes;
    bool done = false;
    store.log().read_cold(PhysicalOffset{0}, size, bytes,
                          [&](const Result<>& read) { done = read.has_value(); });
    EXPECT_FALSE(done);
    store.loop().advance(10ms);
    ASSERT_TRUE(done);
    EXPECT_EQ(model::decode_record(bytes, model::VerifyBody::yes)->body, "a");
}

TEST(CommitLog, writes_zeros_ahead_only_with_synchronous_flush) {
    auto config = small_files();
    config.segment_size = 8 * 1024 * 1024;
    // Without room for many segments, so that none is reserved.
    const io::Faults disk{.capacity_bytes = 3 * config.segment_size};
    StoreScenario lazy{config, 1, disk};
    config.sync_flush = true;
    config.write_ahead_bytes = 2 * 1024 * 1024;
    StoreScenario eager{config, 1, disk};
    const auto used = [&](StoreScenario& store) {
        return disk.capacity_bytes - store.store().status().space.free_bytes;
    };
    EXPECT_LT(used(lazy), 256 * 1024);
    EXPECT_GE(used(eager), 2 * 1024 * 1024);
}

TEST(CommitLogTail, is_cut_when_torn_and_appends_after_it_are_read_back) {
    StoreScenario store;
    store.appends("a", "b").flushes();
    const auto end = store.log().end();
    store.appends("torn").writes();
    const std::string torn{store.log().view(end, 36).value()};  // Its last byte is of the offset, no zero.
    ASSERT_NE(torn.back(), '\0');
    store.loses_power().overwrites("/store/commitlog/00000000000000000000", end.value(), torn).restarts();
    EXPECT_THAT(store.messages(), ElementsAre("a", "b"));
    EXPECT_EQ(store.recovery().cut_bytes, 36);
    store.appends("c").flushes().loses_power().restarts();
    EXPECT_THAT(store.messages(), ElementsAre("a", "b", "c"));
}

TEST(CommitLogTail, is_cut_when_shorter_than_a_records_head) {
    StoreScenario store;
    store.appends("a").flushes();
    const auto end = store.log().end().value();
    store.loses_power().overwrites("/store/commitlog/00000000000000000000", end + 5, "\x7f").restarts();
    EXPECT_THAT(store.messages(), ElementsAre("a"));
    store.stops();
    EXPECT_THAT(store.file("/store/commitlog/00000000000000000000").substr(static_cast<std::size_t>(end)),
                Each('\0'));
}

TEST(CommitLogTail, ends_before_a_record_that_has_lost_its_properties) {
    StoreScenario store;
    store.appends("a").writes();
    const auto at = store.log().end();
    store.appends("b").writes();
    const auto size = store.log().end() - at;
    store.dies()
        .overwrites("/store/commitlog/00000000000000000000", at.value() + size - 6, std::string(6, '\0'))
        .restarts();
    EXPECT_THAT(store.messages(), ElementsAre("a"));
    EXPECT_THAT(store.recovery().stopped_by, HasSubstr("zeros in its topic or properties"));
}

// A sector that ends in the head was torn: its body is whole.
TEST(CommitLogTail, ends_before_a_record_that_has_lost_a_host) {
    constexpr std::int64_t born_host = 48, store_host = 64;
    for (const auto host : {born_host, store_host}) {
        StoreScenario store;
        store.appends("a").writes();
        const auto at = store.log().end();
        store.appends("b").writes().dies();
        store.overwrites("/store/commitlog/00000000000000000000", at.value() + host, std::string(8, '\0'))
            .restarts();
        EXPECT_THAT(store.messages(), ElementsAre("a"));
        EXPECT_THAT(store.recovery().stopped_by, HasSubstr("zeros in the hosts"));
    }
}

TEST(CommitLogTail, ends_before_a_record_whose_queue_offset_does_not_follow) {
    StoreScenario store;
    store.appends("a", "b").writes();
    const auto at = store.log().end();
    store.appends("c").writes().dies();
    store.overwrites("/store/commitlog/00000000000000000000", at.value() + 20, std::string(8, '\0'))
        .restarts();
    EXPECT_THAT(store.messages(), ElementsAre("a", "b"));
    EXPECT_THAT(store.recovery().stopped_by, HasSubstr("its queue offset is 0, to follow is 2"));
}

TEST(CommitLogTail, is_no_record_that_belongs_elsewhere) {
    StoreScenario store;
    store.appends("a").writes();
    const std::string copy{store.log().view(PhysicalOffset{0}, store.log().end().value()).value()};
    const auto end = store.log().end().value();
    store.dies().overwrites("/store/commitlog/00000000000000000000", end, copy).restarts();
    EXPECT_THAT(store.messages(), ElementsAre("a"));
    EXPECT_THAT(store.recovery().stopped_by, HasSubstr("says it lies at 0"));
}

TEST(CommitLogRange, is_taken_over_byte_for_byte) {
    StoreScenario leader;
    leader.appends_many(60).writes();
    StoreScenario follower;
    const auto end = leader.log().end();
    const std::string bytes = log_bytes(leader.log(), PhysicalOffset{0}, end);
    const auto range = follower.log().check_range(bytes, PhysicalOffset{0});
    ASSERT_TRUE(range);
    ASSERT_TRUE(follower.log().append_raw(*range));
    follower.flushes();
    EXPECT_EQ(follower.log().end(), end);
    EXPECT_EQ(range->last_at(), leader.log().entry_before(end));
    EXPECT_EQ(follower.log().last_store_timestamp(), leader.log().last_store_timestamp());
    EXPECT_EQ(follower.messages(), leader.messages());
    EXPECT_EQ(follower.dispatches().queue(), leader.messages());
    for (const auto& name : leader.names("/store/commitlog")) {
        if (!follower.files().exists("/store/commitlog/" + name)) continue;
        EXPECT_EQ(follower.file("/store/commitlog/" + name), leader.file("/store/commitlog/" + name)) << name;
    }
}

TEST(CommitLogRange, is_refused_when_it_is_not_whole_records_or_not_the_next_ones) {
    StoreScenario leader;
    leader.appends("a", "b").writes();
    const std::string bytes = log_bytes(leader.log(), PhysicalOffset{0}, leader.log().end());
    StoreScenario follower;
    CommitLog& log = follower.log();
    EXPECT_EQ(
        log.check_range(std::string_view{bytes}.substr(0, bytes.size() - 1), PhysicalOffset{0}).error().code,
        Errc::malformed);
    EXPECT_EQ(log.check_range(bytes, PhysicalOffset{7}).error().code, Errc::malformed);
    const auto second = leader.log().entry_at(PhysicalOffset{0})->next;
    const auto next =
        log.check_range(std::string_view{bytes}.substr(static_cast<std::size_t>(second.value())), second);
    ASSERT_TRUE(next);
    EXPECT_EQ(log.append_raw(*next).error().code, Errc::invalid_argument);
    EXPECT_EQ(log.end(), PhysicalOffset{0});
}

TEST(CommitLogCut, drops_what_was_only_gathered) {
    StoreScenario store;
    store.appends("a").writes();
    const auto end = store.log().end();
    ASSERT_TRUE(store.appends("b").store().truncate(end));
    EXPECT_THAT(store.appends("c").dispatches().queue(), ElementsAre("a", "c"));
}

TEST(CommitLogCut, takes_queues_and_index_along_and_keeps_the_bytes_aside) {
    StoreScenario store;
    store.appends("a").checkpoints();
    const auto end = store.log().end();
    store.appends("wrong", "wrong too").checkpoints();
    const std::string cut{log_bytes(store.log(), end, store.log().end())};
    ASSERT_TRUE(store.store().truncate(end));
    EXPECT_THAT(store.messages(), ElementsAre("a"));
    EXPECT_THAT(store.queue(), ElementsAre("a"));
    EXPECT_THAT(store.with_key("key-wrong"), IsEmpty());
    EXPECT_EQ(store.file("/store/tern/cut-" + segment_name(end.value())), cut);
    store.appends("right").dispatches();
    EXPECT_THAT(store.queue(), ElementsAre("a", "right"));
    EXPECT_THAT(store.flushes().loses_power().restarts().queue(), ElementsAre("a", "right"));
}

TEST(CommitLogCut, goes_back_over_segments) {
    StoreScenario store;
    store.appends("a").checkpoints();
    const auto end = store.log().end();
    store.appends_many(80).checkpoints();
    ASSERT_TRUE(store.store().truncate(end));
    store.loop().run();
    EXPECT_THAT(store.names("/store/commitlog"), ElementsAre("00000000000000000000"));
    EXPECT_THAT(
        store.file("/store/commitlog/00000000000000000000").substr(static_cast<std::size_t>(end.value())),
        Each('\0'));
    EXPECT_THAT(store.loses_power(everything_is_kept).restarts().messages(), ElementsAre("a"));
    EXPECT_THAT(store.appends("b").dispatches().queue(), ElementsAre("a", "b"));
}

TEST(CommitLogCut, counts_offsets_anew_from_what_is_left) {
    StoreScenario store;
    store.appends("a").dispatches().appends("b").writes();
    const auto end = store.log().end();
    store.appends("c").writes();
    ASSERT_TRUE(store.store().truncate(end));
    EXPECT_EQ(store.store().queue("TopicA", QueueId{0})->next(), QueueOffset{2});
    EXPECT_THAT(store.appends("d").dispatches().queue(), ElementsAre("a", "b", "d"));
}

TEST(CommitLogRetention, removes_the_oldest_segments_that_nobody_needs) {
    StoreScenario store;
    store.appends_many(80).checkpoints();
    const auto segments = store.names("/store/commitlog").size();
    RetentionLimits limits{
        .now = store.loop().wall_ms(), .reserved_ms = 3'600'000, .bound = PhysicalOffset{9000}};
    EXPECT_EQ(store.store().remove_expired(limits), 0U);
    limits.now += 3'600'001;
    EXPECT_EQ(store.store().remove_expired(limits), 2U);
    EXPECT_EQ(store.log().begin(), PhysicalOffset{8192});
    EXPECT_EQ(store.names("/store/commitlog").size(), segments - 2);
    EXPECT_EQ(store.queue(), store.messages());
    EXPECT_EQ(store.dies().restarts().queue(), store.messages());
}

TEST(CommitLogRetention, never_removes_the_last_segment_nor_what_no_checkpoint_covers) {
    StoreScenario store;
    store.appends_many(80).flushes();
    RetentionLimits limits{
        .now = 0, .bound = store.log().end(), .segments_max = 100, .regardless_of_age = true};
    EXPECT_EQ(store.store().remove_expired(limits), 0U);
    store.checkpoints();
    ASSERT_TRUE(store.store().remove_expired(limits));
    EXPECT_EQ(store.log().begin().value() / 4096, store.log().end().value() / 4096);
    EXPECT_EQ(store.queue(), store.messages());
}

}  // namespace tern::store
