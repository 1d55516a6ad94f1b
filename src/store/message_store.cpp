// Appends, dispatch and look-ups of the store.
#include "store/message_store.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "store/sync_in_turn.hpp"

namespace tern::store {
namespace {

// What producers can bring about: more than a record can hold, or a zero where recovery could take it for a
// lost sector.
Result<> check_properties(const model::RecordDraft& draft) {
    if (auto checked = model::check_properties_size(draft.properties.size()); !checked) return checked;
    if (draft.properties.find('\0') == std::string_view::npos) return {};
    return failure(Errc::message_illegal,
                   "a zero byte in the properties of a message to " + std::string{draft.topic});
}

}  // namespace

Result<Placed> MessageStore::append(std::span<const model::RecordDraft> drafts, QueueRef queue,
                                    WallMillis now) {
    TERN_ASSERT(queue != nullptr && !drafts.empty() && !closed_);
    std::size_t bytes = 0;
    for (const auto& draft : drafts) {
        if (auto checked = check_properties(draft); !checked)
            return std::unexpected(std::move(checked.error()));
        bytes += model::record_size(draft);
    }
    if (auto room = log_->ensure_room(bytes); !room) return std::unexpected(std::move(room.error()));
    Placed placed{.record_at = log_->end(), .end = {}, .queue_at = queue->next()};
    for (const auto& draft : drafts) {
        const Placed one = log_->append_to_room(draft, queue->take_next(), now);
        if (draft.indexed != nullptr && draft.is_plain()) note_appended(one, draft, queue);
        placed.end = one.end;
        placed.store_timestamp = one.store_timestamp;
    }
    return placed;
}

void MessageStore::note_appended(const Placed& placed, const model::RecordDraft& draft, QueueRef queue) {
    DispatchEntry& entry = appended_.push_slot();
    entry.record_at = placed.record_at;
    entry.size = static_cast<std::int32_t>(placed.end - placed.record_at);
    entry.store_timestamp = placed.store_timestamp;
    entry.queue = queue;
    entry.queue_at = placed.queue_at;
    dispatcher_.index(draft.topic, *draft.indexed, entry);
}

// To be asked in the order of the log.
const DispatchEntry* MessageStore::appended_at(PhysicalOffset at) {
    while (!appended_.empty() && appended_.front().record_at < at) appended_.drop();
    return !appended_.empty() && appended_.front().record_at == at ? &appended_.front() : nullptr;
}

Result<Placed> MessageStore::append_outside_queues(const model::RecordDraft& draft, WallMillis now) {
    TERN_ASSERT(!closed_);
    if (auto checked = check_properties(draft); !checked) return std::unexpected(std::move(checked.error()));
    return log_->append(draft, QueueOffset{0}, now);
}

Result<> MessageStore::append_raw(const CheckedRange& range) {
    TERN_ASSERT(!closed_);
    return log_->append_raw(range);
}

Result<> MessageStore::dispatch_to(PhysicalOffset committed, DispatchVisitor visit) {
    TERN_ASSERT(committed <= log_->written());
    const auto dispatch = [&](const DispatchEntry& entry, const model::RecordView* record) -> Result<> {
        if (auto dispatched = dispatcher_.dispatch(entry); !dispatched) return poison(dispatched.error());
        last_ = {entry.record_at, entry.store_timestamp};
        dispatched_ = entry.record_at + entry.size;
        const Dispatched shown{entry.record_at, entry.queue, entry.queue_at, entry.tag_code, record};
        if (visit) visit(shown);
        return {};
    };
    while (dispatched_ < committed) {
        if (const DispatchEntry* appended = appended_at(dispatched_)) {
            if (auto dispatched = dispatch(*appended, nullptr); !dispatched) return dispatched;
            continue;
        }
        const auto found = log_->entry_at(dispatched_);
        if (!found) return poison(found.error());
        if (found->kind == LogEntry::Kind::blank) {
            dispatched_ = found->next;
        } else if (auto dispatched = dispatch(dispatcher_.entry_of(found->record), &found->record);
                   !dispatched) {
            return dispatched;
        }
    }
    return {};
}

KeyMatches MessageStore::find_by_key(std::string_view topic, std::string_view key, std::size_t count,
                                     std::int64_t begin, std::int64_t end) const {
    return index_ == nullptr ? KeyMatches{} : index_->find(topic, key, count, begin, end);
}

Result<> MessageStore::delete_topic(std::string_view topic, PhysicalOffset deleted_at) {
    if (auto deleted = queues_.delete_topic(topic, deleted_at); !deleted) return poison(deleted.error());
    return {};
}

// The position goes back before anything else does: while it stands, a start believes what the queues have
// below it.
Result<> MessageStore::truncate(PhysicalOffset to) {
    if (index_ != nullptr) {
        if (auto cut = index_->truncate(to); !cut) return poison(cut.error());
    }
    if (position_.flushed > to) {
        position_.flushed = to;
        if (position_.dispatched > to) {
            position_.dispatched = to;
            position_.last_record = PhysicalOffset{-1};
            if (index_ != nullptr) position_.index = index_->mark();
        }
        if (auto written = write_position_now(); !written) return written;
    }
    if (auto cut = queues_.truncate(to); !cut) return poison(cut.error());
    appended_.clear();
    if (auto cut = log_->truncate(to); !cut) return cut;
    scrub_->forget_from(to);
    if (auto forgotten = checksums_.forget_from(to); !forgotten) return poison(forgotten.error());
    dispatched_ = std::min(dispatched_, to);
    if (last_.record >= to) last_.record = PhysicalOffset{-1};
    recount_next_offsets();
    return {};
}

// In the same order; a start that finds nothing of the log begins anew.
Result<> MessageStore::clear() {
    position_.dispatched = position_.flushed = PhysicalOffset{0};
    position_.last_record = PhysicalOffset{-1};
    position_.queues = 0;
    position_.index = {};
    if (auto written = write_position_now(); !written) return written;
    if (auto cleared = queues_.clear_all(); !cleared) return poison(cleared.error());
    if (auto dropped = queues_.drop_deletions(); !dropped) return poison(dropped.error());
    if (index_ != nullptr) {
        if (auto cleared = index_->clear(); !cleared) return poison(cleared.error());
    }
    appended_.clear();
    if (auto cleared = log_->clear(); !cleared) return cleared;
    scrub_->forget_from(PhysicalOffset{0});
    if (auto forgotten = checksums_.forget_from(PhysicalOffset{0}); !forgotten)
        return poison(forgotten.error());
    dispatched_ = PhysicalOffset{0};
    last_ = {};
    if (checkpoint_ != nullptr) checkpoint_->position = position_;
    return {};
}

// The queues come first, and the position that vouches for them: the segment in its place says that all is
// there.
Result<> MessageStore::begin_at(PhysicalOffset at, std::span<const QueueBegin> queues) {
    for (const auto& queue : queues) {
        if (auto begun = queues_.begin(queue); !begun) return poison(begun.error());
    }
    auto files = queues_.flush();
    if (!files) return poison(files.error());
    if (auto synced = sync_now(*files); !synced) return poison(synced.error());
    if (index_ != nullptr) {
        if (auto gone = index_->take_unsynced(); !gone) return poison(gone.error());
    }
    position_.dispatched = dispatched_ = at;
    position_.queues = queues_.count();
    if (auto written = write_position_now(); !written) return written;
    if (auto begun = log_->begin_at(at); !begun) return begun;
    followed_begin_ = at;
    position_.flushed = at;
    if (checkpoint_ != nullptr) checkpoint_->position = position_;
    recount_next_offsets();
    return {};
}

std::vector<QueueBegin> MessageStore::expired_queues() const {
    std::vector<QueueBegin> expired;
    for (const QueueRef queue : queues_.all()) {
        if (queue->min() == queue->next()) expired.push_back({queue->topic(), queue->id(), queue->next()});
    }
    return expired;
}

// Offsets count at append: those of the records that are not dispatched yet follow from the log.
void MessageStore::recount_next_offsets() {
    for (const QueueRef queue : queues_.everyone()) queue->set_next(QueueOffset{0});
    const auto counted =
        log_->scan(dispatched_, log_->end(), [this](const model::RecordView& record) -> Result<> {
            if (!has_queue_place(record)) return {};
            if (QueueRef queue = queues_.find_or_create(record.topic, record.queue_id))
                queue->set_next(record.queue_offset + 1);
            return {};
        });
    TERN_ASSERT(counted.has_value());
}

Result<std::size_t> MessageStore::remove_expired(RetentionLimits limits) {
    limits.bound = std::min(limits.bound, position_.dispatched);
    auto removed = log_->remove_expired(limits);
    // Segments may be gone although it failed, now or the last time.
    if (auto followed = follow_log_begin(); !followed) return std::unexpected(followed.error());
    return removed;
}

// What leads to messages that are gone goes, too.
Result<> MessageStore::follow_log_begin() {
    const PhysicalOffset begin = log_->begin();
    if (begin == followed_begin_) return {};
    if (auto gone = checksums_.forget_below(begin); !gone) return gone;
    if (auto corrected = queues_.correct_mins(begin); !corrected) return corrected;
    if (index_ != nullptr) {
        if (auto gone = index_->remove_below(begin); !gone) return gone;
    }
    followed_begin_ = begin;
    return {};
}

Result<> MessageStore::remove_expired_entries() {
    return queues_.correct_mins(log_->begin());
}

StoreStatus MessageStore::status() const {
    StoreStatus status{log_->begin(), log_->end(), log_->flushed(), dispatched_, -1, queues_.count(), {}};
    if (const auto oldest = log_->record_at(log_->begin()))
        status.earliest_timestamp = oldest->store_timestamp;
    if (const auto space = files_.space(config_.commit_log_path)) status.space = *space;
    return status;
}

}  // namespace tern::store
