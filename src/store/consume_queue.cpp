#include "store/consume_queue.hpp"

#include <cstring>

#include "base/assert.hpp"
#include "store/commit_log.hpp"
#include "store/index_file.hpp"

namespace tern::store {

ConsumeQueue::ConsumeQueue(io::FileSystem& files, std::string directory, std::int64_t file_size,
                           std::string topic, QueueId id, std::size_t number)
    : topic_{std::move(topic)},
      id_{id},
      number_{number},
      index_topic_hash_{store::index_topic_hash(topic_)},
      files_{files},
      segments_{files, std::move(directory), file_size} {
    TERN_ASSERT(file_size % entry_size == 0);
}

Result<ConsumeQueue::Added> ConsumeQueue::append(const ConsumeQueueEntry& entry, QueueOffset at) {
    if (entry.record_end() <= covered_) return Added::repeated;
    Added added = Added::appended;
    if (!has_entries()) {
        if (auto begun = begin_at(at); !begun) return std::unexpected(begun.error());
    } else if (at != max() && is_only_filler()) [[unlikely]] {
        if (auto cleared = clear(covered_); !cleared) return std::unexpected(cleared.error());
        if (auto begun = begin_at(at); !begun) return std::unexpected(begun.error());
    } else if (at != max()) [[unlikely]] {
        if (at.value() != 0 && at < max()) return Added::misplaced;
        added = at.value() == 0 ? Added::restarted : Added::misplaced;
        if (added == Added::restarted) {
            if (auto cleared = clear(covered_); !cleared) return std::unexpected(cleared.error());
        }
    }
    entry.encode(tail_.prepare(entry_size));
    tail_.commit(entry_size);
    covered_ = entry.record_end();
    if (tail_.size() >= batch_size) {
        if (auto written = write_tail(); !written) return std::unexpected(written.error());
    }
    return added;
}

// The first file of a queue that does not begin at 0 holds filler up to its first entry, so that an entry's
// place is always its number times its size; at least one, which says where a queue without entries goes on.
Result<> ConsumeQueue::begin_at(QueueOffset at) {
    written_ = 0;
    min_ = at;
    if (at.value() == 0) return {};
    const std::int64_t end = at.value() * entry_size;
    written_ = segments_.segment_begin(end - entry_size);
    if (auto created = create_file(); !created) return created;
    std::string filler(batch_size / entry_size * entry_size, '\0');
    for (std::size_t i = 0; i < filler.size(); i += entry_size)
        ConsumeQueueEntry::filler().encode(filler.data() + i);
    while (written_ < end) {
        const auto size = std::min<std::int64_t>(static_cast<std::int64_t>(filler.size()), end - written_);
        if (auto filled = segments_.write(written_, {filler.data(), static_cast<std::size_t>(size)}); !filled)
            return filled;
        written_ += size;
    }
    return {};
}

Result<> ConsumeQueue::create_file() {
    if (auto created = files_.create_directories(segments_.directory()); !created) return created;
    return segments_.create(written_);
}

Result<> ConsumeQueue::write_tail() {
    while (!tail_.empty()) {
        if (segments_.empty() || written_ == segments_.end()) {
            if (auto created = create_file(); !created) return created;
        }
        const auto room = static_cast<std::size_t>(segments_.segment_end(written_) - written_);
        const auto part = tail_.view().substr(0, room);
        if (auto written = segments_.write(written_, part); !written) return written;
        written_ += static_cast<std::int64_t>(part.size());
        tail_.consume(part.size());
    }
    return {};
}

Result<> ConsumeQueue::flush() {
    auto written = write_tail();
    tail_.shrink(0);
    return written;
}

Result<ConsumeQueueEntry> ConsumeQueue::read_entry(std::int64_t index) const {
    const std::int64_t place = index * entry_size;
    if (place >= written_) return ConsumeQueueEntry::decode(tail_.view().data() + (place - written_));
    const auto bytes = segments_.read(place);
    if (!bytes) return std::unexpected(bytes.error());
    return ConsumeQueueEntry::decode(bytes->data());
}

std::optional<ConsumeQueueEntry> ConsumeQueue::entry(QueueOffset at) const {
    if (at < min_ || at >= max()) return std::nullopt;
    const auto found = read_entry(at.value());
    if (!found || found->is_filler()) return std::nullopt;
    return *found;
}

Result<> ConsumeQueue::replace(QueueOffset at, const ConsumeQueueEntry& entry) {
    TERN_ASSERT(at >= min_ && at < max());
    char bytes[entry_size];
    entry.encode(bytes);
    const std::int64_t place = at.value() * entry_size;
    if (place < written_) return segments_.write(place, {bytes, entry_size});
    std::memcpy(tail_.data() + (place - written_), bytes, entry_size);
    return {};
}

Result<ConsumeQueueSpan> ConsumeQueue::read(QueueOffset from, std::size_t count) const {
    if (from < min_ || from >= max() || count == 0) return ConsumeQueueSpan{};
    const std::int64_t place = from.value() * entry_size;
    const std::size_t wanted = count * entry_size;
    if (place >= written_)
        return ConsumeQueueSpan{tail_.view().substr(static_cast<std::size_t>(place - written_), wanted)};
    const auto bytes = segments_.read(place);
    if (!bytes) return std::unexpected(bytes.error());
    return ConsumeQueueSpan{bytes->substr(0, std::min(wanted, static_cast<std::size_t>(written_ - place)))};
}

template <class Before>
Result<std::int64_t> ConsumeQueue::partition(std::int64_t low, std::int64_t high, Before before) const {
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        const auto entry = read_entry(middle);
        if (!entry) return std::unexpected(entry.error());
        if (before(*entry)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

QueueOffset ConsumeQueue::offset_by_time(std::int64_t timestamp, TimeBoundary boundary,
                                         const CommitLog& log) const {
    if (min_ >= max()) return QueueOffset{0};
    // Of messages stored at one millisecond LOWER wants the first, UPPER the last.
    const auto found = partition(min_.value(), max().value(), [&](const ConsumeQueueEntry& entry) {
        const auto record = log.record_at(entry.record_at);
        const std::int64_t stored = record ? record->store_timestamp : 0;
        return boundary == TimeBoundary::lower ? stored < timestamp : stored <= timestamp;
    });
    if (!found) return min_;
    if (boundary == TimeBoundary::lower) return QueueOffset{*found};
    return QueueOffset{*found == min_.value() ? 0 : *found - 1};
}

Result<> ConsumeQueue::find_end() {
    constexpr std::int64_t files_looked_at = 3;
    std::int64_t place =
        std::max(segments_.begin(), segments_.end() - files_looked_at * segments_.segment_size());
    written_ = segments_.end();
    for (; place < segments_.end(); place += entry_size) {
        const auto entry = read_entry(place / entry_size);
        if (!entry) return std::unexpected(entry.error());
        if (!entry->is_valid()) break;
    }
    return set_end(place / entry_size);
}

Result<> ConsumeQueue::find_end_below(PhysicalOffset bound, const RecordCheck& names_record) {
    written_ = segments_.end();
    auto end = partition(segments_.begin() / entry_size, segments_.end() / entry_size,
                         [bound](const auto& entry) { return entry.is_valid() && entry.record_at < bound; });
    while (end && names_record && *end > segments_.begin() / entry_size) {
        const auto torn = is_torn(*end - 1, names_record);
        if (!torn) return std::unexpected(torn.error());
        if (!*torn) break;
        --*end;
    }
    if (!end) return std::unexpected(end.error());
    return set_end(*end);
}

// What two writes have left of an entry may lead to a record of this queue by chance, but the entry in front
// of it is then none, or leads behind it.
Result<bool> ConsumeQueue::is_torn(std::int64_t index, const RecordCheck& names_record) const {
    const auto entry = read_entry(index);
    if (!entry) return std::unexpected(entry.error());
    if (entry->is_filler()) return false;
    if (!entry->is_valid() || !names_record(*this, *entry)) return true;
    if (index * entry_size == segments_.begin()) return false;
    const auto before = read_entry(index - 1);
    if (!before) return std::unexpected(before.error());
    return !before->is_filler() &&
           (!before->is_valid() || before->record_at >= entry->record_at || !names_record(*this, *before));
}

// Only the front of a queue is filler: when the last entry is, it has none yet, and goes on from there.
bool ConsumeQueue::is_only_filler() const {
    const std::int64_t last_place = (max().value() - 1) * entry_size;
    if (min_ != max() || !segments_.contains(last_place)) return false;
    const auto last = read_entry(max().value() - 1);
    return last && last->is_filler();
}

Result<> ConsumeQueue::set_end(std::int64_t index) {
    written_ = index * entry_size;
    if (written_ <= segments_.begin()) return clear(PhysicalOffset{0});
    const auto last = read_entry(index - 1);
    if (!last) return std::unexpected(last.error());
    covered_ = last->is_filler() ? PhysicalOffset{0} : last->record_end();
    if (last->is_filler()) min_ = QueueOffset{index};
    return {};
}

Result<> ConsumeQueue::clear_behind_end() {
    if (segments_.empty()) return {};
    return segments_.clear_from(written_);
}

Result<> ConsumeQueue::truncate(PhysicalOffset from) {
    if (covered_ <= from) return {};
    if (auto written = flush(); !written) return written;
    const auto found = partition(segments_.begin() / entry_size, written_ / entry_size,
                                 [from](const auto& entry) { return entry.record_at < from; });
    if (!found) return std::unexpected(found.error());
    if (auto set = set_end(*found); !set) return set;
    return clear_behind_end();
}

Result<> ConsumeQueue::correct_min(PhysicalOffset log_begin) {
    const auto found = partition(
        std::max(segments_.begin() / entry_size, min_.value()), max().value(),
        [log_begin](const auto& entry) { return entry.is_filler() || entry.record_at < log_begin; });
    if (!found) return std::unexpected(found.error());
    min_ = QueueOffset{*found};
    if (segments_.empty()) return {};
    return segments_.remove_below(std::min(*found * entry_size, segments_.end() - segments_.segment_size()));
}

Result<> ConsumeQueue::clear(PhysicalOffset covered) {
    const bool under_way = next_ > max();
    tail_.clear();
    tail_.shrink(0);
    if (auto removed = segments_.remove_all(); !removed) return removed;
    written_ = 0;
    covered_ = covered;
    min_ = QueueOffset{0};
    if (!under_way) next_ = QueueOffset{0};
    return {};
}

}  // namespace tern::store
