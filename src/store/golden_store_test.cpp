// Stores that stock Java brokers wrote, opened in place: every message, queue and key is as the broker itself
// gave it.
#include <stdlib.h>

#include <deque>
#include <filesystem>
#include <mutex>

#include "base/random.hpp"
#include "base/text.hpp"
#include "io/posix_file_system.hpp"
#include "json/reader.hpp"
#include "model/message_properties.hpp"
#include "store/golden_archive.hpp"
#include "store/message_store.hpp"

namespace tern::store {
namespace {

class TestLoop final : public Clock, public Executor, public Timers {
public:
    Runtime runtime() { return {*this, *this, *this, random_, log_}; }
    Instant now() const override { return {}; }
    WallMillis wall_ms() const override { return 1'800'000'000'000; }
    void post(Task task) override {
        const std::lock_guard lock{mutex_};
        tasks_.push_back(std::move(task));
    }
    TimerId after(Duration, Task) override { return 0; }
    void cancel(TimerId) override {}

private:
    std::mutex mutex_;
    std::deque<Task> tasks_;
    SeededRandom random_{1};
    SilentLog log_;
};

class GoldenStore : public testing::TestWithParam<const char*> {
protected:
    GoldenStore() {
        directory_ = ::mkdtemp(directory_.data());
        const std::string golden =
            std::string{TERN_SOURCE_DIR} + "/tests/compatibility/golden/stores/" + GetParam();
        manifest_ = json::parse(*io::read_file(files_, golden + "/manifest.json")).value();
        const auto tar = gunzip(*io::read_file(files_, golden + "/store.tar.gz"));
        EXPECT_TRUE(tar && GoldenArchive::unpack(*tar, files_, directory_));
    }
    ~GoldenStore() override {
        store_.reset();
        std::filesystem::remove_all(directory_);
    }

    static std::int64_t number(const json::Value& value) {
        if (const auto* integer = value.integer()) return *integer;
        return parse_number<std::int64_t>(*value.string()).value();
    }

    void opens() {
        StoreConfig config;
        config.root = directory_ + "/store";
        config.segment_size = number(manifest_["config"]["mappedFileSizeCommitLog"]);
        config.consume_queue_file_size = number(manifest_["config"]["mappedFileSizeConsumeQueue"]);
        config.index_slots = static_cast<std::int32_t>(number(manifest_["config"]["maxHashSlotNum"]));
        config.index_entries = static_cast<std::int32_t>(number(manifest_["config"]["maxIndexNum"]));
        auto opened = MessageStore::open(config, files_, loop_.runtime());
        ASSERT_TRUE(opened) << opened.error().detail;
        store_ = std::move(*opened);
    }

    void matches_the_manifest() {
        EXPECT_EQ(store_->commit_log().begin().value(), number(manifest_["runtime"]["commitLogMinOffset"]));
        // The stores were packed after a Java broker had opened them once more, which may have appended.
        const auto& reload = manifest_["reloadCheck"];
        EXPECT_EQ(store_->commit_log().end().value(),
                  number(reload["runtimeAfterReload"]["commitLogMaxOffset"]));
        for (const auto& [topic, queues] : *reload["queueRangesAfterReload"].object()) {
            for (const auto& [id, range] : *queues.object()) {
                SCOPED_TRACE(*topic.string() + " " + *id.string());
                const ConsumeQueue* queue =
                    store_->find_queue(*topic.string(), QueueId{*parse_number<std::int32_t>(*id.string())});
                ASSERT_NE(queue, nullptr);
                EXPECT_EQ(queue->min().value(), number((*range.array())[0]));
                EXPECT_EQ(queue->max().value(), number((*range.array())[1]));
            }
        }
        for (const auto& [topic, queues] : *manifest_["topics"].object()) {
            for (const auto& [id, queue] : *queues.object()) {
                SCOPED_TRACE(*topic.string() + " " + *id.string());
                matches_queue(
                    store_->find_queue(*topic.string(), QueueId{*parse_number<std::int32_t>(*id.string())}),
                    queue);
            }
        }
        for (const auto& lookup : *manifest_["indexLookups"].array()) {
            std::vector<PhysicalOffset> expected;
            for (const auto& offset : *lookup["physicalOffsets"].array())
                expected.emplace_back(number(offset));
            const auto found =
                store_->find_by_key(*lookup["topic"].string(), *lookup["key"].string(), 64, 0, INT64_MAX);
            EXPECT_EQ(found.records, expected) << *lookup["key"].string();
        }
    }

