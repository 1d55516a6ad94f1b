#include "simulation/message.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "model/message_properties.hpp"
#include "remoting/response_code.hpp"

namespace tern::simulation {
namespace {

template <class Int>
void append_number(std::string& out, std::type_identity_t<Int> number) {
    char bytes[sizeof(Int)];
    store_be<Int>(bytes, number);
    out.append(bytes, sizeof bytes);
}

}  // namespace

std::string message_body(std::string_view key, std::size_t size) {
    std::string body{key};
    // A pattern of its own for each key, so that a part of another body is never taken for a part of this
    // one.
    std::uint32_t state = crc32(key);
    while (body.size() < size) {
        state = state * 1'664'525U + 1'013'904'223U;
        body.push_back(static_cast<char>(state >> 24));
    }
    return body;
}

std::uint32_t body_checksum(std::string_view body) {
    return crc32(body);
}

std::string message_tag(std::string_view key) {
    return std::string{"Tag"} + static_cast<char>('A' + crc32(key) % 3);
}

std::string message_properties(const MessageProperties& properties) {
    model::PropertyEditor editor;
    editor.set(model::property::keys, properties.key);
    editor.set(model::property::tags, message_tag(properties.key));
    editor.set(model::property::unique_key, properties.key);
    editor.set(model::property::wait_store_ok, properties.waits ? "true" : "false");
    if (properties.delay_level > 0)
        editor.set(model::property::delay_level, std::to_string(properties.delay_level));
    return std::string{editor.view()};
}

std::string message_key(const model::RecordView& record) {
    return std::string{model::find_property(record.properties, model::property::keys).value_or("")};
}

Reading reading_of(const model::RecordView& record, const std::string& reader) {
    return {.reader = reader,
            .place = {{std::string{record.topic}, record.queue_id}, record.queue_offset},
            .key = message_key(record),
            .checksum = body_checksum(record.body),
            .reconsume_times = record.reconsume_times,
            .record_at = record.physical_offset,
            .store_timestamp = record.store_timestamp};
}

void append_batch_entry(std::string& batch, std::string_view body, std::string_view properties) {
    constexpr std::size_t fixed_size = 4 + 4 + 4 + 4 + 4 + 2;
    append_number<std::int32_t>(batch,
                                static_cast<std::int32_t>(fixed_size + body.size() + properties.size()));
    append_number<std::int32_t>(batch, 0);  // Magic and checksum: the broker's business.
    append_number<std::int32_t>(batch, 0);
    append_number<std::int32_t>(batch, 0);  // Flag.
    append_number<std::int32_t>(batch, static_cast<std::int32_t>(body.size()));
    batch += body;
    append_number<std::int16_t>(batch, static_cast<std::int16_t>(properties.size()));
    batch += properties;
}

Outcome outcome_of(std::int32_t code) {
    using enum remoting::ResponseCode;
    switch (static_cast<remoting::ResponseCode>(code)) {
        case success:
            return Outcome::acknowledged;
        case system_busy:
        case request_code_not_supported:
        case message_illegal:
        case service_not_available:
        case no_permission:
        case topic_not_exist:
        case subscription_group_not_exist:
        case invalid_parameter:
            return Outcome::refused;
        default:  // 1, 10, 11, 12 and whatever else: it may be stored.
            return Outcome::unknown;
    }
}

bool is_retried(std::int32_t code) {
    using enum remoting::ResponseCode;
    switch (static_cast<remoting::ResponseCode>(code)) {
        case system_error:
        case system_busy:
        case service_not_available:
        case no_permission:
        case topic_not_exist:
            return true;
        default:
            return false;
    }
}

}  // namespace tern::simulation
