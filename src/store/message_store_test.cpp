#include "store/message_store.hpp"

#include "store/store_scenario.hpp"

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace tern::store {

TEST(MessageStore, gives_back_what_was_appended) {
    StoreScenario store;
    store.appends("a", "b", "c").dispatches();
    EXPECT_THAT(store.messages(), ElementsAre("a", "b", "c"));
    EXPECT_THAT(store.queue(), ElementsAre("a", "b", "c"));
    EXPECT_THAT(store.with_key("key-b"), ElementsAre("b"));
}

TEST(MessageStore, counts_queue_offsets_when_it_appends_not_when_it_dispatches) {
    StoreScenario store;
    store.appends("a", "b");
    EXPECT_EQ(store.store().queue("TopicA", QueueId{0})->next(), QueueOffset{2});
    EXPECT_EQ(store.store().queue("TopicA", QueueId{0})->max(), QueueOffset{0});
}

TEST(MessageStore, keeps_what_was_flushed_when_the_power_fails) {
    StoreScenario store;
    store.appends("a", "b").flushes().appends("c").writes().loses_power().restarts();
    EXPECT_THAT(store.messages(), ElementsAre("a", "b"));
    EXPECT_THAT(store.queue(), ElementsAre("a", "b"));
    EXPECT_THAT(store.with_key("key-a"), ElementsAre("a"));
}

TEST(MessageStore, keeps_what_was_written_when_the_process_dies) {
    StoreScenario store;
    store.appends("a", "b").writes().appends("c").dies().restarts();
    EXPECT_THAT(store.messages(), ElementsAre("a", "b"));
    EXPECT_THAT(store.queue(), ElementsAre("a", "b"));
}

TEST(MessageStore, brings_to_the_disk_what_a_failed_sync_has_left_in_memory) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        StoreScenario store{small_files(), seed};
        store.appends("a", "b").writes();
        store.files().set_faults({.sync_failures = 1000});
        EXPECT_FALSE(store.log().sync_now());
        store.files().set_faults({});
        store.dies().restarts().appends("c").flushes().loses_power().restarts();
        EXPECT_THAT(store.messages(), ElementsAre("a", "b", "c"));
    }
}

TEST(MessageStore, makes_the_names_durable_of_files_that_a_dead_process_has_left) {
    StoreScenario store;
    store.appends_many(5).checkpoints().appends_many(10).dispatches();
    store.files().set_faults({.sync_failures = 1000});
    store.store().checkpoint([](const Result<>& done) { EXPECT_FALSE(done); });
    store.loop().run();
    store.files().set_faults({});
    store.dies().restarts().checkpoints().appends("last").flushes().loses_power().restarts();
    EXPECT_EQ(store.queue().size(), 16);
    EXPECT_EQ(store.messages().size(), 16);
}

TEST(MessageStore, has_everything_on_the_disk_when_it_stops_during_a_checkpoint) {
    StoreScenario store;
    store.appends_many(5).dispatches();
    store.store().checkpoint([](const Result<>&) {});
    EXPECT_TRUE(store.store().close(""));
    store.loses_power().restarts();
    EXPECT_TRUE(store.recovery().clean);
    EXPECT_EQ(store.queue().size(), 5);
}

TEST(MessageStore, knows_its_own_store_however_often_a_start_has_failed) {
    StoreScenario store;
    store.appends("a", "b").dispatches().checkpoints().dies();
    for (int i = 0; i < 3; ++i) {
        const auto used = store.files().space("/")->total_bytes - store.files().space("/")->free_bytes;
        store.files().set_faults({.capacity_bytes = used});
        EXPECT_FALSE(store.reopens());
        store.files().crash_process();
        store.files().set_faults({});
    }
    store.restarts();
    EXPECT_FALSE(store.recovery().written_by_another) << store.recovery().reason;
}

