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

std::int64_t queue_tag_code(const model::RecordView& record, const model::IndexedProperties& properties,
                            const model::DelayLevels& levels) {
    if (record.topic == model::topic::schedule && levels.max() > 0) {
        const std::int32_t level =
            levels.clamp(parse_number<std::int32_t>(properties.delay_level).value_or(0));
        if (level > 0) return record.store_timestamp + levels.delay_ms(level);
    }
    return model::tag_code(properties.tags);
}

Result<> Dispatcher::dispatch(const model::RecordView& record, const model::IndexedProperties& properties) {
    ++probe_.dispatched_records;
    if (record.transaction_type() == model::sys_flag::transaction_rollback) return {};
    if (has_queue_place(record)) {
        if (QueueRef queue = queues_.find_or_create(record.topic, record.queue_id)) {
            const ConsumeQueueEntry entry{record.physical_offset, record.size,
                                          queue_tag_code(record, properties, config_.delay_levels)};
            if (auto added = queues_.append(*queue, entry, record.queue_offset); !added) return added;
        } else {
            ++probe_.undispatchable_records;
        }
    }
    if (index_ == nullptr) return {};
    return index_->add(record.topic, properties.unique_key, properties.keys, record.physical_offset,
                       record.store_timestamp);
}

}  // namespace tern::store