    void matches_queue(const ConsumeQueue* queue, const json::Value& expected) {
        ASSERT_NE(queue, nullptr);
        QueueOffset at = queue->min();
        for (const auto& unit : *expected["cqUnits_phyOffset_size_tagsCode"].array()) {
            const auto entry = queue->entry(at);
            ASSERT_TRUE(entry.has_value());
            const std::string place =
                std::to_string(entry->record_at.value()) + "," + std::to_string(entry->record_size) + ",";
            // The Java broker gave the tag code that it had looked up under the address.
            if (entry->tag_code <= ConsumeQueueEntry::ext_address_max) {
                EXPECT_THAT(*unit.string(), testing::StartsWith(place));
            } else {
                EXPECT_EQ(place + std::to_string(entry->tag_code), *unit.string());
            }
            at += 1;
        }
        for (const auto& message : *expected["messages"].array()) matches_message(*queue, message);
    }

    void matches_message(const ConsumeQueue& queue, const json::Value& expected) {
        const auto entry = queue.entry(QueueOffset{number(expected["queueOffset"])});
        ASSERT_TRUE(entry.has_value());
        const auto bytes = store_->commit_log().view(entry->record_at, entry->record_size);
        ASSERT_TRUE(bytes.has_value());
        const auto record = model::decode_record(*bytes, model::VerifyBody::yes);
        ASSERT_TRUE(record) << record.error().detail;
        const auto is = [&expected](const char* field, std::int64_t value) {
            if (!expected[field].is_null()) EXPECT_EQ(value, number(expected[field])) << field;
        };
        is("queueOffset", record->queue_offset.value());
        is("physicalOffset", record->physical_offset.value());
        is("storeSize", record->size);
        is("sysFlag", record->sys_flag);
        is("flag", record->flag);
        is("bodyCRC", record->body_crc);
        is("reconsumeTimes", record->reconsume_times);
        is("preparedTransactionOffset", record->prepared_transaction_offset);
        is("bornTimestamp", record->born_timestamp);
        is("storeTimestamp", record->store_timestamp);
        is("bodyLen", static_cast<std::int64_t>(record->body.size()));
        if (const auto* body = expected["bodyHex"].string())
            EXPECT_EQ(record->body, from_hex(*body).value_or("?"));
        if (const auto* properties = expected["properties"].object()) {
            for (const auto& [name, value] : *properties)
                EXPECT_EQ(model::find_property(record->properties, *name.string()), *value.string())
                    << *name.string();
        }
    }

    void closes() {
        ASSERT_TRUE(store_->close());
        store_.reset();
    }

    std::string directory_ = (std::filesystem::temp_directory_path() / "tern-golden-XXXXXX").string();
    TestLoop loop_;
    io::PosixFileSystem files_{loop_};
    json::Value manifest_;
    std::unique_ptr<MessageStore> store_;
};

TEST_P(GoldenStore, opens_in_place_and_reads_as_the_java_broker_read_it) {
    opens();
    EXPECT_EQ(store_->recovery().basis, RecoveryReport::Basis::java_checkpoint);
    EXPECT_TRUE(store_->recovery().written_by_another);
    EXPECT_EQ(store_->recovery().clean, std::string_view{GetParam()} != "5.5.0-abort");
    matches_the_manifest();
}

TEST_P(GoldenStore, is_ours_after_the_first_stop_and_reads_the_same) {
    opens();
    closes();
    opens();
    EXPECT_EQ(store_->recovery().basis, RecoveryReport::Basis::position);
    EXPECT_FALSE(store_->recovery().written_by_another);
    EXPECT_TRUE(store_->recovery().clean);
    matches_the_manifest();
}

TEST_P(GoldenStore, reads_the_same_when_queues_and_index_are_built_anew_from_its_log) {
    std::filesystem::remove_all(directory_ + "/store/consumequeue");
    std::filesystem::remove_all(directory_ + "/store/index");
    opens();
    matches_the_manifest();
}

INSTANTIATE_TEST_SUITE_P(Java, GoldenStore,
                         testing::Values("4.9.7-basic", "5.5.0-basic", "5.5.0-abort", "5.5.0-ipv6",
                                         "5.5.0-msgv2", "5.5.0-propcrc", "5.5.0-cqext", "5.5.0-timerwheel"),
                         [](const auto& store) {
                             std::string name = store.param;
                             std::ranges::replace_if(name, [](char c) { return c == '.' || c == '-'; }, '_');
                             return name;
                         });

}  // namespace
}  // namespace tern::store
