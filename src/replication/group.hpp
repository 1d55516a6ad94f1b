// A broker group: one replicated log, its epochs, and the tables that are folds over it. Every write of the
// broker takes this one path: propose, append, durable, committed, dispatched, answered
// (docs/decisions/0002-one-append-path.md). A group of one is the smallest case of it, not another one.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/inplace_function.hpp"
#include "base/result.hpp"
#include "base/ring.hpp"
#include "base/runtime.hpp"
#include "replication/commit_policy.hpp"
#include "replication/epoch_table.hpp"
#include "replication/internal_record.hpp"
#include "replication/snapshot.hpp"
#include "replication/table.hpp"
#include "store/message_store.hpp"

namespace tern::replication {

// Where a message went: known at the append, true for clients once settled.
struct Appended {
    PhysicalOffset record_at;  // Of a batch: the first one's,
    PhysicalOffset end;        // and the last one's end.
    QueueOffset queue_at;
    std::int64_t store_timestamp{};
};

// How the wait for an appended message ended. The message is in the log either way.
enum class Outcome {
    promised,       // As durable as the mode says.
    flush_timeout,  // Not flushed within the time that clients are told (code 10).
    unknown,        // The store failed after the append: nobody knows, and nothing further is acknowledged.
};

enum class WaitFor {
    promise,  // What the mode asks for.
    written,  // Only that it survives the process: WAIT=false of a producer.
};

using Settled = InplaceFunction<void(Outcome), 160>;

struct GroupConfig {
    std::string directory;         // <root>/tern: epochs and snapshots.
    std::string config_directory;  // <root>/config: the JSON files of Java.
    model::Host store_host;        // As registered; goes into internal records.
    bool sync_flush{false};
    Duration flush_timeout{5s};      // syncFlushTimeout.
    Duration flush_interval{500ms};  // Between flushes in the background; flushIntervalCommitLog.
    Duration checkpoint_interval{1s};
    Duration table_interval{5s};  // Between writes of changed JSON files; flushConsumerOffsetInterval.
    Duration snapshot_interval{30s};
    std::int64_t snapshot_bytes{64 * 1024 * 1024};         // Of log, after which a snapshot is taken sooner.
    std::int64_t uncommitted_bytes_max{64 * 1024 * 1024};  // Beyond it senders are told to come back.
};

// Counted where it happens; read by the metrics page and by brokerStatus.
struct GroupProbe {
    std::uint64_t proposals{0};
    std::uint64_t refused_for_bound{0};
    std::uint64_t flush_timeouts{0};
    std::uint64_t snapshots{0};
    std::uint64_t internal_records{0};
};

// Owned by one loop. The store, the tables and the runtime outlive it.
class Group {
public:
    // The watcher hears of every committed record, in order, after queues and tables have it.
    struct Watcher {
        virtual ~Watcher() = default;
        virtual void on_committed(const model::RecordView& record) = 0;
        // And of every change of state once the tables have it, in a replay too. An error ends the start or
        // the reign.
        virtual Result<> on_change(const InternalRecord& change, const AppliedAt& at) = 0;
        // The log can take nothing more: stop acknowledging, stop the process.
        virtual void on_poisoned(const Error& error) = 0;
    };

    Group(GroupConfig config, Runtime runtime, io::FileSystem& files, store::MessageStore& store,
          std::vector<Table*> tables, Watcher& watcher);
    ~Group();
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    // Restores the tables (snapshot and replay, or Java's files), begins a new epoch and appends its start.
    // Waits for the disk; nothing may be proposed before it has succeeded.
    Result<> start();
    // Ends the reign: flushes, checkpoints, snapshots, writes the JSON files. Nothing may be proposed any
    // more.
    Result<> stop();

    // Appends a message, or the messages of a batch: consecutive offsets of one queue, in one segment. The
    // drafts' bytes are copied. An error means that nothing of it is in the log.
    Result<Appended> propose(std::span<const model::RecordDraft> drafts, store::QueueRef queue);
    Result<Appended> propose(const model::RecordDraft& draft, store::QueueRef queue) {
        return propose({&draft, 1}, queue);
    }
    // Appends a change of state. The tables have it once it has settled as promised.
    Result<Appended> propose(const InternalRecord& change);
    // To be called, if at all, right after the propose() that gave appended: settled runs once, later, from
    // the executor, whatever happens.
    void when_settled(const Appended& appended, WaitFor wait, Settled settled);

    // Whether anything may be written: not when the disk is full. Refusals say why.
    void close_for_writes(std::string why) { closed_because_ = std::move(why); }
    void open_for_writes() { closed_because_.clear(); }
    // What begins here has to stay in the log: the older of the kept snapshots is replayed from there.
    PhysicalOffset needed_from() const;

    Epoch epoch() const { return epoch_; }
    PhysicalOffset committed() const { return committed_; }
    bool is_poisoned() const { return poisoned_; }
    const GroupProbe& probe() const { return probe_; }
    const EpochTable& epochs() const { return epochs_; }

private:
    struct Waiting {
        PhysicalOffset end;
        Instant since{};
        Settled settled;
    };

    // group.cpp: the append path.
    Result<> check_bound(std::size_t bytes);
    Error refused(Error error);
    void arm();
    void advance();
    void begin_flush();
    void commit(PhysicalOffset end);
    void apply(const model::RecordView& record);
    Result<> fold(const model::RecordView& record, Epoch epoch);
    void settle(Ring<Waiting>& waiting, PhysicalOffset end, Outcome outcome);
    void poison(const Error& error);
    void every(Duration interval, void (Group::*work)(), TimerId& timer);

    // group_start.cpp: start, replay, stop.
    Result<> restore_tables();
    Result<> restore_from_java_files();
    Result<std::string> fingerprint_java_files() const;
    Result<> replay(PhysicalOffset from);
    Result<> begin_epoch();

    // group_upkeep.cpp: what happens from time to time.
    void check_flush_timeouts();
    void flush_in_background();
    void checkpoint();
    void write_changed_tables();
    void write_tables_soon();
    void take_snapshot_if_due();
    Snapshot capture() const;
    void write_next_table();

    GroupConfig config_;
    Runtime runtime_;
    io::FileSystem& files_;
    store::MessageStore& store_;
    std::vector<Table*> tables_;
    Watcher& watcher_;
    AlonePolicy policy_;
    EpochTable epochs_;
    SnapshotFiles snapshots_;
    Epoch epoch_;

    PhysicalOffset committed_;
    Ring<Waiting> promised_waiting_;  // Ends rise: what is committed is a prefix.
    Ring<Waiting> written_waiting_;
    bool armed_{false};
    bool flushing_{false};
    bool poisoned_{false};
    bool stopped_{false};
    std::string closed_because_;

    PhysicalOffset snapshot_at_;
    std::optional<Snapshot> snapshot_pending_;  // Captured, waits until its position is flushed.
    bool snapshot_writing_{false};
    Instant snapshot_time_{};
    bool checkpointing_{false};
    std::vector<std::uint64_t> written_revisions_;  // Of tables_, as their JSON files have them.
    std::vector<std::size_t> tables_to_write_;
    std::unique_ptr<io::File> table_file_;
    TimerId flush_timer_{0};
    TimerId timeout_timer_{0};
    TimerId checkpoint_timer_{0};
    TimerId table_timer_{0};
    TimerId soon_timer_{0};
    bool tables_are_due_{false};
    GroupProbe probe_;
    // Tasks posted by a group that has died meanwhile do nothing.
    std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace tern::replication
