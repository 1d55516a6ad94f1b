// Bytes as stored messages, and as a batch: what is accepted gives the same bytes when it is written again.
#include "model/message_record.hpp"
#include "check.hpp"
#include "model/message_batch.hpp"

namespace tern::model {
namespace {

void check_records(std::string_view bytes) {
    while (const auto record = decode_record(bytes, VerifyBody::no)) {
        TERN_ASSERT(record->bytes.data() == bytes.data() && record->bytes.size() <= bytes.size());
        (void)decode_record(bytes, VerifyBody::yes);
        Buffer out;
        encode_record(out, {.topic = record->topic,
                            .queue_id = record->queue_id,
                            .flag = record->flag,
                            .sys_flag = record->sys_flag,
                            .born_timestamp = record->born_timestamp,
                            .born_host = record->born_host,
                            .store_host = record->store_host,
                            .reconsume_times = record->reconsume_times,
                            .prepared_transaction_offset = record->prepared_transaction_offset,
                            .body = record->body,
                            .properties = record->properties});
        place_record(out.data(), {record->queue_offset, record->physical_offset, record->store_timestamp});
        const auto again = decode_record(out.view(), VerifyBody::yes);
        TERN_ASSERT(again && again->topic == record->topic && again->body == record->body);
        TERN_ASSERT(again->properties == record->properties && again->queue_offset == record->queue_offset);
        bytes.remove_prefix(record->bytes.size());
    }
}

void check_batch(std::string_view bytes) {
    Buffer out;
    BatchReader reader{bytes};
    std::size_t entries = 0;
    for (auto entry = reader.next(); entry && *entry; entry = reader.next()) {
        append_batch_entry(out, **entry);
        ++entries;
    }
    BatchReader again{out.view()};
    for (; entries > 0; --entries) {
        const auto entry = again.next();
        TERN_ASSERT(entry && *entry);
    }
}

}  // namespace
}  // namespace tern::model

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tern::model::check_records(tern::as_bytes(data, size));
    tern::model::check_batch(tern::as_bytes(data, size));
    return 0;
}
