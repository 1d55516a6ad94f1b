// How the commit log takes another's bytes, loses its tail, and lets its oldest segments go.
#include <algorithm>

#include "base/assert.hpp"
#include "store/commit_log.hpp"

namespace tern::store {

Result<CheckedRange> CommitLog::check_range(std::string_view bytes, PhysicalOffset from) const {
    const std::int64_t segment_size = segments_.segment_size();
    CheckedRange range{bytes, from};
    LogEntry entry;
    for (PhysicalOffset at = from; !bytes.empty(); at = entry.next) {
        const auto to_segment_end = static_cast<std::size_t>(segment_size - at.value() % segment_size);
        read_log_entry(bytes.substr(0, to_segment_end), at, segment_size, model::VerifyBody::yes, entry);
        const auto size = static_cast<std::size_t>(entry.next - at);
        if (entry.kind == LogEntry::Kind::nothing || size > bytes.size())
            return failure(Errc::malformed, "range of the log: no whole record at " +
                                                std::to_string(at.value()) + ": " + entry.why);
        if (entry.kind == LogEntry::Kind::record)
            range.newest_timestamp_ = std::max(range.newest_timestamp_, entry.record.store_timestamp);
        range.last_at_ = at;
        bytes.remove_prefix(size);
    }
    return range;
}

Result<> CommitLog::append_raw(const CheckedRange& range) {
    if (poison_)
        return failure(Errc::service_not_available, "the commit log is poisoned: " + poison_->detail);
    if (range.from() != end())
        return failure(Errc::invalid_argument, "range of the log: begins at " +
                                                   std::to_string(range.from().value()) +
                                                   ", the log ends at " + std::to_string(end().value()));
    mark_entry(end());
    for (std::string_view bytes = range.bytes(); !bytes.empty();) {
        if (segments_.empty() || end().value() == segments_.end()) {
            if (auto written = write_pending(); !written) return std::unexpected(written.error());
            if (auto begun = begin_segment(written_.value()); !begun) return std::unexpected(begun.error());
        }
        const auto room = static_cast<std::size_t>(segments_.end() - end().value());
        pending_.append(bytes.substr(0, room));
        bytes.remove_prefix(std::min(room, bytes.size()));
    }
    last_store_timestamp_ = std::max(last_store_timestamp_, range.newest_timestamp_);
    return {};
}

Result<> CommitLog::truncate(PhysicalOffset to) {
    TERN_ASSERT(begin() <= to && to <= end());
    if (poison_) return std::unexpected(*poison_);
    while (!marks_.empty() && marks_.back() >= to) marks_.pop_back();
    if (to >= written_) {
        pending_.truncate(static_cast<std::size_t>(to - written_));
        return {};
    }
    pending_.clear();
    if (auto kept = keep_aside(to, written_); !kept) return kept;
    if (auto discarded = next_.discard(); !discarded) return failed(discarded.error());
    if (auto removed = remove_segments_from(segments_.segment_end(to.value() - 1)); !removed) return removed;
    if (auto cleared = segments_.clear_from(to.value()); !cleared) return failed(cleared.error());
    written_ = zeroed_ = to;
    opened_at_ = std::min(opened_at_, to);
    flushed_ = std::min(flushed_, to);
    sync_covers_ = std::min(sync_covers_, to);
    segments_.mark_unsynced(flushed_.value());
    const auto unsynced = segments_.take_unsynced();
    if (!unsynced) return failed(unsynced.error());
    for (const auto& file : *unsynced) {
        if (auto synced = file->sync_now(); !synced) return failed(synced.error());
    }
    flushed_ = written_;
    if (auto synced = files_.sync_directory(segments_.directory()); !synced) return failed(synced.error());
    return {};
}

// Newest first, and each for good before the next: a loss of power brings back what it likes, and a log with
// a gap is none.
Result<> CommitLog::remove_segments_from(std::int64_t base) {
    while (!segments_.empty() && segments_.end() > base) {
        const std::int64_t last = segments_.end() - segments_.segment_size();
        if (auto cleared = segments_.clear_from(last); !cleared) return failed(cleared.error());
        if (auto synced = files_.sync_directory(segments_.directory()); !synced)
            return failed(synced.error());
    }
    return {};
}

// What a sync under way covers is gone when it ends.
Result<> CommitLog::clear() {
    if (poison_) return std::unexpected(*poison_);
    pending_.clear();
    marks_.clear();
    if (auto discarded = next_.discard(); !discarded) return failed(discarded.error());
    if (auto removed = remove_segments_from(segments_.begin()); !removed) return removed;
    written_ = flushed_ = zeroed_ = sync_covers_ = opened_at_ = PhysicalOffset{0};
    return {};
}

Result<> CommitLog::begin_at(PhysicalOffset at) {
    TERN_ASSERT(segments_.empty() && at.value() % segments_.segment_size() == 0);
    if (auto begun = begin_segment(at.value()); !begun) return failed(begun.error());
    written_ = flushed_ = at;
    return {};
}

// For a person who asks what was lost; nothing of ours reads it.
Result<> CommitLog::keep_aside(PhysicalOffset from, PhysicalOffset to) {
    const std::string directory = config_.root + "/tern";
    const std::string name = "cut-" + segment_name(from.value());
    auto entries = files_.list(directory);
    if (!entries) return std::unexpected(entries.error());
    std::erase_if(*entries, [](const auto& e) { return !e.name.starts_with("cut-"); });
    std::ranges::sort(*entries, {}, [](const auto& e) { return std::pair{e.modified_ms, e.name}; });
    for (std::size_t i = 0; i + kept_cuts_max <= entries->size(); ++i) {
        if (auto removed = files_.remove(directory + "/" + (*entries)[i].name); !removed) return removed;
    }
    auto file = files_.open(directory + "/" + name, io::OpenMode::create_or_truncate);
    if (!file) return std::unexpected(file.error());
    to = std::min(to, from + kept_cut_bytes_max);
    for (PhysicalOffset at = from; at < to;) {
        const auto bytes = segments_.read(at.value());
        if (!bytes) return std::unexpected(bytes.error());
        const auto part = bytes->substr(0, std::min(bytes->size(), static_cast<std::size_t>(to - at)));
        if (auto written = (*file)->write_at(at - from, part); !written) return written;
        at += static_cast<std::int64_t>(part.size());
    }
    return (*file)->sync_now();
}

Result<std::size_t> CommitLog::remove_expired(const RetentionLimits& limits) {
    const auto entries = files_.list(segments_.directory());
    if (!entries) return std::unexpected(entries.error());
    std::size_t removed = 0;
    for (const auto& entry : *entries) {
        const auto base = parse_segment_name(entry.name);
        if (!base || segments_.size() <= 1 || removed == limits.segments_max || *base != segments_.begin())
            continue;
        const std::int64_t behind = *base + segments_.segment_size();
        const bool is_old = limits.now >= entry.modified_ms + limits.reserved_ms;
        if (behind > limits.bound.value() || behind > flushed_.value() ||
            (!is_old && !limits.regardless_of_age))
            break;
        if (auto gone = segments_.remove_below(behind); !gone) return std::unexpected(gone.error());
        ++removed;
        ++probe_.expired_segments;
    }
    return removed;
}

}  // namespace tern::store
