// Entries of consume queues that a disk has changed: the log tells what they were.
#include <algorithm>

#include "store/message_store.hpp"

namespace tern::store {
namespace {

constexpr std::int64_t neighbours_asked = 16;

}  // namespace

MessageStore::Leads MessageStore::where_leads(const ConsumeQueue& queue, QueueOffset at,
                                              const ConsumeQueueEntry& entry, std::string_view bytes) {
    if (!model::is_record_at(bytes, entry.record_size, entry.record_at)) return Leads::nowhere;
    return model::is_message_of(bytes, queue.id(), at) ? Leads::to_its_message : Leads::to_a_record;
}

std::optional<ConsumeQueueEntry> MessageStore::right_entry(const ConsumeQueue& queue, QueueOffset at) const {
    const auto entry = queue.entry(at);
    const auto bytes = entry ? log_->view(entry->record_at, entry->record_size) : std::nullopt;
    if (!bytes || where_leads(queue, at, *entry, *bytes) != Leads::to_its_message) return std::nullopt;
    return entry;
}

Result<ConsumeQueueEntry> MessageStore::mend_entry(const ConsumeQueue& queue, QueueOffset at) {
    const auto lost = [&](std::string_view why) {
        return failure(Errc::query_not_found, "entry " + std::to_string(at.value()) + " of queue " +
                                                  std::to_string(queue.id().value()) + " of topic '" +
                                                  queue.topic() + "': " + std::string{why});
    };
    std::optional<ConsumeQueueEntry> before;
    std::optional<ConsumeQueueEntry> behind;
    for (std::int64_t n = 1; n <= neighbours_asked && !before; ++n) before = right_entry(queue, at - n);
    for (std::int64_t n = 1; n <= neighbours_asked && !behind; ++n) behind = right_entry(queue, at + n);
    const bool is_alone = queue.max() - queue.min() == 1;
    if (!before && !behind && !is_alone) return lost("the entries around it lead nowhere either");
    PhysicalOffset to = behind ? behind->record_at : dispatched_;
    PhysicalOffset from = log_->begin();
    if (before) {
        from = before->record_end();
        to = std::min(to, from + mended_from);
    } else if (to - from > mended_from) {
        from = log_->known_entry_before(to - mended_from);
    }
    std::optional<ConsumeQueueEntry> found;
    const auto scanned = log_->scan(from, to, [&](const model::RecordView& record) -> Result<> {
        if (record.topic != queue.topic() || record.queue_id != queue.id() || record.queue_offset != at ||
            !has_queue_place(record))
            return {};
        const auto tag_code =
            queue_tag_code(record.topic, record.store_timestamp, read_indexed_properties(record.properties),
                           config_.delay_levels);
        found = {record.physical_offset, record.size, tag_code};
        return {};
    });
    if (!found) return scanned ? lost("the log has no such message there") : lost(scanned.error().detail);
    if (auto replaced = queues_.find(queue.topic(), queue.id())->replace(at, *found); !replaced)
        return std::unexpected(replaced.error());
    ++probe_.mended_entries;
    runtime_.log.warning(
        "queue_entry_mended",
        {{"topic", queue.topic()}, {"queue", queue.id().value()}, {"queue_offset", at.value()}});
    return *found;
}

Result<ConsumeQueueEntry> MessageStore::mend_or_keep_entry(const ConsumeQueue& queue, QueueOffset at,
                                                           const ConsumeQueueEntry& entry,
                                                           std::string_view bytes) {
    auto mended = mend_entry(queue, at);
    if (!mended && where_leads(queue, at, entry, bytes) != Leads::nowhere) return entry;
    return mended;
}

}  // namespace tern::store
