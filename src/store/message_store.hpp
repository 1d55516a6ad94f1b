// The store of one broker group member: commit log, consume queues and message index, opened together and
// kept in step. The log is the truth; queues and index follow it at dispatch, and a checkpoint says how far
// they are durable.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/inplace_function.hpp"
#include "base/ring.hpp"
#include "base/runtime.hpp"
#include "store/block_checksums.hpp"
#include "store/checkpoint_file.hpp"
#include "store/commit_log.hpp"
#include "store/consume_queues.hpp"
#include "store/dispatcher.hpp"
#include "store/message_index.hpp"
#include "store/position_file.hpp"
#include "store/probe.hpp"
#include "store/recovery.hpp"
#include "store/recovery_report.hpp"
#include "store/scrub.hpp"
#include "store/session_marks.hpp"
#include "store/store_config.hpp"

namespace tern::store {

// A record that queues and index have now.
struct Dispatched {
    PhysicalOffset record_at;
    QueueRef queue{};  // Null: it has no place in one.
    QueueOffset queue_at;
    std::int64_t tag_code{};
    // Null for a plain message that was appended here: nobody had to read it.
    const model::RecordView* record{};
};
using DispatchVisitor = InplaceFunction<void(const Dispatched&), 32>;

// What brokerStatus tells of a store.
struct StoreStatus {
    PhysicalOffset begin;
    PhysicalOffset end;
    PhysicalOffset flushed;
    PhysicalOffset dispatched;
    std::int64_t earliest_timestamp{-1};  // Store time of the oldest record; -1: there is none.
    std::int32_t queues{0};               // That have entries.
    io::Space space;                      // Of the commit log's disk.
};

// Owned by one thread; completions come on the executor of its runtime. To be destroyed when none of its
// operations is under way, or when the executor runs no more of them.
class MessageStore {
public:
    // Locks the directory, recovers what is there, and says in it that a process is at work. Waits for the
    // disk. Errc::busy when another process has it, invalid_argument when it was made with other lengths,
    // corrupt when acknowledged bytes are missing.
    static Result<std::unique_ptr<MessageStore>> open(StoreConfig config, io::FileSystem& files,
                                                      Runtime runtime);
    ~MessageStore() { *alive_ = false; }
    MessageStore(const MessageStore&) = delete;
    MessageStore& operator=(const MessageStore&) = delete;

    const RecoveryReport& recovery() const { return report_; }
    const StoreConfig& config() const { return config_; }
    CommitLog& commit_log() { return *log_; }
    const CommitLog& commit_log() const { return *log_; }
    Scrub& scrub() { return *scrub_; }
    const Scrub& scrub() const { return *scrub_; }
    BlockChecksums& block_checksums() { return checksums_; }
    const BlockChecksums& block_checksums() const { return checksums_; }

    // References stay valid as long as the store. queue() makes one that is not there, in memory; it is null
    // only for a topic or id that can name no directory.
    QueueRef queue(std::string_view topic, QueueId id) { return queues_.find_or_create(topic, id); }
    QueueRef find_queue(std::string_view topic, QueueId id) const { return queues_.find(topic, id); }
    // Those with entries, by topic and id.
    std::vector<QueueRef> queues() const { return queues_.all(); }

    // What an entry leads to: the first bytes of its record, as far as they are there.
    enum class Leads {
        to_its_message,
        to_a_record,  // Another one, as in stores in which queues were numbered otherwise.
        nowhere,
    };
    static Leads where_leads(const ConsumeQueue& queue, QueueOffset at, const ConsumeQueueEntry& entry,
                             std::string_view bytes);
    // Of an entry that leads elsewhere: the disk has changed it. Writes it anew as the log has its message,
    // which is looked for between those before and behind it, over at most mended_from bytes.
    // query_not_found when it is not there.
    static constexpr std::int64_t mended_from = 64 * 1024 * 1024;
    // One that leads to a record, as its bytes tell, stays as it is then.
    Result<ConsumeQueueEntry> mend_or_keep_entry(const ConsumeQueue& queue, QueueOffset at,
                                                 const ConsumeQueueEntry& entry, std::string_view bytes);

    // Appends messages of one queue, with consecutive offsets, all in one segment, or none of them: an error
    // means that nothing is in the log. message_illegal when they can never be.
    Result<Placed> append(std::span<const model::RecordDraft> drafts, QueueRef queue, WallMillis now);
    // A record that has no place in a queue: internal ones, with the transaction type "rollback".
    Result<Placed> append_outside_queues(const model::RecordDraft& draft, WallMillis now);

    // Appends a range of another member's log as it is (CommitLog::append_raw). Offsets of its queues count
    // once recount_next_offsets() has looked at it: before the first append of an own record.
    Result<> append_raw(const CheckedRange& range);
    void recount_next_offsets();

