#include "store/dispatcher.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/message_properties.hpp"
#include "model/tag_filter.hpp"
#include "model/topic_name.hpp"

namespace tern::store {

model::IndexedProperties read_indexed_properties(std::string_view properties) {
    model::IndexedProperties found;
    for_each_part<model::property_value_end>(properties, [&found](std::string_view entry) {
        const auto take = [entry](std::string_view name, std::string_view& into) {
            const auto value = model::value_if(name, entry);
            if (!value.empty()) into = value;
        };
        take(model::property::tags, found.tags);
        take(model::property::keys, found.keys);
        take(model::property::unique_key, found.unique_key);
        take(model::property::delay_level, found.delay_level);
    });
    return found;
}

std::int64_t queue_tag_code(std::string_view topic, std::int64_t store_timestamp,
                            const model::IndexedProperties& properties, const model::DelayLevels& levels) {
    if (topic == model::topic::schedule && levels.max() > 0) {
        const std::int32_t level =
            levels.clamp(parse_number<std::int32_t>(properties.delay_level).value_or(0));
        if (level > 0) return store_timestamp + levels.delay_ms(level);
    }
    return model::tag_code(properties.tags);
}

void Dispatcher::index(std::string_view topic, const model::IndexedProperties& properties,
                       DispatchEntry& entry) {
    entry.tag_code = queue_tag_code(topic, entry.store_timestamp, properties, config_.delay_levels);
    entry.key_hashes.clear();
    if (index_ == nullptr) return;
    const std::int32_t topic_hash =
        entry.queue != nullptr ? entry.queue->index_topic_hash() : index_topic_hash(topic);
    add_key_hashes(topic_hash, properties.unique_key, properties.keys, entry.key_hashes);
}

const DispatchEntry& Dispatcher::entry_of(const model::RecordView& record) {
    entry_.record_at = record.physical_offset;
    entry_.size = record.size;
    entry_.store_timestamp = record.store_timestamp;
    entry_.queue = nullptr;
    entry_.queue_at = record.queue_offset;
    entry_.key_hashes.clear();
    if (record.transaction_type() == model::sys_flag::transaction_rollback) return entry_;
    if (has_queue_place(record)) {
        entry_.queue = queues_.find_or_create(record.topic, record.queue_id);
        if (entry_.queue == nullptr) ++probe_.undispatchable_records;
    }
    index(record.topic, read_indexed_properties(record.properties), entry_);
    return entry_;
}

Result<> Dispatcher::dispatch(const DispatchEntry& entry) {
    ++probe_.dispatched_records;
    if (entry.queue != nullptr) {
        if (auto added =
                queues_.append(*entry.queue, {entry.record_at, entry.size, entry.tag_code}, entry.queue_at);
            !added)
            return added;
    }
    if (entry.key_hashes.empty()) return {};
    return index_->add(entry.key_hashes, entry.record_at, entry.store_timestamp);
}

}  // namespace tern::store
