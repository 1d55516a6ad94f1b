// Messages as applications see them: to be sent, and received.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "model/host.hpp"
#include "model/message_queue.hpp"
#include "model/message_record.hpp"

namespace tern::client {

struct Message {
    std::string topic{};
    std::string body{};
    std::string tags{};
    std::string keys{};                               // With blanks between.
    std::map<std::string, std::string> properties{};  // The application's own.
    std::int32_t flag{};
    std::int32_t delay_level{};  // 0: at once.
    bool wait_store_ok{true};    // The answer waits for flush and replicas.
};

// Errc::invalid_argument for a topic's name, Errc::message_illegal for a body or properties that no broker
// takes: too large, empty, with the bytes that separate properties.
Result<> check_message(const Message& message);

// The properties as they travel, with the message's unique id (wire-protocol 16.4).
std::string encode_properties(const Message& message, std::string_view unique_id);

// A stored message with memory of its own.
struct ReceivedMessage {
    model::MessageQueue
        queue{};  // As it was pulled from; of a message found otherwise the broker's name is empty.
    QueueOffset queue_offset{};
    PhysicalOffset physical_offset{};
    std::string message_id{};  // The unique id, or the offset id of a message that has none.
    std::string offset_message_id{};
    std::string body{};  // Uncompressed, unless by a method we do not know: then sys_flag says so still.
    std::string properties{};  // As they travel.
    std::int32_t stored_size{};
    std::int32_t body_crc{};
    std::int32_t flag{};
    std::int32_t sys_flag{};
    std::int64_t born_timestamp{};
    model::Host born_host{};
    std::int64_t store_timestamp{};
    model::Host store_host{};
    std::int32_t reconsume_times{};
    std::int64_t prepared_transaction_offset{};

    // What it was sent to; of a message that is consumed again that is not the queue's topic.
    std::string_view topic() const;
    std::optional<std::string_view> property(std::string_view name) const;
    std::string_view tags() const;
    std::string_view keys() const;
};

ReceivedMessage receive(const model::RecordView& record, std::string_view broker_name);

// All records of a pulled body; Errc::malformed for the first that is none.
Result<std::vector<ReceivedMessage>> receive_all(std::string_view records, std::string_view broker_name);

}  // namespace tern::client
