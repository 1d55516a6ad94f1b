// From a committed record to the consume queue and the message index.
#pragma once

#include <vector>

#include "model/message_record.hpp"
#include "store/consume_queues.hpp"
#include "store/message_index.hpp"

namespace tern::store {

// Of the string that a record has.
model::IndexedProperties read_indexed_properties(std::string_view properties);

// The hash of the tags; in the delay queues the time of delivery (spec/store.md 3.1).
std::int64_t queue_tag_code(std::string_view topic, std::int64_t store_timestamp,
                            const model::IndexedProperties& properties, const model::DelayLevels& levels);

// What queues and index get of a record.
struct DispatchEntry {
    PhysicalOffset record_at;
    std::int32_t size{};
    std::int64_t store_timestamp{};
    QueueRef queue{};  // Null: it has no place in one.
    QueueOffset queue_at;
    std::int64_t tag_code{};
    std::vector<std::int32_t> key_hashes{};  // By which the index finds it.
};

class Dispatcher {
public:
    // index may be null: then none is built.
    Dispatcher(const StoreConfig& config, ConsumeQueues& queues, MessageIndex* index, StoreProbe& probe)
        : config_{config}, queues_{queues}, index_{index}, probe_{probe} {}

    // Fills in what follows from its topic, queue, timestamp and properties.
    void index(std::string_view topic, const model::IndexedProperties& properties, DispatchEntry& entry);
    // Valid until the next call.
    const DispatchEntry& entry_of(const model::RecordView& record);

    // An error is the disk's.
    Result<> dispatch(const DispatchEntry& entry);

private:
    const StoreConfig& config_;
    ConsumeQueues& queues_;
    MessageIndex* index_;
    StoreProbe& probe_;
    DispatchEntry entry_;
};

// Whether Java and we give the record a place in its queue: not before a transaction is committed, not when
// it is rolled back, and so not for internal records.
inline bool has_queue_place(const model::RecordView& record) {
    return record.transaction_type() == 0 || record.transaction_type() == model::sys_flag::transaction_commit;
}

}  // namespace tern::store
