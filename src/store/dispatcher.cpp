#include "store/dispatcher.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/message_properties.hpp"
#include "model/tag_filter.hpp"
#include "model/topic_name.hpp"

namespace tern::store {

DispatchProperties read_dispatch_properties(std::string_view properties) {
    DispatchProperties found;
    model::for_each_property(properties, [&found](std::string_view name, std::string_view value) {
        if (name == model::property::tags) found.tags = value;
        if (name == model::property::keys) found.keys = value;
        if (name == model::property::unique_key) found.unique_key = value;
        if (name == model::property::delay_level) found.delay_level = value;
    });
    return found;
}

std::int64_t queue_tag_code(const model::RecordView& record, const DispatchProperties& properties,
                            const model::DelayLevels& levels) {
    if (record.topic == model::topic::schedule && levels.max() > 0) {
        const std::int32_t level =
            levels.clamp(parse_number<std::int32_t>(properties.delay_level).value_or(0));
        if (level > 0) return record.store_timestamp + levels.delay_ms(level);
    }
    return model::tag_code(properties.tags);
}

Result<> Dispatcher::dispatch(const model::RecordView& record) {
    ++probe_.dispatched_records;
    if (record.transaction_type() == model::sys_flag::transaction_rollback) return {};
    const DispatchProperties properties = read_dispatch_properties(record.properties);
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