TEST(MessageStore, goes_on_numbering_after_a_restart) {
    StoreScenario store;
    store.appends("a", "b").checkpoints().appends("c").writes().dies().restarts().appends("d").dispatches();
    EXPECT_THAT(store.queue(), ElementsAre("a", "b", "c", "d"));
}

// The two files are written together and synced one after the other.
TEST(MessageStore, keeps_what_was_flushed_when_of_a_checkpoint_only_the_second_file_is_on_the_disk) {
    StoreScenario store;
    store.appends("a").appends("b").flushes();
    const std::string position = store.file("/store/tern/position");
    store.checkpoints().overwrites("/store/tern/position", 0, position).loses_power().restarts();
    EXPECT_EQ(store.recovery().basis, RecoveryReport::Basis::position);
    EXPECT_THAT(store.messages(), ElementsAre("a", "b"));
    EXPECT_THAT(store.queue(), ElementsAre("a", "b"));
}

TEST(MessageStore, looks_only_at_what_lies_behind_the_last_checkpoint) {
    StoreScenario store;
    store.appends_many(5).checkpoints().appends("late").writes().dies().restarts();
    EXPECT_EQ(store.recovery().basis, RecoveryReport::Basis::position);
    EXPECT_EQ(store.recovery().scanned_records, 1);
}

TEST(MessageStore, knows_where_its_last_record_begins_after_a_restart) {
    StoreScenario store;
    store.appends("a", "b", "c").flushes().checkpoints().dies().restarts();
    const auto& log = store.store().commit_log();
    EXPECT_EQ(log.known_entry_before(log.end()), *log.entry_before(log.end()));
    EXPECT_GT(log.known_entry_before(log.end()), log.begin());
}

TEST(MessageStore, looks_at_nothing_after_a_clean_stop) {
    StoreScenario store;
    store.appends("a").stops("a note").restarts();
    EXPECT_TRUE(store.recovery().clean);
    EXPECT_FALSE(store.recovery().written_by_another);
    EXPECT_EQ(store.recovery().scanned_records, 0);
    EXPECT_EQ(store.recovery().stop_note, "a note");
    EXPECT_THAT(store.appends("b").dispatches().queue(), ElementsAre("a", "b"));
}

TEST(MessageStore, is_one_process_at_a_time) {
    StoreScenario store;
    EXPECT_EQ(store.reopens().error().code, Errc::busy);
}

// There may be more queues than the process may have files open.
TEST(MessageStore, keeps_no_files_of_queues_open_that_it_has_only_looked_into) {
    StoreScenario store;
    for (int i = 0; i < 100; ++i) store.appends_to("Topic" + std::to_string(i), 0, "a");
    const auto open_files = [&] {
        std::size_t count = 0;
        for (int i = 0; i < 100; ++i)
            count +=
                store.store().find_queue("Topic" + std::to_string(i), QueueId{0})->segments().open_files();
        return count;
    };
    store.stops().restarts();
    EXPECT_EQ(open_files(), 0U);
    store.dies().restarts();
    EXPECT_EQ(open_files(), 0U);
}

TEST(MessageStore, refuses_to_open_with_other_lengths_than_it_was_made_with) {
    StoreScenario store;
    store.appends("a").stops();
    store.config().segment_size = 8192;
    const auto opened = store.reopens();
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().detail, HasSubstr("mappedFileSizeCommitLog=4096, configured is 8192"));
}

TEST(MessageStore, refuses_to_open_when_acknowledged_bytes_are_damaged) {
    StoreScenario store;
    store.appends("a").checkpoints().appends("rotten", "b").flushes().checkpoints().dies();
    store.a_bit_rots_in("rotten");
    // Behind the checkpoint nothing is read that lies before it.
    store.restarts().dies();
    // A store that has lost its queues reads everything.
    ASSERT_TRUE(store.files().remove("/store/consumequeue"));
    const auto opened = store.reopens();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corrupt);
    EXPECT_THAT(opened.error().detail, HasSubstr("acknowledged messages are damaged"));
}

