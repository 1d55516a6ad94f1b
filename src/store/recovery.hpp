// Finds out how an earlier process left the store: where the log ends, what of queues and index is to be
// believed, and what has to be dispatched again. docs/formats/position.md has the rules, spec/store.md 9
// those of Java.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/block_checksums.hpp"
#include "store/checkpoint_file.hpp"
#include "store/commit_log.hpp"
#include "store/dispatcher.hpp"
#include "store/position_file.hpp"
#include "store/recovery_report.hpp"
#include "store/session_marks.hpp"

namespace tern::store {

// The last record that queues and index have.
struct LastDispatched {
    PhysicalOffset record{-1};
    std::int64_t store_timestamp{0};
};

struct Recovered {
    CommitLog::Found log;
    PhysicalOffset dispatched;  // Queues and index have what begins below.
    LastDispatched last;
    StorePosition position;  // What is durable of it.
    bool settle{false};      // All of it has to be made durable before anything else.
    RecoveryReport report;
};

// For one start. The files of the parts are not loaded yet.
class Recovery {
public:
    struct Parts {
        const StoreConfig& config;
        io::FileSystem& files;
        ConsumeQueues& queues;
        MessageIndex* index;  // May be null.
        Dispatcher& dispatcher;
        PositionFile& position;
        const CheckpointFile& checkpoint;
        BlockChecksums& checksums;
    };

    Recovery(const Parts& parts, SessionMarks marks, std::uint64_t session);

    // Errc::corrupt when bytes are missing that were acknowledged as flushed: a start must not hide it.
    Result<Recovered> run();

private:
    void classify();
    Result<> check_lengths() const;
    Result<> load();
    Result<> recover_nothing();
    Result<> recover_by_position();
    Result<> recover_whole_log();
    Result<> recover_as_java();
    // Empty when the position fits what lies on the disk.
    Result<std::string> contradiction();
    bool is_entry_of(const ConsumeQueue& queue, const ConsumeQueueEntry& entry) const;
    Result<> claim(StorePosition position);
    Result<PhysicalOffset> java_start(PhysicalOffset dispatched) const;
    Result<> scan(PhysicalOffset from, PhysicalOffset dispatch_from, bool dispatch);
    std::string doubt(const model::RecordView& record) const;
    Result<> check_blocks(PhysicalOffset from, PhysicalOffset to);
    Result<std::optional<PhysicalOffset>> changed_block(PhysicalOffset from, PhysicalOffset to) const;
    Result<> check_flushed() const;
    Result<> cut(bool clear);
    Result<> rewrite_unflushed();
    StorePosition lengths() const;

    Parts parts_;
    SessionMarks marks_;
    std::uint64_t session_;
    SegmentQueue segments_;
    std::optional<StorePosition> known_;  // The position that can be trusted.
    Mending mending_{Mending::none};

    PhysicalOffset end_;
    PhysicalOffset flushed_;
    std::int64_t last_store_timestamp_{0};
    PhysicalOffset dispatched_;
    LastDispatched last_;
    StorePosition position_;
    bool settle_{false};
    PhysicalOffset checked_blocks_;  // Up to there.
    RecoveryReport report_;
};

}  // namespace tern::store
