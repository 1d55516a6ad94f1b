// Appends, dispatch and look-ups of the store.
#include "store/message_store.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace tern::store {
namespace {

// A zero where recovery could take it for a lost sector.
Result<> check_text(const model::RecordDraft& draft) {
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
        if (auto checked = check_text(draft); !checked) return std::unexpected(std::move(checked.error()));
        bytes += model::record_size(draft);
    }
    if (auto room = log_->ensure_room(bytes); !room) return std::unexpected(std::move(room.error()));
    Placed placed{.record_at = log_->end(), .end = {}, .queue_at = queue->next()};
    for (const auto& draft : drafts) {
        const auto one = log_->append(draft, queue->next(), now);
        TERN_ASSERT(one.has_value());
        queue->take_next(1);
        if (draft.indexed != nullptr) known_.add(one->record_at, draft);
        placed.end = one->end;
        placed.store_timestamp = one->store_timestamp;
    }
    return placed;
}

Result<Placed> MessageStore::append_outside_queues(const model::RecordDraft& draft, WallMillis now) {
    TERN_ASSERT(!closed_);
    if (auto checked = check_text(draft); !checked) return std::unexpected(std::move(checked.error()));
    return log_->append(draft, QueueOffset{0}, now);
}

Result<> MessageStore::append_raw(std::string_view bytes, PhysicalOffset at) {
    TERN_ASSERT(!closed_);
    return log_->append_raw(bytes, at);
}

Result<> MessageStore::dispatch_to(PhysicalOffset committed, RecordVisitor visit) {
    TERN_ASSERT(committed <= log_->written());
    // An empty log may have begun at a later segment than the first: append_raw.
    dispatched_ = std::max(dispatched_, std::min(log_->begin(), committed));
    while (dispatched_ < committed) {
        const auto entry = log_->entry_at(dispatched_);
        if (!entry) return poison(entry.error());
        if (entry->kind == LogEntry::Kind::record) {
            const auto known = known_.take(entry->record);
            auto dispatched =
                known ? dispatcher_.dispatch(entry->record, *known) : dispatcher_.dispatch(entry->record);
            if (!dispatched) return poison(dispatched.error());
            last_ = {dispatched_, entry->record.store_timestamp};
        }
        dispatched_ = entry->next;
        if (visit && entry->kind == LogEntry::Kind::record) visit(entry->record);
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
        // The slot that a checkpoint under way has written must be durable before the other is touched.
        if (auto synced = position_file_->file()->sync_now(); !synced) return poison(synced.error());
        if (auto written = position_file_->write(position_); !written) return poison(written.error());
        if (auto synced = position_file_->file()->sync_now(); !synced) return poison(synced.error());
    }
    if (auto cut = queues_.truncate(to); !cut) return poison(cut.error());
    known_.clear();
    if (auto cut = log_->truncate(to); !cut) return cut;
    dispatched_ = std::min(dispatched_, to);
    if (last_.record >= to) last_.record = PhysicalOffset{-1};
    recount_next_offsets();
    return {};
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
    if (!removed || *removed == 0) return removed;
    if (auto corrected = queues_.correct_mins(log_->begin()); !corrected)
        return std::unexpected(corrected.error());
    if (index_ != nullptr) {
        if (auto gone = index_->remove_below(log_->begin()); !gone) return std::unexpected(gone.error());
    }
    return removed;
}

StoreStatus MessageStore::status() const {
    StoreStatus status{log_->begin(), log_->end(), log_->flushed(), dispatched_, -1, queues_.count(), {}};
    if (const auto oldest = log_->record_at(log_->begin()))
        status.earliest_timestamp = oldest->store_timestamp;
    if (const auto space = files_.space(config_.commit_log_path)) status.space = *space;
    return status;
}

}  // namespace tern::store
