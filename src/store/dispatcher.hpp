// From a committed record to the consume queue and the message index.
#pragma once

#include "model/message_record.hpp"
#include "store/consume_queues.hpp"
#include "store/message_index.hpp"

namespace tern::store {

// Of the string that a record has.
model::IndexedProperties read_indexed_properties(std::string_view properties);

// The hash of the tags; in the delay queues the time of delivery (spec/store.md 3.1).
std::int64_t queue_tag_code(const model::RecordView& record, const model::IndexedProperties& properties,
                            const model::DelayLevels& levels);

class Dispatcher {
public:
    // index may be null: then none is built.
    Dispatcher(const StoreConfig& config, ConsumeQueues& queues, MessageIndex* index, StoreProbe& probe)
        : config_{config}, queues_{queues}, index_{index}, probe_{probe} {}

    // An error is the disk's.
    Result<> dispatch(const model::RecordView& record) {
        return dispatch(record, read_indexed_properties(record.properties));
    }
    // For one who knows them already.
    Result<> dispatch(const model::RecordView& record, const model::IndexedProperties& properties);

private:
    const StoreConfig& config_;
    ConsumeQueues& queues_;
    MessageIndex* index_;
    StoreProbe& probe_;
};

// Whether Java and we give the record a place in its queue: not before a transaction is committed, not when
// it is rolled back, and so not for internal records.
inline bool has_queue_place(const model::RecordView& record) {
    return record.transaction_type() == 0 || record.transaction_type() == model::sys_flag::transaction_commit;
}

}  // namespace tern::store
