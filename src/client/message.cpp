#include "client/message.hpp"

#include <utility>

#include "client/compressed_body.hpp"
#include "model/message_id.hpp"
#include "model/message_properties.hpp"
#include "model/topic_name.hpp"

namespace tern::client {
namespace {

using model::property_name_end;
using model::property_value_end;

void add_property(std::string& text, std::string_view name, std::string_view value) {
    if (value.empty()) return;  // There is no way to say it.
    text.append(name) += property_name_end;
    text.append(value) += property_value_end;
}

bool separates_properties(std::string_view text) {
    return text.find_first_of("\x01\x02") != std::string_view::npos;
}

}  // namespace

Result<> check_message(const Message& message) {
    if (auto checked = model::check_topic(message.topic); !checked) return checked;
    if (message.body.empty()) return failure(Errc::message_illegal, "the body of a message is empty");
    if (message.body.size() > model::body_size_default_max)
        return failure(Errc::message_illegal, "the body of a message has more than 4 MiB: " +
                                                  std::to_string(message.body.size()) + " bytes");
    bool separated = separates_properties(message.tags) || separates_properties(message.keys);
    for (const auto& [name, value] : message.properties)
        separated = separated || name.empty() || separates_properties(name) || separates_properties(value);
    if (separated)
        return failure(Errc::message_illegal, "a property without a name, or with the bytes 1 or 2 in it");
    const auto size = encode_properties(message, {}).size();
    if (size > model::properties_size_max)
        return failure(Errc::message_illegal,
                       "the properties of a message have more than 32767 bytes: " + std::to_string(size));
    return {};
}

std::string encode_properties(const Message& message, std::string_view unique_id) {
    std::string text;
    for (const auto& [name, value] : message.properties) add_property(text, name, value);
    add_property(text, model::property::keys, message.keys);
    add_property(text, model::property::unique_key, unique_id);
    add_property(text, model::property::wait_store_ok, message.wait_store_ok ? "true" : "false");
    add_property(text, model::property::tags, message.tags);
    if (message.delay_level > 0)
        add_property(text, model::property::delay_level, std::to_string(message.delay_level));
    return text;
}

std::string_view ReceivedMessage::topic() const {
    if (!model::is_retry_topic(queue.topic)) return queue.topic;
    return property(model::property::retry_topic).value_or(queue.topic);
}
std::optional<std::string_view> ReceivedMessage::property(std::string_view name) const {
    return model::find_property(properties, name);
}
std::string_view ReceivedMessage::tags() const {
    return property(model::property::tags).value_or(std::string_view{});
}
std::string_view ReceivedMessage::keys() const {
    return property(model::property::keys).value_or(std::string_view{});
}

ReceivedMessage receive(const model::RecordView& record, std::string_view broker_name) {
    ReceivedMessage message{
        .queue = {std::string{broker_name}, record.queue_id, std::string{record.topic}},
        .queue_offset = record.queue_offset,
        .physical_offset = record.physical_offset,
        .offset_message_id =
            std::string{model::offset_message_id(record.store_host, record.physical_offset).text()},
        .properties = std::string{record.properties},
        .stored_size = record.size,
        .body_crc = record.body_crc,
        .flag = record.flag,
        .sys_flag = record.sys_flag,
        .born_timestamp = record.born_timestamp,
        .born_host = record.born_host,
        .store_timestamp = record.store_timestamp,
        .store_host = record.store_host,
        .reconsume_times = record.reconsume_times,
        .prepared_transaction_offset = record.prepared_transaction_offset,
    };
    message.message_id = message.property(model::property::unique_key).value_or(message.offset_message_id);
    if (auto body = uncompressed(record.body, record.sys_flag)) {
        message.body = std::move(*body);
        message.sys_flag &= ~model::sys_flag::compressed;
    } else {
        message.body = record.body;
    }
    return message;
}

Result<std::vector<ReceivedMessage>> receive_all(std::string_view records, std::string_view broker_name) {
    std::vector<ReceivedMessage> messages;
    while (!records.empty()) {
        const auto record = model::decode_record(records, model::VerifyBody::no);
        if (!record) return std::unexpected{record.error()};
        messages.push_back(receive(*record, broker_name));
        records.remove_prefix(record->bytes.size());
    }
    return messages;
}

}  // namespace tern::client
