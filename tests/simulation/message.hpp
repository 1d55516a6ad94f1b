// The messages of a run: each has a key that names it, and a body that follows from the key, so that what is
// read can be told from what was sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/message_record.hpp"
#include "simulation/history.hpp"

namespace tern::simulation {

// At least as long as the key.
std::string message_body(std::string_view key, std::size_t size);
std::uint32_t body_checksum(std::string_view body);

// Every message has one of a few tags; its key tells which.
std::string message_tag(std::string_view key);

struct MessageProperties {
    std::string_view key;
    std::int32_t delay_level{0};
    bool waits{true};  // For flush and replicas.
};
std::string message_properties(const MessageProperties& properties);

// What a stored record says; the key is empty when it is none of ours.
std::string message_key(const model::RecordView& record);
Reading reading_of(const model::RecordView& record, const std::string& reader);

// One entry of a batch's body (spec/wire-protocol.md 5.2).
void append_batch_entry(std::string& batch, std::string_view body, std::string_view properties);

// The wire's answer to a request that stores something, as its client understands it.
Outcome outcome_of(std::int32_t code);
// Whether stock producers try again after that code.
bool is_retried(std::int32_t code);

}  // namespace tern::simulation