TEST(MessageStore, stops_at_a_damaged_record_that_no_flush_has_covered) {
    StoreScenario store;
    store.appends("a", "rotten", "b").writes().dies();
    store.a_bit_rots_in("rotten").restarts();
    EXPECT_THAT(store.messages(), ElementsAre("a"));
    EXPECT_THAT(store.recovery().stopped_by, HasSubstr("body checksum"));
    EXPECT_GT(store.recovery().cut_bytes, 0);
}

TEST(MessageStore, builds_queues_and_index_anew_when_their_files_were_removed) {
    StoreScenario store;
    store.appends("a", "b").checkpoints().stops();
    ASSERT_TRUE(store.files().remove("/store/consumequeue"));
    ASSERT_TRUE(store.files().remove("/store/index"));
    store.restarts();
    EXPECT_EQ(store.recovery().basis, RecoveryReport::Basis::whole_log);
    EXPECT_THAT(store.queue(), ElementsAre("a", "b"));
    EXPECT_THAT(store.with_key("key-a"), ElementsAre("a"));
}

TEST(MessageStore, leaves_the_dispatch_to_its_owner_when_told_to) {
    auto config = small_files();
    config.dispatch_at_open = false;
    StoreScenario store{config};
    store.appends("a").checkpoints().appends("b").writes().dies().restarts();
    EXPECT_THAT(store.queue(), ElementsAre("a"));
    EXPECT_EQ(store.store().queue("TopicA", QueueId{0})->next(), QueueOffset{2});
    EXPECT_THAT(store.dispatches().queue(), ElementsAre("a", "b"));
}

TEST(MessageStore, shows_each_record_after_its_queue_has_it) {
    StoreScenario store;
    store.appends("a", "b").writes();
    std::vector<std::string> seen;
    ASSERT_TRUE(store.store().dispatch_to(store.log().written(), [&](const Dispatched& dispatched) {
        EXPECT_EQ(dispatched.queue, store.store().find_queue("TopicA", QueueId{0}));
        EXPECT_EQ(dispatched.queue->max(), dispatched.queue_at + 1);
        seen.emplace_back(store.log().record_at(dispatched.record_at)->body);
    }));
    EXPECT_THAT(seen, ElementsAre("a", "b"));
}

TEST(MessageStore, finds_what_took_the_place_of_a_cut_record_by_its_own_key) {
    StoreScenario store;
    store.appends("kept").dispatches();
    const PhysicalOffset end = store.log().end();
    std::string properties;
    auto cut = StoreScenario::draft(StoreScenario::topic, 0, "cut", properties);
    const model::IndexedProperties indexed = read_indexed_properties(properties);
    cut.indexed = &indexed;
    ASSERT_TRUE(store.store().append({&cut, 1}, store.store().queue(cut.topic, cut.queue_id), 1));
    ASSERT_TRUE(store.writes().store().truncate(end));
    store.appends("new").dispatches();
    EXPECT_THAT(store.with_key("key-new"), ElementsAre("new"));
    EXPECT_THAT(store.with_key("key-cut"), ElementsAre());
}

TEST(MessageStore, dispatches_by_the_properties_that_came_with_a_record) {
    StoreScenario store;
    std::string properties;
    auto draft = StoreScenario::draft(StoreScenario::topic, 0, "a", properties);
    const model::IndexedProperties indexed = read_indexed_properties(properties);
    draft.indexed = &indexed;
    ASSERT_TRUE(store.store().append({&draft, 1}, store.store().queue(draft.topic, draft.queue_id), 1));
    store.appends("b").dispatches();
    EXPECT_THAT(store.with_key("key-a"), ElementsAre("a"));
    EXPECT_THAT(store.with_key("key-b"), ElementsAre("b"));
}