    // Brings queues and index up to there, record by record, and shows each to visit after its entry is made.
    // committed is the end of a record that is written. An error poisons the log.
    Result<> dispatch_to(PhysicalOffset committed, DispatchVisitor visit = {});
    PhysicalOffset dispatched() const { return dispatched_; }
    // A start reads the log from there.
    PhysicalOffset checkpointed() const { return position_.dispatched; }

    KeyMatches find_by_key(std::string_view topic, std::string_view key, std::size_t count,
                           std::int64_t begin, std::int64_t end) const;
    QueueOffset offset_by_time(const ConsumeQueue& queue, std::int64_t timestamp,
                               TimeBoundary boundary) const {
        return queue.offset_by_time(timestamp, boundary, *log_);
    }

    // Makes the log, the queues and the index durable as they are now, and says so on the disk. One at a
    // time. Writes on the caller's thread, syncs elsewhere. A failure poisons the log.
    void checkpoint(io::Done done);
    Result<> checkpoint_now();

    // Forgets the queues of a topic: those that got no message behind deleted_at, the place of the record
    // that deletes it. Waits for the disk.
    Result<> delete_topic(std::string_view topic, PhysicalOffset deleted_at);
    // Cuts off what begins at or behind `to`, the end of a record, everywhere. Waits for the disk.
    Result<> truncate(PhysicalOffset to);
    // Forgets everything: log, queues and index. Waits for the disk.
    Result<> clear();
    // After clear(): the log is empty and goes on at the begin of a segment, and each queue where it says; a
    // copy of another store's log follows, from there on. Waits for the disk. A process that dies before the
    // end leaves an empty store.
    Result<> begin_at(PhysicalOffset at, std::span<const QueueBegin> queues);
    // What such a copy needs besides the log.
    std::vector<QueueBegin> expired_queues() const;

    // Removes old segments, and what of queues and index led there; how many. Never beyond the last
    // checkpoint.
    Result<std::size_t> remove_expired(RetentionLimits limits);
    // Lets go what of queues and index led to segments that are gone, if that has failed before; to be called
    // every now and then.
    Result<> follow_log_begin();
    // What queues have of messages that went with their segments; removing those does it too.
    Result<> remove_expired_entries();

    // The clean stop: everything written and durable, and marked so that the next start need not look. note
    // comes back in its report, unless another program has written in between. Waits for the disk; nothing
    // may follow but the destruction.
    Result<> close(std::string_view note = {});

    StoreStatus status() const;
    const StoreProbe& probe() const { return probe_; }

private:
    MessageStore(StoreConfig config, io::FileSystem& files, Runtime runtime);

    void note_appended(const Placed& placed, const model::RecordDraft& draft, QueueRef queue);
    const DispatchEntry* appended_at(PhysicalOffset at);

    // message_store_mending.cpp
    Result<ConsumeQueueEntry> mend_entry(const ConsumeQueue& queue, QueueOffset at);
    std::optional<ConsumeQueueEntry> right_entry(const ConsumeQueue& queue, QueueOffset at) const;

    // message_store_open.cpp
    Result<> prepare_directories();
    Result<> recover();
    Result<> begin_session();

    // message_store_checkpoint.cpp
    struct CheckpointRun {
        std::vector<SharedFile> files;
        StorePosition position;
        Checkpoint times;
        io::Done done;
    };
    Result<> write_position_now();
    Result<CheckpointRun> begin_checkpoint();
    Result<> write_checkpoint(const CheckpointRun& run);
    void end_checkpoint(Result<> result);
    StorePosition position_now() const;
    Checkpoint times_now() const;
    bool is_checkpoint_due() const;
    std::unexpected<Error> poison(Error error);

    StoreConfig config_;
    io::FileSystem& files_;
    Runtime runtime_;
    StoreProbe probe_;
    std::unique_ptr<io::FileLock> lock_;
    std::uint64_t session_;
    ConsumeQueues queues_;
    std::unique_ptr<MessageIndex> index_;  // Null when the index is off.
    Dispatcher dispatcher_;
    std::optional<PositionFile> position_file_;
    std::optional<CheckpointFile> checkpoint_file_;
    std::unique_ptr<CommitLog> log_;
    BlockChecksums checksums_;
    std::unique_ptr<Scrub> scrub_;
    RecoveryReport report_;

    PhysicalOffset followed_begin_;  // Of the log, which queues and index know.
    PhysicalOffset dispatched_;
    Ring<DispatchEntry> appended_;  // Plain messages that wait for their dispatch, rising.
    LastDispatched last_;
    StorePosition position_;  // What is durable, as the file has it.
    std::unique_ptr<CheckpointRun> checkpoint_;
    bool closed_{false};
    std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace tern::store
