// The commit log: records one behind the other in segments, the truth that everything else of a broker is
// derived from. Appends gather in memory; write_pending() makes them survive the process, sync() the machine.
// docs/formats/commit-log.md.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "base/runtime.hpp"
#include "store/log_entry.hpp"
#include "store/next_segment.hpp"
#include "store/probe.hpp"
#include "store/segment_queue.hpp"
#include "store/store_config.hpp"

namespace tern::store {

// Where one record, or a batch of them, went: the first's place, the last's end.
struct Placed {
    PhysicalOffset record_at;
    PhysicalOffset end;
    QueueOffset queue_at;
    std::int64_t store_timestamp{};
};

// Which segments may go: the oldest, never the last, and none that reaches above bound.
struct RetentionLimits {
    WallMillis now{};
    std::int64_t reserved_ms{};     // Since the last write to the segment; fileReservedTime.
    PhysicalOffset bound;           // What snapshots and followers still need begins here.
    std::size_t segments_max{10};   // Of one round; deleteFileBatchMax.
    bool regardless_of_age{false};  // The disk is full.
};

// A range of another member's log that CommitLog::check_range() has found good. Valid as long as its bytes
// are.
class CheckedRange {
public:
    std::string_view bytes() const { return bytes_; }
    PhysicalOffset from() const { return from_; }
    PhysicalOffset to() const { return from_ + static_cast<std::int64_t>(bytes_.size()); }
    PhysicalOffset last_at() const { return last_at_; }  // Where its last entry begins.

private:
    friend class CommitLog;
    CheckedRange(std::string_view bytes, PhysicalOffset from) : bytes_{bytes}, from_{from}, last_at_{from} {}

    std::string_view bytes_;
    PhysicalOffset from_;
    PhysicalOffset last_at_;
    std::int64_t newest_timestamp_{0};
};

// Owned by one thread. Views that it gives are valid until the next call that is not const.
class CommitLog {
public:
    // The log as recovery has found it: the last segment's bytes behind end are zeros.
    struct Found {
        SegmentQueue segments;
        PhysicalOffset end;
        PhysicalOffset flushed;  // What is behind it has to be synced once more.
        std::int64_t last_store_timestamp{};
    };

    CommitLog(const StoreConfig& config, io::FileSystem& files, Runtime runtime, StoreProbe& probe,
              Found found);
    ~CommitLog() { *alive_ = false; }
    CommitLog(const CommitLog&) = delete;
    CommitLog& operator=(const CommitLog&) = delete;

    PhysicalOffset begin() const { return segments_.empty() ? end() : PhysicalOffset{segments_.begin()}; }
    PhysicalOffset end() const { return written_ + static_cast<std::int64_t>(pending_.size()); }
    // Below it bytes are in the files and survive the death of the process.
    PhysicalOffset written() const { return written_; }
    // Below it they survive the death of the machine.
    PhysicalOffset flushed() const { return flushed_; }
    std::int64_t last_store_timestamp() const { return last_store_timestamp_; }

    // After a failed write or sync nothing is appended and nothing acknowledged any more.
    bool poisoned() const { return poison_.has_value(); }
    // Says that something else has failed that acknowledgements rest on.
    void poison(const Error& error) {
        if (!poison_) poison_ = error;
    }

    // Appends a record: its store timestamp is the later of now and the previous record's. An error means
    // that it is not in the log: message_illegal when no segment can hold it, service_not_available when the
    // log is poisoned.
    Result<Placed> append(const model::RecordDraft& draft, QueueOffset queue_at, WallMillis now);
    // Rolls to the next segment unless the last one has room for records of this many bytes together; fails
    // as append() does.
    Result<> ensure_room(std::size_t bytes);
    // Appends a record for which ensure_room() has found room.
    Placed append_to_room(const model::RecordDraft& draft, QueueOffset queue_at, WallMillis now);
    // Malformed unless it is whole records, blanks included, that know their places, with bodies of the right
    // checksum.
    Result<CheckedRange> check_range(std::string_view bytes, PhysicalOffset from) const;
    // Appends it as it is; invalid_argument unless it begins at end().
    Result<> append_raw(const CheckedRange& range);

    // One gathered write of all that was appended.
    Result<> write_pending();
    // Makes durable what is written now. A call while a sync is under way waits for the next one, which
    // covers what is written when it starts. done runs later.
    void sync(io::Done done);
    Result<> sync_now();
    bool sync_in_flight() const { return sync_in_flight_; }