TEST(MessageStore, dispatches_what_it_appended_as_one_who_reads_it) {
    const auto files_of = [](bool appended_here) {
        StoreScenario store;
        const auto append = [&](std::string_view topic, std::string_view properties) {
            const model::IndexedProperties indexed = read_indexed_properties(properties);
            model::RecordDraft draft{
                .topic = topic, .queue_id = QueueId{1}, .body = "b", .properties = properties};
            if (appended_here) draft.indexed = &indexed;
            ASSERT_TRUE(store.store().append({&draft, 1}, store.store().queue(topic, draft.queue_id), 1'000));
        };
        append("TopicA", "TAGS\1one\2KEYS\1k l\2UNIQ_KEY\1U1\2");
        append("TopicB", "UNIQ_KEY\1U2\2");
        append("TopicA", "");
        append("SCHEDULE_TOPIC_XXXX", "TAGS\1two\2DELAY\0013\2UNIQ_KEY\1U3\2");
        std::vector<std::string> seen;
        EXPECT_TRUE(
            store.writes().store().dispatch_to(store.log().written(), [&](const Dispatched& dispatched) {
                EXPECT_EQ(dispatched.record == nullptr, appended_here);
                seen.push_back(dispatched.queue->topic() + " " + std::to_string(dispatched.queue_at.value()) +
                               " " + std::to_string(dispatched.tag_code));
            }));
        store.checkpoints();
        for (const auto topic : {"TopicA", "TopicB", "SCHEDULE_TOPIC_XXXX"})
            seen.push_back(
                store.file(std::string{"/store/consumequeue/"} + topic + "/1/00000000000000000000"));
        seen.push_back(store.file("/store/index/" + store.names("/store/index").front()));
        return seen;
    };
    EXPECT_EQ(files_of(true), files_of(false));
}

TEST(MessageStore, gives_records_outside_queues_no_place_and_no_key) {
    StoreScenario store;
    std::string properties;
    auto internal = StoreScenario::draft("rmq_sys_internal", 0, "change", properties);
    internal.sys_flag = model::sys_flag::transaction_rollback;
    ASSERT_TRUE(store.store().append_outside_queues(internal, 1));
    store.appends("a").dispatches();
    EXPECT_THAT(store.messages(), ElementsAre("change", "a"));
    EXPECT_EQ(store.store().queues().size(), 1U);
    EXPECT_THAT(store.with_key("key-change", "rmq_sys_internal"), IsEmpty());
}

TEST(MessageStore, makes_no_directory_for_a_topic_that_is_a_path) {
    StoreScenario store;
    std::string properties;
    const auto draft = StoreScenario::draft("../../etc", 0, "evil", properties);
    ASSERT_TRUE(store.log().append(draft, QueueOffset{0}, 1));
    store.dispatches().checkpoints();
    EXPECT_EQ(store.store().probe().undispatchable_records, 1U);
    EXPECT_EQ(store.store().queue("..", QueueId{0}), nullptr);
    EXPECT_FALSE(store.files().exists("/etc"));
}

TEST(MessageStore, takes_a_batch_whole_and_in_one_segment) {
    StoreScenario store;
    store.appends_many(28);
    std::vector<std::string> properties(8);
    std::vector<model::RecordDraft> drafts;
    for (auto& text : properties)
        drafts.push_back(StoreScenario::draft("TopicA", 0, std::string_view{"in a batch"}, text));
    const auto placed = store.store().append(drafts, store.store().queue("TopicA", QueueId{0}), 1);
    ASSERT_TRUE(placed);
    EXPECT_EQ(placed->record_at, PhysicalOffset{4096});
    EXPECT_EQ(placed->queue_at, QueueOffset{28});
    EXPECT_EQ(placed->end, store.log().end());
    EXPECT_EQ(store.dispatches().queue().size(), 36U);
}

TEST(MessageStore, refuses_what_no_segment_can_hold_and_zeros_in_properties) {
    StoreScenario store;
    EXPECT_EQ(store.try_append("TopicA", 0, std::string(4096, 'x')).error().code, Errc::message_illegal);
    EXPECT_EQ(store.try_append("TopicA", 0, std::string_view{"a\0b", 3}).error().code, Errc::message_illegal);
    EXPECT_EQ(store.log().end(), PhysicalOffset{0});
}

TEST(MessageStore, refuses_properties_that_no_record_can_hold) {
    auto config = small_files();
    config.segment_size = 65'536;
    StoreScenario store{config};
    model::RecordDraft draft;
    draft.topic = "TopicA";
    draft.body = "x";
    const std::string longest(32'767, 'p');
    const std::string longer(32'768, 'p');
    const auto append = [&](std::string_view properties) {
        draft.properties = properties;
        return store.store().append({&draft, 1}, store.store().queue("TopicA", QueueId{0}), 1);
    };
    EXPECT_TRUE(append(longest));
    EXPECT_EQ(append(longer).error().code, Errc::message_illegal);
    EXPECT_EQ(store.store().append_outside_queues(draft, 1).error().code, Errc::message_illegal);
}

TEST(MessageStore, poisons_the_log_when_a_queue_cannot_be_synced) {
    StoreScenario store;
    store.appends("a").flushes().dispatches();
    store.files().set_faults({.sync_failures = 1000});
    std::optional<Result<>> ended;
    store.store().checkpoint([&ended](Result<> done) { ended = std::move(done); });
    store.loop().run();
    ASSERT_TRUE(ended.has_value());
    EXPECT_FALSE(*ended);
    EXPECT_TRUE(store.log().poisoned());
    EXPECT_EQ(store.try_append("TopicA", 0, "b").error().code, Errc::service_not_available);
}

TEST(MessageStore, forgets_a_deleted_topic_for_good) {
    StoreScenario store;
    store.appends("a").appends_to("TopicB", 0, "b").checkpoints().appends("c").dispatches();
    ASSERT_TRUE(store.store().delete_topic("TopicA", store.log().end()));
    EXPECT_THAT(store.queue(), IsEmpty());
    store.dies().restarts();
    EXPECT_THAT(store.queue(), IsEmpty());
    EXPECT_THAT(store.queue("TopicB"), ElementsAre("b"));
    EXPECT_THAT(store.names("/store/consumequeue"), ElementsAre("TopicB"));
}

TEST(MessageStore, removes_nothing_elsewhere_for_a_damaged_list_of_deleted_topics) {
    for (const std::string line : {"100 ..", "100 ", "100", "100 ../commitlog", "x TopicA"}) {
        StoreScenario store;
        store.appends("a").dispatches().stops();
        ASSERT_TRUE(io::replace_file(store.files(), "/store/tern/deleted-topics", line + "\n"));
        const auto opened = store.reopens();
        ASSERT_FALSE(opened) << line;
        EXPECT_EQ(opened.error().code, Errc::corrupt) << line;
        EXPECT_THAT(store.names("/store/consumequeue"), ElementsAre("TopicA")) << line;
    }
}

TEST(MessageStore, keeps_the_new_life_of_a_deleted_topic) {
    StoreScenario store;
    store.appends("a", "b").dispatches();
    ASSERT_TRUE(store.store().delete_topic("TopicA", store.log().end()));
    store.appends("new").dispatches();
    EXPECT_THAT(store.queue(), ElementsAre("new"));
    store.dies().restarts();
    EXPECT_THAT(store.queue(), ElementsAre("new"));
    store.checkpoints().appends("newer").dispatches().loses_power().restarts();
    EXPECT_THAT(store.queue(), ElementsAre("new"));
}

TEST(MessageStore, keeps_a_message_that_was_under_way_when_its_topic_was_deleted) {
    StoreScenario store;
    store.appends("a", "b").dispatches();
    const auto deleted_at = store.log().end();
    store.appends("under way");
    ASSERT_TRUE(store.store().delete_topic("TopicA", deleted_at));
    EXPECT_THAT(store.appends("next").dispatches().queue(), ElementsAre("under way", "next"));
    EXPECT_EQ(store.store().find_queue("TopicA", QueueId{0})->min(), QueueOffset{2});
}

}  // namespace tern::store
