#include "replication/internal_record.hpp"

#include "json/fields.hpp"

namespace tern::replication {

bool is_internal(const model::RecordView& record) {
    return record.transaction_type() == model::sys_flag::transaction_rollback &&
           record.topic == internal_topic;
}

std::string encode_internal(const InternalRecord& change) {
    return json::encode(change);
}

Result<InternalRecord> decode_internal(std::string_view body, std::int32_t known_level) {
    auto change = json::decode<InternalRecord>(body, json::own_text);
    if (change && change->level > known_level)
        return failure(Errc::not_supported, "internal record of feature level " +
                                                std::to_string(change->level) +
                                                ", this program knows up to " + std::to_string(known_level) +
                                                ": run a newer version");
    return change;
}

model::RecordDraft internal_draft(std::string_view body, const model::Host& store_host, std::int64_t now_ms) {
    model::RecordDraft draft;
    draft.topic = internal_topic;
    draft.sys_flag = model::sys_flag::transaction_rollback;
    draft.born_timestamp = now_ms;
    draft.born_host = store_host;
    draft.store_host = store_host;
    draft.body = body;
    return draft;
}

}  // namespace tern::replication
