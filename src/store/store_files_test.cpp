// The files beside log, queues and index: what they say, byte by byte, and that a Java broker finds what it
// expects.
#include "base/text.hpp"
#include "store/checkpoint_file.hpp"
#include "store/position_file.hpp"
#include "store/session_marks.hpp"
#include "store/store_scenario.hpp"

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

namespace tern::store {

TEST(StorePosition, is_these_bytes_on_disk) {
    const StorePosition position{.session = 0x0102030405060708,
                                 .previous_session = 2,
                                 .dispatched = PhysicalOffset{3},
                                 .flushed = PhysicalOffset{4},
                                 .last_record = PhysicalOffset{1},
                                 .last_record_crc = 0xAABBCCDD,
                                 .queues = 5,
                                 .index = {20261121141843067, {6, 7, 8, 9, 10, 11}},
                                 .segment_size = 4096,
                                 .queue_file_size = 200,
                                 .index_slots = 7,
                                 .index_entries = 20};
    const std::string slot = encode_position_slot(position, 12);
    ASSERT_THAT(slot, SizeIs(position_slot_size));
    EXPECT_EQ(slot.substr(0, 8), "TERNPOS1");
    EXPECT_EQ(to_hex(slot.substr(8, 8)), "000000000000000C");
    EXPECT_EQ(to_hex(slot.substr(16, 24)), "010203040506070800000000000000020000000000000003");
    EXPECT_EQ(to_hex(slot.substr(40, 24)), "00000000000000040000000000000001AABBCCDD00000005");
    EXPECT_EQ(to_hex(slot.substr(64, 8)), "0047FB61E069247B");
    EXPECT_EQ(to_hex(slot.substr(72, 40)),
              "0000000000000006000000000000000700000000000000080000000000000009"
              "0000000A0000000B");
    EXPECT_EQ(to_hex(slot.substr(112, 24)), "000000000000100000000000000000C80000000700000014");
    EXPECT_THAT(slot.substr(136, 20), Each('\0'));
    const auto decoded = decode_position_slot(slot);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->sequence, 12U);
    EXPECT_EQ(decoded->position, position);
}

TEST(StorePosition, is_nothing_when_a_bit_is_wrong) {
    const std::string slot = encode_position_slot({}, 1);
    for (std::size_t i = 0; i < slot.size(); ++i) {
        std::string damaged = slot;
        damaged[i] = static_cast<char>(damaged[i] ^ 4);
        EXPECT_FALSE(decode_position_slot(damaged)) << i;
    }
    EXPECT_FALSE(decode_position_slot(slot.substr(1)));
}

TEST(StorePosition, outlives_a_write_that_was_torn) {
    io::SimulatedLoop loop;
    io::MemoryFileSystem files{loop.runtime()};
    const auto open = [&] { return *PositionFile::open(files, "/position"); };
    for (std::int64_t i = 1; i <= 5; ++i) {
        auto file = open();
        ASSERT_TRUE(file.write({.flushed = PhysicalOffset{i}}) && file.file()->sync_now());
    }
    ASSERT_TRUE(open().file()->write_at(io::TwoSlotFile::slot_distance + 40, std::string(8, 'x')));
    EXPECT_EQ(open().newest()->flushed, PhysicalOffset{4});
}

TEST(SessionMarks, are_text_that_tells_our_sessions_from_java_s) {
    const std::string abort = encode_abort({0xABC, "boot"});
    EXPECT_EQ(abort, "tern 0000000000000ABC boot\n");
    EXPECT_EQ(decode_abort(abort)->session, 0xABCU);
    EXPECT_EQ(decode_abort(abort)->boot_id, "boot");
    EXPECT_EQ(decode_abort(encode_abort({1, ""}))->boot_id, "");
    EXPECT_FALSE(decode_abort("3852"));
    EXPECT_FALSE(decode_abort(""));
    const std::string stop = encode_clean_stop({7, PhysicalOffset{123}, "two\nlines"});
    EXPECT_EQ(stop, "clean-stop 0000000000000007 123\ntwo\nlines");
    EXPECT_EQ(decode_clean_stop(stop)->log_end, PhysicalOffset{123});
    EXPECT_EQ(decode_clean_stop(stop)->note, "two\nlines");
    EXPECT_FALSE(decode_clean_stop("clean-stop 0000000000000007"));
}

