// The append path of the commit log, and its readers.
#include "store/commit_log.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "store/sync_in_turn.hpp"

namespace tern::store {
namespace {

constexpr std::size_t pending_kept_max = 4 * 1024 * 1024;
constexpr std::int64_t write_ahead_step_min = 1024 * 1024;
constexpr std::int64_t write_ahead_step_max = 4 * 1024 * 1024;

}  // namespace

CommitLog::CommitLog(const StoreConfig& config, io::FileSystem& files, Runtime runtime, StoreProbe& probe,
                     Found found)
    : config_{config},
      files_{files},
      runtime_{runtime},
      probe_{probe},
      segments_{std::move(found.segments)},
      next_{files, config.root + "/tern", segments_, config.sync_flush ? write_ahead_step_max : 0},
      opened_at_{found.end},
      written_{found.end},
      flushed_{found.flushed},
      zeroed_{found.end},
      last_store_timestamp_{found.last_store_timestamp} {
    if (flushed_ < written_) segments_.mark_unsynced(flushed_.value());
    if (config_.sync_flush) grow_write_ahead();
}

Result<Placed> CommitLog::append(const model::RecordDraft& draft, QueueOffset queue_at, WallMillis now) {
    if (auto room = ensure_room(model::record_size(draft)); !room)
        return std::unexpected(std::move(room.error()));
    return append_to_room(draft, queue_at, now);
}

Placed CommitLog::append_to_room(const model::RecordDraft& draft, QueueOffset queue_at, WallMillis now) {
    const PhysicalOffset at = end();
    mark_entry(at);
    const std::size_t before = pending_.size();
    const std::size_t size = model::encode_record(pending_, draft);
    last_store_timestamp_ = std::max(last_store_timestamp_, now);
    model::place_record(pending_.data() + before, {queue_at, at, last_store_timestamp_});
    ++probe_.appended_records;
    probe_.appended_bytes += size;
    return Placed{at, at + static_cast<std::int64_t>(size), queue_at, last_store_timestamp_};
}

Result<> CommitLog::ensure_room(std::size_t bytes) {
    if (poison_)
        return failure(Errc::service_not_available, "the commit log is poisoned: " + poison_->detail);
    const std::int64_t needed = static_cast<std::int64_t>(bytes + model::blank_size_min);
    if (needed > segments_.segment_size())
        return failure(Errc::message_illegal, "records of " + std::to_string(bytes) +
                                                  " bytes do not fit a segment of " +
                                                  std::to_string(segments_.segment_size()));
    if (segments_.end() - end().value() >= needed) [[likely]]
        return {};
    return roll();
}

// The next segment comes first: when it cannot be had, nothing has changed.
Result<> CommitLog::roll() {
    if (auto written = write_pending(); !written) return written;
    const PhysicalOffset closed_at = written_;
    const std::int64_t base = segments_.empty() ? written_.value() : segments_.end();
    if (auto begun = begin_segment(base); !begun) return begun;
    if (closed_at.value() == base) return {};
    char blank[model::blank_size_min];
    store_be<std::int32_t>(blank, static_cast<std::int32_t>(base - closed_at.value()));
    store_be<std::uint32_t>(blank + 4, model::blank_magic);
    if (auto closed = segments_.write(closed_at.value(), {blank, sizeof blank}); !closed)
        return failed(closed.error());
    written_ = PhysicalOffset{base};
    return {};
}

Result<> CommitLog::begin_segment(std::int64_t base) {
    if (!next_.is_ready_for(base)) ++probe_.unprepared_rolls;
    auto file = next_.take(base);
    if (!file) return std::unexpected(std::move(file.error()));
    segments_.adopt(base, std::move(*file));
    zeroed_ = PhysicalOffset{base};
    if (config_.sync_flush) zeroed_ += std::min(write_ahead_step_max, segments_.segment_size());
    ++probe_.rolled_segments;
    return {};
}

Result<> CommitLog::write_pending() {
    if (pending_.empty()) return {};
    if (poison_) return std::unexpected(*poison_);
    if (auto written = segments_.write(written_.value(), pending_.view()); !written)
        return failed(written.error());
    ++probe_.log_writes;
    written_ = end();
    pending_.clear();
    pending_.shrink(pending_kept_max);
    const bool half_full = segments_.end() - written_.value() < segments_.segment_size() / 2;
    if (half_full && !next_.is_begun_for(segments_.end())) next_.prepare(segments_.end());
    return {};
}

Result<> CommitLog::mend(PhysicalOffset at, std::string_view bytes) {
    TERN_ASSERT(at >= begin() && at + static_cast<std::int64_t>(bytes.size()) <= written_);
    if (poison_) return std::unexpected(*poison_);
    if (auto written = segments_.write(at.value(), bytes); !written) return failed(written.error());
    return {};
}

std::unexpected<Error> CommitLog::failed(Error error) {
    poison(error);
    return std::unexpected(std::move(error));
}

void CommitLog::sync(io::Done done) {
    if (poison_) return complete_later(runtime_.executor, std::move(done), std::unexpected(*poison_));
    sync_waiting_.push_back(std::move(done));
    if (!sync_in_flight_) begin_sync();
}

void CommitLog::begin_sync() {
    sync_done_.swap(sync_waiting_);
    sync_in_flight_ = true;
    sync_covers_ = written_;
    ++probe_.log_syncs;
    const auto ended = [this, alive = alive_](Result<> synced) {
        if (*alive) end_sync(std::move(synced));
    };
    auto unsynced = segments_.take_unsynced();
    if (!unsynced) return complete_later(runtime_.executor, ended, std::unexpected(unsynced.error()));
    sync_in_turn(std::move(*unsynced), runtime_.executor, ended);
}

void CommitLog::end_sync(Result<> synced) {
    sync_in_flight_ = false;
    if (!synced) poison(synced.error());
    if (poison_) {
        synced = std::unexpected(*poison_);
    } else {
        flushed_ = std::max(flushed_, sync_covers_);
    }
    auto done = std::exchange(sync_done_, {});
    if (!sync_waiting_.empty()) begin_sync();
    for (const auto alive = alive_; io::Done & each : done) {
        each(synced);
        if (!*alive) return;
    }
    // Behind the answers, while the next sync is under way.
    if (config_.sync_flush) grow_write_ahead();
}

Result<> CommitLog::sync_now() {
    if (poison_) return std::unexpected(*poison_);
    if (flushed_ == written_) return {};
    // What a sync under way has taken is synced once more here, because its outcome is not known yet.
    segments_.mark_unsynced(flushed_.value());
    auto unsynced = segments_.take_unsynced();
    if (!unsynced) return failed(unsynced.error());
    if (auto synced = store::sync_now(*unsynced); !synced) return failed(synced.error());
    flushed_ = written_;
    return {};
}

// With zeros written ahead, and those synced along with the records before them, a sync has only data to
// write: no new blocks, no journal. In steps, so that no single sync has much of it.
void CommitLog::grow_write_ahead() {
    if (poison_ || segments_.empty()) return;
    zeroed_ = std::max(zeroed_, end());
    const std::int64_t wanted = std::min(end().value() + config_.write_ahead_bytes, segments_.end());
    const std::int64_t step = std::min(wanted - zeroed_.value(), write_ahead_step_max);
    if (step < write_ahead_step_min && wanted != segments_.end()) return;
    if (step <= 0 || !segments_.write_zeros(zeroed_.value(), step))
        return;  // Not having it costs only speed.
    zeroed_ += step;
}

Result<std::string_view> CommitLog::bytes_at(PhysicalOffset at) const {
    if (at < begin() || at >= end())
        return failure(Errc::query_not_found,
                       "offset " + std::to_string(at.value()) + " is outside the commit log");
    if (at >= written_) return pending_.view().substr(static_cast<std::size_t>(at - written_));
    return segments_.read(at.value());
}

std::optional<std::string_view> CommitLog::view(PhysicalOffset at, std::int64_t size) const {
    const auto bytes = bytes_at(at);
    if (!bytes || size < 0 || at + size > end() || static_cast<std::int64_t>(bytes->size()) < size)
        return std::nullopt;
    return bytes->substr(0, static_cast<std::size_t>(size));
}

Result<LogEntry> CommitLog::entry_at(PhysicalOffset at) const {
    Result<LogEntry> entry{std::in_place};
    entry->next = at;
    if (at == end()) return entry;
    const auto bytes = bytes_at(at);
    if (!bytes) {
        entry = std::unexpected(bytes.error());
        return entry;
    }
    read_log_entry(*bytes, at, segments_.segment_size(), model::VerifyBody::no, *entry);
    if (entry->kind == LogEntry::Kind::nothing)
        entry = failure(Errc::corrupt,
                        "commit log at " + std::to_string(at.value()) + ": no record: " + entry->why);
    return entry;
}

Result<model::RecordView> CommitLog::record_at(PhysicalOffset at) const {
    const auto bytes = bytes_at(at);
    if (!bytes) return std::unexpected(bytes.error());
    auto entry = read_log_entry(*bytes, at, segments_.segment_size(), model::VerifyBody::no);
    if (entry.kind != LogEntry::Kind::record)
        return failure(Errc::malformed,
                       "commit log at " + std::to_string(at.value()) + ": no record: " + entry.why);
    return entry.record;
}

Result<> CommitLog::scan(PhysicalOffset from, PhysicalOffset to,
                         const std::function<Result<>(const model::RecordView&)>& visit) const {
    for (PhysicalOffset at = from; at < to;) {
        const auto entry = entry_at(at);
        if (!entry) return std::unexpected(entry.error());
        if (entry->kind == LogEntry::Kind::record) {
            if (auto visited = visit(entry->record); !visited) return visited;
        }
        at = entry->next;
    }
    return {};
}

void CommitLog::read_cold(PhysicalOffset at, std::size_t size, std::string& out, io::Done done) const {
    TERN_ASSERT(at >= begin() && at + static_cast<std::int64_t>(size) <= written_);
    TERN_ASSERT(at.value() + static_cast<std::int64_t>(size) <= segments_.segment_end(at.value()));
    const auto opened = segments_.file(at.value());
    if (!opened) return complete_later(runtime_.executor, std::move(done), std::unexpected(opened.error()));
    out.resize_and_overwrite(size, [size](char*, std::size_t) { return size; });  // No zeros first.
    auto kept = std::make_unique<std::pair<SharedFile, io::Done>>(*opened, std::move(done));
    kept->first->read(at.value() % segments_.segment_size(), out,
                      [kept = std::move(kept)](Result<> read) { kept->second(std::move(read)); });
}

}  // namespace tern::store
