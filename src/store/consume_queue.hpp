// One queue of one topic: for each message, in the order of the queue, where in the commit log it lies.
// Derived state: entries gather in memory and are written in batches; what a crash loses is dispatched again
// from the log. docs/formats/consume-queue.md.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "base/buffer.hpp"
#include "base/strong.hpp"
#include "store/consume_queue_entry.hpp"
#include "store/segment_queue.hpp"

namespace tern::store {

class CommitLog;

// Which offset a search by time is after.
enum class TimeBoundary {
    lower,  // The first message stored at or after the time.
    upper,  // The last message stored at or before it.
};

// Owned by one thread. Readable are the entries in [min, max). Spans stay valid until the next call that is
// not const.
class ConsumeQueue {
public:
    ConsumeQueue(io::FileSystem& files, std::string directory, std::int64_t file_size, std::string topic,
                 QueueId id, std::size_t number = 0);

    const std::string& topic() const { return topic_; }
    QueueId id() const { return id_; }
    // Of all queues that the store has known since it was opened; none has that of another.
    std::size_t number() const { return number_; }
    // Of the topic, for the hashes of its messages' keys.
    std::int32_t index_topic_hash() const { return index_topic_hash_; }

    QueueOffset min() const { return min_; }
    QueueOffset max() const {
        return QueueOffset{(written_ + static_cast<std::int64_t>(tail_.size())) / entry_size};
    }
    // The offset that the next append takes: max, and one more for each message in the log that is not
    // dispatched yet.
    QueueOffset next() const { return std::max(next_, max()); }
    QueueOffset take_next() {
        const QueueOffset taken = next();
        next_ = taken + 1;
        return taken;
    }
    void set_next(QueueOffset next) { next_ = next; }
    // Where the record of the last entry ends in the log.
    PhysicalOffset covered() const { return covered_; }
    bool has_entries() const { return !segments_.empty() || !tail_.empty(); }

    enum class Added {
        appended,
        repeated,   // It is there already: dispatching again does no harm.
        restarted,  // Message 0 behind others: the topic was deleted and made anew. The old entries are gone.
        misplaced,  // Out of order. An offset below max is left out, one above it goes to max, as in Java's
                    // queues.
    };
    // Of a queue that has none: its first entry will be that one.
    Result<> begin_at(QueueOffset at);
    // An error leaves the entry in memory and is the disk's.
    Result<Added> append(const ConsumeQueueEntry& entry, QueueOffset at);

    // In place of an entry of [min, max) that is not as it was.
    Result<> replace(QueueOffset at, const ConsumeQueueEntry& entry);

    std::optional<ConsumeQueueEntry> entry(QueueOffset at) const;
    // At most count entries from there on; fewer at the end of a file, so ask again behind them. Empty
    // outside [min, max).
    Result<ConsumeQueueSpan> read(QueueOffset from, std::size_t count) const;
    // RocketMQ's answers (spec/wire-protocol.md 8): of an empty queue 0; LOWER behind the last message gives
    // max, UPPER before the first 0.
    QueueOffset offset_by_time(std::int64_t timestamp, TimeBoundary boundary, const CommitLog& log) const;

    // Writes what has gathered and gives its memory back.
    Result<> flush();
    bool needs_flush() const { return !tail_.empty(); }

    // Finding the end after load(): the first entry that is none, as Java looks for it, or the first at or
    // behind bound, when every entry of a record below bound is known to be durable. Then what lies behind
    // may still be torn into looking like one; names_record, if there is one, tells whether an entry leads to
    // a record of this queue.
    Result<> load(Mending mending) { return segments_.load(mending); }
    Result<> find_end();
    using RecordCheck = std::function<bool(const ConsumeQueue&, const ConsumeQueueEntry&)>;
    Result<> find_end_below(PhysicalOffset bound, const RecordCheck& names_record);
    // Zeros everything behind the end.
    Result<> clear_behind_end();

    // Drops the entries of records that begin at or behind `from`.
    Result<> truncate(PhysicalOffset from);
    // Moves min to the first entry at or behind the log's begin and removes the files that lie wholly below
    // it.
    Result<> correct_min(PhysicalOffset log_begin);
    // Forgets all entries, and takes none of records that end at or before covered. Numbering goes on from
    // next() if messages are under way to the queue, else from 0.
    Result<> clear(PhysicalOffset covered);

    SegmentQueue& segments() { return segments_; }
    const SegmentQueue& segments() const { return segments_; }
    // Whether the queue stands in the list of those to be flushed.
    bool is_listed() const { return is_listed_; }
    void set_listed(bool listed) { is_listed_ = listed; }

    static constexpr std::int64_t entry_size = ConsumeQueueEntry::encoded_size;
    static constexpr std::size_t batch_size = 4096;

private:
    bool is_only_filler() const;
    Result<> write_tail();
    Result<> create_file();
    Result<> set_end(std::int64_t index);
    Result<bool> is_torn(std::int64_t index, const RecordCheck& names_record) const;
    Result<ConsumeQueueEntry> read_entry(std::int64_t index) const;
    // The first index of [low, high) whose entry is not `before`, which holds for a front part of them.
    template <class Before>
    Result<std::int64_t> partition(std::int64_t low, std::int64_t high, Before before) const;

    std::string topic_;
    QueueId id_;
    std::size_t number_;
    std::int32_t index_topic_hash_;
    io::FileSystem& files_;
    SegmentQueue segments_;
    std::int64_t written_{0};  // Bytes of the stream that are in files.
    Buffer tail_;              // And the entries behind them.
    QueueOffset min_;
    QueueOffset next_;
    PhysicalOffset covered_;
    bool is_listed_{false};
};

// A queue that the store knows, to be kept by who uses it often; it lives as long as the store.
using QueueRef = ConsumeQueue*;

}  // namespace tern::store