TEST(Checkpoint, is_java_s) {
    const Checkpoint checkpoint{1, 2, 3, 4, 5, PhysicalOffset{6}};
    std::array<char, Checkpoint::encoded_size> bytes{};
    checkpoint.encode(bytes.data());
    EXPECT_EQ(to_hex({bytes.data(), bytes.size()}),
              "000000000000000100000000000000020000000000000003"
              "000000000000000400000000000000050000000000000006");
    EXPECT_EQ(Checkpoint::decode(bytes.data()), checkpoint);
    EXPECT_EQ((Checkpoint{10'000, 9'000, 0, 0, 0, {}}.restart_timestamp()), 6'000);
    EXPECT_EQ((Checkpoint{10'000, 0, 0, 0, 0, {}}.restart_timestamp()), 0);
}

TEST(StoreForJava, says_with_abort_that_a_broker_runs_until_it_stops_cleanly) {
    StoreScenario store;
    EXPECT_TRUE(store.files().exists("/store/abort"));
    store.appends("a").stops();
    EXPECT_FALSE(store.files().exists("/store/abort"));
    store.restarts().dies();
    EXPECT_TRUE(store.files().exists("/store/abort"));
}

TEST(StoreForJava, has_only_whole_segments_after_a_clean_stop) {
    StoreScenario store;
    store.appends_many(85).appends_many(25, "TopicB", 3).stops();
    std::string log;
    std::int64_t base = 0;
    for (const auto& entry : *store.files().list("/store/commitlog")) {
        EXPECT_EQ(entry.name, segment_name(base));
        EXPECT_EQ(entry.size, 4096);
        log += store.file("/store/commitlog/" + entry.name);
        base += 4096;
    }
    // Record behind record, a blank at each end, zeros behind the last: what Java's recovery reads.
    PhysicalOffset at;
    int records = 0;
    while (at.value() < base) {
        const std::int64_t to_end = 4096 - at.value() % 4096;
        const auto entry = read_log_entry(std::string_view{log}.substr(static_cast<std::size_t>(at.value()),
                                                                       static_cast<std::size_t>(to_end)),
                                          at, 4096, model::VerifyBody::yes);
        if (entry.kind == LogEntry::Kind::nothing) break;
        if (entry.kind == LogEntry::Kind::blank) EXPECT_GE(to_end, 8);
        records += entry.kind == LogEntry::Kind::record ? 1 : 0;
        at = entry.next;
    }
    EXPECT_EQ(records, 110);
    EXPECT_GT(at.value(), base - 4096);
    EXPECT_THAT(log.substr(static_cast<std::size_t>(at.value())), Each('\0'));

    EXPECT_THAT(store.names("/store/consumequeue"), ElementsAre("TopicA", "TopicB"));
    for (const auto* queue : {"/store/consumequeue/TopicA/0", "/store/consumequeue/TopicB/3"}) {
        std::int64_t place = 0;
        for (const auto& entry : *store.files().list(queue)) {
            EXPECT_EQ(entry.name, segment_name(place));
            EXPECT_EQ(entry.size, 200);
            place += 200;
        }
    }
    for (const auto& entry : *store.files().list("/store/index")) {
        EXPECT_THAT(entry.name, SizeIs(17));
        EXPECT_EQ(entry.size, 40 + 4 * 7 + 20 * 20);
    }
}

TEST(StoreForJava, has_a_checkpoint_that_covers_what_was_dispatched) {
    StoreScenario store;
    store.appends("a", "b").dispatches();
    const auto last = store.store().find_queue("TopicA", QueueId{0})->entry(QueueOffset{1})->record_at;
    const auto stored = store.log().record_at(last)->store_timestamp;
    store.stops();
    const std::string file = store.file("/store/checkpoint");
    ASSERT_THAT(file, SizeIs(4096));
    EXPECT_EQ(Checkpoint::decode(file.data()), (Checkpoint{stored, stored, stored, 0, 0, last}));
    EXPECT_THAT(file.substr(48), Each('\0'));
}

TEST(StoreForJava, keeps_strangers_in_its_own_directory) {
    StoreScenario store;
    store.appends_many(100).checkpoints().stops();
    EXPECT_THAT(store.names("/store"),
                UnorderedElementsAre("checkpoint", "commitlog", "consumequeue", "index", "lock", "tern"));
    EXPECT_THAT(store.names("/store/tern"), UnorderedElementsAre("checksums", "clean-stop", "position"));
}

TEST(StoreAfterJava, drops_what_we_kept_beside_the_log_when_java_ran_in_between) {
    StoreScenario store;
    store.appends("a", "b").stops();
    // A Java broker that ran and was killed leaves its process id.
    ASSERT_TRUE(io::replace_file(store.files(), "/store/abort", "3852"));
    store.restarts();
    EXPECT_TRUE(store.recovery().written_by_another);
    EXPECT_EQ(store.recovery().basis, RecoveryReport::Basis::java_checkpoint);
    EXPECT_FALSE(store.recovery().clean);
    EXPECT_EQ(store.recovery().stop_note, std::nullopt);
    EXPECT_THAT(store.queue(), ElementsAre("a", "b"));
    EXPECT_THAT(store.stops().restarts().queue(), ElementsAre("a", "b"));
    EXPECT_FALSE(store.recovery().written_by_another);
}

TEST(StoreAfterJava, notices_that_java_took_over_from_our_crash_and_stopped_cleanly) {
    StoreScenario store;
    store.appends("a").checkpoints().dies();
    ASSERT_TRUE(store.files().remove("/store/abort"));
    store.restarts();
    EXPECT_TRUE(store.recovery().written_by_another);
    EXPECT_THAT(store.queue(), ElementsAre("a"));
}

TEST(StoreAfterJava, notices_records_that_are_not_ours_behind_our_clean_stop) {
    StoreScenario store;
    store.appends("a").stops();
    StoreScenario other;
    other.appends("a", "java's").flushes();
    const std::string log = other.file("/store/commitlog/00000000000000000000");
    store.overwrites("/store/commitlog/00000000000000000000", 0, log).restarts();
    EXPECT_TRUE(store.recovery().written_by_another);
    EXPECT_THAT(store.messages(), ElementsAre("a", "java's"));
    EXPECT_THAT(store.queue(), ElementsAre("a", "java's"));
}

TEST(StoreAfterJava, takes_up_again_a_start_that_died_half_way) {
    StoreScenario store;
    store.appends_many(30).stops();
    ASSERT_TRUE(store.files().remove("/store/tern"));
    // Java's rules it is, with the last file of a queue short as a clearing leaves it.
    store.files().set_faults({.sync_failures = 0, .write_failures = 1000});
    EXPECT_FALSE(store.reopens());
    store.files().set_faults({});
    store.loses_power(everything_is_kept).restarts();
    EXPECT_EQ(store.queue().size(), 30U);
    EXPECT_TRUE(store.recovery().written_by_another);
}

}  // namespace tern::store