    // The record's bytes, wherever they are; nothing when they are outside the log.
    std::optional<std::string_view> view(PhysicalOffset at, std::int64_t size) const;
    // query_not_found outside the log, malformed where no record begins.
    Result<model::RecordView> record_at(PhysicalOffset at) const;
    // A record, a blank, or nothing at the log's end. Errc::corrupt for what cannot be read before it.
    Result<LogEntry> entry_at(PhysicalOffset at) const;
    // Calls visit for the records that begin in [from, to), in order, until one fails.
    Result<> scan(PhysicalOffset from, PhysicalOffset to,
                  const std::function<Result<>(const model::RecordView&)>& visit) const;
    // Whole entries, blanks included, that lie one behind the other in one segment.
    struct Range {
        std::string_view bytes{};
        PhysicalOffset last_at;  // Where the last of them begins.
    };
    // Those from `from` on, the start of one, in at most limit bytes, but at least one.
    Result<Range> entries_from(PhysicalOffset from, std::int64_t limit) const;
    // Where the entry that ends there begins; query_not_found when none ends there, as at the log's begin.
    Result<PhysicalOffset> entry_before(PhysicalOffset end) const;
    // Where an entry begins that lies before that place and is known without reading: the begin of its
    // segment at worst, and of the log.
    PhysicalOffset known_entry_before(PhysicalOffset end) const;
    // Makes entries in [from, to) known, `from` one of them. Where the first one at `to` or behind it begins.
    Result<PhysicalOffset> mark_entries(PhysicalOffset from, PhysicalOffset to);
    // CRC-32 of the entry that begins there: of a record's bytes, of a blank's first eight.
    Result<std::uint32_t> entry_checksum(PhysicalOffset at) const;
    PhysicalOffset segment_begin(PhysicalOffset at) const {
        return PhysicalOffset{segments_.segment_begin(at.value())};
    }
    PhysicalOffset segment_end(PhysicalOffset at) const {
        return PhysicalOffset{segments_.segment_end(at.value())};
    }
    // Whether reading there will hardly wait for the disk.
    bool is_hot(PhysicalOffset at) const { return written_ - at <= config_.hot_bytes; }
    // Whether so many bytes may lie there: written, and in one segment.
    bool may_hold(PhysicalOffset at, std::int64_t size) const {
        return at >= begin() && size > 0 && size <= written_ - at && at + size <= segment_end(at);
    }
    // What lies below is from earlier processes.
    PhysicalOffset opened_at() const { return opened_at_; }
    // Reads without waiting. out must live until done runs; the range lies in one segment and is written.
    void read_cold(PhysicalOffset at, std::size_t size, std::string& out, io::Done done) const;

    // Writes bytes of the log anew, because the disk has changed them; a sync makes them durable. They lie in
    // one segment and are written.
    Result<> mend(PhysicalOffset at, std::string_view bytes);

    // Cuts off what begins at or behind `to`, the end of a record. What was written there is kept aside in a
    // file of our own directory, as far as kept_cut_bytes_max. Waits for the disk.
    Result<> truncate(PhysicalOffset to);
    static constexpr std::int64_t kept_cut_bytes_max = 256 * 1024 * 1024;
    static constexpr std::size_t kept_cuts_max = 8;

    // Removes all segments, newest first. Waits for the disk.
    Result<> clear();
    // After clear(): the log is empty and goes on there, at the begin of a segment. Waits for the disk.
    Result<> begin_at(PhysicalOffset at);

    // Removes the oldest segments as the limits allow; how many.
    Result<std::size_t> remove_expired(const RetentionLimits& limits);
    // Removes a segment that was made ahead: a clean stop leaves none, as Java's.
    Result<> discard_next_segment() { return next_.discard(); }
    void release_idle() { segments_.release_idle(); }

private:
    Result<> roll();
    Result<> begin_segment(std::int64_t base);
    std::unexpected<Error> failed(Error error);
    void begin_sync();
    void end_sync(Result<> synced);
    void grow_write_ahead();
    Result<std::string_view> bytes_at(PhysicalOffset at) const;
    Result<std::int64_t> entry_size(std::string_view bytes, PhysicalOffset at) const;
    void mark_entry(PhysicalOffset at);
    Result<> remove_segments_from(std::int64_t base);
    Result<> keep_aside(PhysicalOffset from, PhysicalOffset to);

    const StoreConfig& config_;
    io::FileSystem& files_;
    Runtime runtime_;
    StoreProbe& probe_;
    SegmentQueue segments_;
    NextSegment next_;

    PhysicalOffset opened_at_;
    Buffer pending_;  // Of one segment, behind written_.
    PhysicalOffset written_;
    PhysicalOffset flushed_;
    PhysicalOffset zeroed_;  // With sync_flush: zeros are written up to here.
    std::int64_t last_store_timestamp_;
    std::optional<Error> poison_;

    std::vector<PhysicalOffset> marks_;  // Of some entries, where they begin, rising.
    bool sync_in_flight_{false};
    PhysicalOffset sync_covers_;
    std::vector<io::Done> sync_done_;
    std::vector<io::Done> sync_waiting_;
    std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace tern::store
