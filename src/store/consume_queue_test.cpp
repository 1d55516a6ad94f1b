#include "store/consume_queue.hpp"

#include "store/dispatcher.hpp"
#include "store/store_scenario.hpp"

using testing::ElementsAre;
using testing::IsEmpty;

namespace tern::store {
namespace {

class AConsumeQueue : public testing::Test {
protected:
    ConsumeQueue::Added append(std::int64_t record_at, std::int64_t at, std::int32_t size = 100) {
        return queue_.append({PhysicalOffset{record_at}, size, record_at * 7}, QueueOffset{at}).value();
    }
    void append_many(int count) {
        for (int i = 0; i < count; ++i) append(queue_.max().value() * 100, queue_.max().value());
    }
    std::vector<std::int64_t> records() const {
        std::vector<std::int64_t> records;
        for (QueueOffset at = queue_.min(); at < queue_.max(); at += 1)
            records.push_back(queue_.entry(at)->record_at.value());
        return records;
    }
    std::vector<std::string> file_names() {
        std::vector<std::string> names;
        if (const auto entries = files_.list("/queue")) {
            for (const auto& entry : *entries) names.push_back(entry.name);
        }
        return names;
    }

    io::SimulatedLoop loop_;
    io::MemoryFileSystem files_{loop_.runtime()};
    ConsumeQueue queue_{files_, "/queue", 200, "TopicA", QueueId{0}};
};

}  // namespace

TEST(ConsumeQueueEntry, is_these_twenty_bytes_on_disk) {
    std::array<char, 20> bytes{};
    ConsumeQueueEntry{PhysicalOffset{0x0102030405060708}, 0x11121314, -1}.encode(bytes.data());
    EXPECT_EQ(std::string_view(bytes.data(), bytes.size()),
              std::string_view(
                  "\x01\x02\x03\x04\x05\x06\x07\x08\x11\x12\x13\x14\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 20));
    EXPECT_EQ(ConsumeQueueEntry::decode(bytes.data()).tag_code, -1);
}

TEST_F(AConsumeQueue, keeps_entries_in_memory_until_it_is_flushed) {
    append_many(3);
    EXPECT_THAT(file_names(), IsEmpty());
    EXPECT_THAT(records(), ElementsAre(0, 100, 200));
    ASSERT_TRUE(queue_.flush());
    EXPECT_THAT(file_names(), ElementsAre("00000000000000000000"));
    EXPECT_THAT(records(), ElementsAre(0, 100, 200));
}

TEST_F(AConsumeQueue, writes_by_itself_when_a_batch_has_gathered) {
    append_many(204);
    EXPECT_THAT(file_names(), IsEmpty());
    append_many(1);
    EXPECT_EQ(file_names().size(), 21U);
    EXPECT_FALSE(queue_.needs_flush());
    EXPECT_EQ(records().size(), 205U);
}

TEST_F(AConsumeQueue, takes_no_entry_twice) {
    append_many(3);
    EXPECT_EQ(append(100, 1), ConsumeQueue::Added::repeated);
    EXPECT_EQ(append(200, 2), ConsumeQueue::Added::repeated);
    EXPECT_THAT(records(), ElementsAre(0, 100, 200));
}

TEST_F(AConsumeQueue, begins_behind_filler_when_its_first_message_is_not_message_0) {
    EXPECT_EQ(append(5000, 13), ConsumeQueue::Added::appended);
    ASSERT_TRUE(queue_.flush());
    EXPECT_EQ(queue_.min(), QueueOffset{13});
    EXPECT_EQ(queue_.max(), QueueOffset{14});
    EXPECT_EQ(queue_.entry(QueueOffset{12}), std::nullopt);
    EXPECT_THAT(file_names(), ElementsAre("00000000000000000200"));
    const auto file = io::read_file(files_, "/queue/00000000000000000200");
    const std::string filler("\0\0\0\0\0\0\0\0\x7F\xFF\xFF\xFF\0\0\0\0\0\0\0\0", 20);
    EXPECT_EQ(file->substr(0, 60), filler + filler + filler);
    EXPECT_EQ(ConsumeQueueEntry::decode(file->data() + 60).record_at, PhysicalOffset{5000});
    EXPECT_EQ(file->substr(80), std::string(120, '\0'));
}

TEST_F(AConsumeQueue, begins_anew_with_message_0_of_a_topic_made_again) {
    append_many(12);
    EXPECT_EQ(append(7000, 0), ConsumeQueue::Added::restarted);
    EXPECT_EQ(append(7100, 1), ConsumeQueue::Added::appended);
    EXPECT_THAT(records(), ElementsAre(7000, 7100));
}

TEST_F(AConsumeQueue, has_no_holes_even_when_offsets_do_not_follow) {
    append_many(2);
    EXPECT_EQ(append(7000, 1), ConsumeQueue::Added::misplaced);
    EXPECT_THAT(records(), ElementsAre(0, 100));
    EXPECT_EQ(append(8000, 5), ConsumeQueue::Added::misplaced);
    EXPECT_THAT(records(), ElementsAre(0, 100, 8000));
}

TEST_F(AConsumeQueue, is_read_in_spans_that_end_where_files_end) {
    append_many(12);
    ASSERT_TRUE(queue_.flush());
    append_many(2);
    EXPECT_EQ(queue_.read(QueueOffset{0}, 32)->size(), 10U);
    EXPECT_EQ(queue_.read(QueueOffset{3}, 4)->size(), 4U);
    EXPECT_EQ((*queue_.read(QueueOffset{3}, 4))[1].record_at, PhysicalOffset{400});
    EXPECT_EQ(queue_.read(QueueOffset{10}, 32)->size(), 2U);
    EXPECT_EQ(queue_.read(QueueOffset{12}, 32)->size(), 2U);
    EXPECT_TRUE(queue_.read(QueueOffset{14}, 32)->empty());
}

TEST_F(AConsumeQueue, drops_the_entries_of_records_that_were_cut) {
    append_many(25);
    ASSERT_TRUE(queue_.truncate(PhysicalOffset{1150}));
    EXPECT_EQ(queue_.max(), QueueOffset{12});
    EXPECT_EQ(queue_.covered(), PhysicalOffset{1200});
    EXPECT_THAT(file_names(), ElementsAre("00000000000000000000", "00000000000000000200"));
    EXPECT_EQ(io::read_file(files_, "/queue/00000000000000000200")->substr(40), std::string(160, '\0'));
    EXPECT_EQ(append(9000, 12), ConsumeQueue::Added::appended);
    ASSERT_TRUE(queue_.truncate(PhysicalOffset{0}));
    EXPECT_THAT(file_names(), IsEmpty());
    EXPECT_EQ(append(50, 30), ConsumeQueue::Added::appended);
    EXPECT_EQ(queue_.min(), QueueOffset{30});
}

TEST_F(AConsumeQueue, moves_its_minimum_with_the_logs_begin_but_keeps_its_last_file) {
    append_many(25);
    ASSERT_TRUE(queue_.flush());
    ASSERT_TRUE(queue_.correct_min(PhysicalOffset{1150}));
    EXPECT_EQ(queue_.min(), QueueOffset{12});
    EXPECT_THAT(file_names(), ElementsAre("00000000000000000200", "00000000000000000400"));
    ASSERT_TRUE(queue_.correct_min(PhysicalOffset{1'000'000}));
    EXPECT_EQ(queue_.min(), QueueOffset{25});
    EXPECT_EQ(queue_.max(), QueueOffset{25});
    EXPECT_THAT(file_names(), ElementsAre("00000000000000000400"));
    EXPECT_EQ(append(2'000'000, 25), ConsumeQueue::Added::appended);
}

TEST_F(AConsumeQueue, finds_its_end_as_java_does_and_below_a_bound) {
    append_many(25);
    ASSERT_TRUE(queue_.flush());
    ConsumeQueue again{files_, "/queue", 200, "TopicA", QueueId{0}};
    ASSERT_TRUE(again.load(Mending::none) && again.find_end());
    EXPECT_EQ(again.max(), QueueOffset{25});
    EXPECT_EQ(again.covered(), PhysicalOffset{2500});
    ASSERT_TRUE(again.find_end_below(PhysicalOffset{700}, {}));
    EXPECT_EQ(again.max(), QueueOffset{7});
    EXPECT_EQ(again.covered(), PhysicalOffset{700});
}

TEST_F(AConsumeQueue, takes_no_torn_entry_for_its_end) {
    append_many(3);
    ASSERT_TRUE(queue_.flush());
    // Behind the end lies the back of an entry of an earlier life: offset 0, a size.
    auto file = *files_.open("/queue/00000000000000000000", io::OpenMode::read_write);
    ASSERT_TRUE(file->write_at(5 * 20 + 8, std::string_view{"\0\0\0\x64", 4}));
    const auto end_of = [this](const ConsumeQueue::RecordCheck& names_record) {
        ConsumeQueue again{files_, "/queue", 200, "TopicA", QueueId{0}};
        EXPECT_TRUE(again.load(Mending::none) && again.find_end_below(PhysicalOffset{500}, names_record));
        return again.max();
    };
    EXPECT_EQ(end_of([](const auto&, const auto& entry) { return entry.record_at.value() % 100 == 0; }),
              QueueOffset{3});
}

TEST(ConsumeQueueTime, finds_the_first_message_stored_then_or_the_last) {
    StoreScenario store;
    const auto start = store.loop().wall_ms();
    for (const auto* body : {"at 10", "at 20", "at 20 too", "at 30"}) {
        const std::int64_t at = start + (body[3] - '0') * 10;
        std::string properties;
        const auto draft = StoreScenario::draft("TopicA", 0, body, properties);
        ASSERT_TRUE(store.store().append({&draft, 1}, store.store().queue("TopicA", QueueId{0}), at));
    }
    store.dispatches();
    const auto& queue = *store.store().find_queue("TopicA", QueueId{0});
    const auto lower = [&](int ms) {
        return store.store().offset_by_time(queue, start + ms, TimeBoundary::lower).value();
    };
    const auto upper = [&](int ms) {
        return store.store().offset_by_time(queue, start + ms, TimeBoundary::upper).value();
    };
    EXPECT_THAT((std::vector{lower(5), lower(10), lower(15), lower(20), lower(30), lower(31)}),
                ElementsAre(0, 0, 1, 1, 3, 4));
    EXPECT_THAT((std::vector{upper(5), upper(10), upper(15), upper(20), upper(30), upper(99)}),
                ElementsAre(0, 0, 0, 2, 3, 3));
}

TEST(ConsumeQueueFiles, are_java_s_for_the_worked_example) {
    // spec/store.md, appendix A: the record lies at 4096 and is message 5 of TopicTest's queue 2.
    StoreScenario store;
    const std::string properties =
        "KEYS\1order-1\2UNIQ_KEY\1"
        "7F0000010001000000000001000A0000\2WAIT\1true\2TAGS\1TagA\2";
    model::RecordDraft draft;
    draft.topic = "TopicTest";
    draft.queue_id = QueueId{2};
    draft.born_timestamp = 1'700'000'000'000;
    draft.born_host = model::Host::v4({192, 168, 1, 10}, 50123);
    draft.store_host = model::Host::v4({192, 168, 1, 20}, 10911);
    draft.body = "Hello RocketMQ";
    draft.properties = properties;
    ASSERT_TRUE(store.store().clear());
    ASSERT_TRUE(store.store().begin_at(PhysicalOffset{4096}, {}));
    ASSERT_TRUE(store.log().append(draft, QueueOffset{5}, 1'700'000'000'123));
    store.checkpoints();

    const std::string log = store.file("/store/commitlog/00000000000000004096");
    EXPECT_EQ(log.substr(0, 16),
              std::string("\x00\x00\x00\xbd\xda\xa3\x20\xa7\x69\xc8\x65\xed\x00\x00\x00\x02", 16));
    EXPECT_EQ(log.substr(16, 24), std::string("\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0\0\0\0\x10\0\0\0\0\0", 24));
    EXPECT_EQ(log.substr(56, 8), std::string("\x00\x00\x01\x8b\xcf\xe5\x68\x7b", 8));
    EXPECT_EQ(log.substr(189), std::string(4096 - 189, '\0'));
    const std::string queue = store.file("/store/consumequeue/TopicTest/2/00000000000000000000");
    ASSERT_EQ(queue.size(), 200U);
    EXPECT_EQ(queue.substr(100, 20), std::string("\0\0\0\0\0\0\x10\0\0\0\0\xbd\0\0\0\0\0\x27\xa8\x07", 20));
    EXPECT_EQ(queue.substr(80, 20), std::string("\0\0\0\0\0\0\0\0\x7f\xff\xff\xff\0\0\0\0\0\0\0\0", 20));
    EXPECT_EQ(index_key_hash("TopicTest", "order-1"), 1829193424);
    EXPECT_EQ(index_key_hash("TopicTest", "7F0000010001000000000001000A0000"), 1439014971);
}

TEST(ConsumeQueueTagCode, is_the_tags_hash_and_in_the_delay_queues_the_time_of_delivery) {
    const auto levels = *model::DelayLevels::parse("1s 5s 10s");
    const auto code = [&levels](std::string_view topic, std::string_view properties) {
        return queue_tag_code(topic, 1'000'000, read_indexed_properties(properties), levels);
    };
    EXPECT_EQ(code("TopicA", "TAGS\1TagA\2"), 2598919);
    EXPECT_EQ(code("TopicA", "KEYS\1k\2"), 0);
    EXPECT_EQ(code("TopicA",
                   "DELAY\1"
                   "2\2TAGS\1TagA\2"),
              2598919);
    EXPECT_EQ(code("SCHEDULE_TOPIC_XXXX",
                   "DELAY\1"
                   "2\2TAGS\1TagA\2"),
              1'005'000);
    EXPECT_EQ(code("SCHEDULE_TOPIC_XXXX",
                   "DELAY\1"
                   "99\2"),
              1'010'000);
    EXPECT_EQ(code("SCHEDULE_TOPIC_XXXX", "TAGS\1TagA\2"), 2598919);
}

}  // namespace tern::store
