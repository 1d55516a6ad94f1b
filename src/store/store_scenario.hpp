// The words in which the tests of the store are told: messages appended, power lost, what is there after a
// restart. A store of small files on a disk in memory.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"
#include "store/message_store.hpp"

namespace tern::store {

inline StoreConfig small_files() {
    StoreConfig config;
    config.root = "/store";
    config.segment_size = 4096;
    config.consume_queue_file_size = 200;  // Ten entries.
    config.index_slots = 7;
    config.index_entries = 20;
    config.boot_id = "boot-1";
    return config;
}

// What a loss of power does to unsynced bytes, when it is not left to chance.
inline constexpr io::CrashOdds everything_is_lost{0, 0, 0, 0, 0, 0};
inline constexpr io::CrashOdds everything_is_kept{0, 1000, 0, 1000, 0, 1000};

class StoreScenario {
public:
    static constexpr std::string_view topic = "TopicA";

    explicit StoreScenario(StoreConfig config = small_files(), std::uint64_t seed = 1,
                           const io::Faults& disk = {})
        : loop_{seed}, files_{loop_.runtime()}, config_{std::move(config)} {
        files_.set_faults(disk);
        restarts();
    }
    ~StoreScenario() { dies(); }

    // Each word is the body of a message of its own, with the key "key-<word>".
    template <class... Words>
    StoreScenario& appends(Words... words) {
        (append_to(topic, 0, words), ...);
        return *this;
    }
    StoreScenario& appends_to(std::string_view to, std::int32_t queue, std::string_view body) {
        append_to(to, queue, body);
        return *this;
    }
    StoreScenario& appends_many(int count, std::string_view to = topic, std::int32_t queue = 0) {
        for (int i = 0; i < count; ++i) append_to(to, queue, "message " + std::to_string(i));
        return *this;
    }
    StoreScenario& writes() {
        EXPECT_TRUE(store_->commit_log().write_pending());
        return *this;
    }
    StoreScenario& flushes() {
        writes();
        EXPECT_TRUE(store_->commit_log().sync_now());
        return *this;
    }
    StoreScenario& dispatches() {
        writes();
        EXPECT_TRUE(store_->dispatch_to(store_->commit_log().written()));
        return *this;
    }
    StoreScenario& checkpoints() {
        dispatches();
        store_->checkpoint([](const Result<>& done) { EXPECT_TRUE(done) << done.error().detail; });
        loop_.run();
        return *this;
    }
    StoreScenario& stops(std::string_view note = {}) {
        dispatches();
        EXPECT_TRUE(store_->close(note));
        loop_.run();
        store_.reset();
        return *this;
    }
    // The process is killed: what it wrote stays.
    StoreScenario& dies() {
        files_.crash_process();
        store_.reset();
        loop_.run();
        return *this;
    }
    // The machine loses power: what was not synced goes as the odds say.
    StoreScenario& loses_power(const io::CrashOdds& odds = everything_is_lost) {
        files_.crash_machine(odds);
        store_.reset();
        loop_.run();
        config_.boot_id = "boot-" + std::to_string(++boots_);
        return *this;
    }
    StoreScenario& restarts() {
        auto opened = reopens();
        if (!opened) {
            ADD_FAILURE() << opened.error().detail;
            return *this;
        }
        store_ = std::move(*opened);
        return *this;
    }
    Result<std::unique_ptr<MessageStore>> reopens() {
        return MessageStore::open(config_, files_, loop_.runtime());
    }

    std::vector<std::string> messages() {
        std::vector<std::string> bodies;
        const auto& log = store_->commit_log();
        EXPECT_TRUE(log.scan(log.begin(), log.end(), [&bodies](const model::RecordView& record) -> Result<> {
            bodies.emplace_back(record.body);
            return {};
        }));
        return bodies;
    }
    std::vector<std::string> queue(std::string_view of = topic, std::int32_t id = 0) {
        std::vector<std::string> bodies;
        const ConsumeQueue* queue = store_->find_queue(of, QueueId{id});
        if (queue == nullptr) return bodies;
        for (QueueOffset at = queue->min(); at < queue->max(); at += 1) {
            const auto entry = queue->entry(at);
            const auto record = entry ? store_->commit_log().record_at(entry->record_at)
                                      : Result<model::RecordView>{failure(Errc::query_not_found, "")};
            bodies.emplace_back(record ? record->body : "?");
            if (record) EXPECT_EQ(record->queue_offset, at);
        }
        return bodies;
    }
    std::vector<std::string> with_key(std::string_view key, std::string_view of = topic) {
        std::vector<std::string> bodies;
        for (const auto at : store_->find_by_key(of, key, 64, 0, INT64_MAX).records) {
            const auto record = store_->commit_log().record_at(at);
            bodies.emplace_back(record ? record->body : "?");
        }
        return bodies;
    }

    // A file's bytes as the disk has them for a reader.
    std::string file(const std::string& path) {
        const auto content = io::read_file(files_, path);
        EXPECT_TRUE(content) << path;
        return content.value_or("");
    }
    StoreScenario& overwrites(const std::string& path, std::int64_t at, std::string_view bytes) {
        auto opened = files_.open(path, io::OpenMode::read_write);
        EXPECT_TRUE(opened && (*opened)->write_at(at, bytes) && (*opened)->sync_now());
        return *this;
    }
    // One bit of a message's body goes over on the disk.
    StoreScenario& a_bit_rots_in(std::string_view body) {
        for (const auto& entry : *files_.list("/store/commitlog")) {
            const std::string path = "/store/commitlog/" + entry.name;
            const auto place = file(path).find(body);
            if (place == std::string::npos) continue;
            return overwrites(path, static_cast<std::int64_t>(place),
                              std::string{static_cast<char>(body[0] ^ 1)});
        }
        ADD_FAILURE() << "no such message: " << body;
        return *this;
    }
    std::vector<std::string> names(const std::string& directory) {
        std::vector<std::string> names;
        if (const auto entries = files_.list(directory)) {
            for (const auto& entry : *entries) names.push_back(entry.name);
        }
        return names;
    }

    MessageStore& store() { return *store_; }
    CommitLog& log() { return store_->commit_log(); }
    const RecoveryReport& recovery() { return store_->recovery(); }
    io::MemoryFileSystem& files() { return files_; }
    io::SimulatedLoop& loop() { return loop_; }
    StoreConfig& config() { return config_; }

    static model::RecordDraft draft(std::string_view of, std::int32_t queue, std::string_view body,
                                    std::string& properties) {
        properties = std::string{"KEYS\1key-"} + std::string{body} + "\2TAGS\1tag\2";
        model::RecordDraft draft;
        draft.topic = of;
        draft.queue_id = QueueId{queue};
        draft.born_host = draft.store_host = model::Host::v4({127, 0, 0, 1}, 10911);
        draft.body = body;
        draft.properties = properties;
        return draft;
    }
    Result<Placed> try_append(std::string_view to, std::int32_t queue, std::string_view body) {
        std::string properties;
        const auto one = draft(to, queue, body, properties);
        loop_.advance(1ms);
        return store_->append({&one, 1}, store_->queue(to, QueueId{queue}), loop_.wall_ms());
    }

private:
    void append_to(std::string_view to, std::int32_t queue, std::string_view body) {
        const auto placed = try_append(to, queue, body);
        EXPECT_TRUE(placed) << placed.error().detail;
    }

    io::SimulatedLoop loop_;
    io::MemoryFileSystem files_;
    StoreConfig config_;
    int boots_{1};
    std::unique_ptr<MessageStore> store_;
};

}  // namespace tern::store
