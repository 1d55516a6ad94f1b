// The bytes that the commit log keeps and a pull returns: RocketMQ's stored message, version 1 and 2.
// docs/formats/message-record.md is the specification (spec/store.md 2.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "model/host.hpp"

namespace tern::model {

inline constexpr std::uint32_t record_magic_v1 = 0xDAA320A7U;
inline constexpr std::uint32_t record_magic_v2 = 0xDAA320ABU;  // The topic's length takes two bytes.
inline constexpr std::uint32_t blank_magic = 0xCBD43194U;  // Closes a segment: int32 size, this, anything.
inline constexpr std::size_t blank_size_min = 8;           // Always left free at a segment's end.

inline constexpr std::size_t properties_size_max = 32'767;
inline constexpr std::size_t body_size_default_max = 4 * 1024 * 1024;
// What a record may take beside its body (RocketMQ adds 64 KiB).
inline constexpr std::size_t record_overhead_max = 65'536;

// sysFlag bits, spec/store.md 2.2.
namespace sys_flag {
inline constexpr std::int32_t compressed = 0x1;
inline constexpr std::int32_t multi_tags = 0x2;
inline constexpr std::int32_t transaction_mask = 0xC;
inline constexpr std::int32_t transaction_prepared = 0x4;
inline constexpr std::int32_t transaction_commit = 0x8;
inline constexpr std::int32_t transaction_rollback = 0xC;
inline constexpr std::int32_t born_host_v6 = 0x10;
inline constexpr std::int32_t store_host_v6 = 0x20;
inline constexpr std::int32_t inner_batch = 0x80;
}  // namespace sys_flag

// What of a message's properties the queues and the index are made from.
struct IndexedProperties {
    std::string_view tags;
    std::string_view keys;
    std::string_view unique_key;
    std::string_view delay_level;
};

inline constexpr std::size_t fixed_size_v4 = 91;  // Both hosts IPv4, version 1, no body, topic or properties.

namespace detail {
bool needs_v2(std::string_view topic);
}

// A message about to be stored. Everything but the three places that only the append knows.
struct RecordDraft {
    std::string_view topic;
    QueueId queue_id;
    std::int32_t flag{};
    std::int32_t sys_flag{};  // The host bits are set by the encoder.
    std::int64_t born_timestamp{};
    Host born_host;
    Host store_host;
    std::int32_t reconsume_times{};
    std::int64_t prepared_transaction_offset{};
    std::string_view body;
    std::string_view properties;
    const IndexedProperties* indexed{};  // Views into the properties, of one who has read them already.

    // Nothing but a message: no part of a transaction, no progress with it.
    bool is_plain() const {
        return (sys_flag & sys_flag::transaction_mask) == 0 && prepared_transaction_offset == 0;
    }

    // A topic of more than 127 UTF-16 units takes version 2; its UTF-8 is at least as long.
    bool needs_v2() const { return topic.size() > 127 && detail::needs_v2(topic); }
};

// Errc::message_illegal when no record can hold them; whoever adds to a producer's asks again behind it.
inline Result<> check_properties_size(std::size_t size) {
    if (size <= properties_size_max) [[likely]]
        return {};
    return failure(Errc::message_illegal, "message properties of " + std::to_string(size) +
                                              " bytes are longer than " +
                                              std::to_string(properties_size_max));
}

// What the append decides. The places in an encoded record where it goes are fixed for a given sysFlag.
struct RecordPlacement {
    QueueOffset queue_offset;
    PhysicalOffset physical_offset;
    std::int64_t store_timestamp{};
};

// The size that encode_record will append.
inline std::size_t record_size(const RecordDraft& draft) {
    return fixed_size_v4 + (draft.born_host.is_v6() ? 12U : 0U) + (draft.store_host.is_v6() ? 12U : 0U) +
           (draft.needs_v2() ? 1U : 0U) + draft.body.size() + draft.topic.size() + draft.properties.size();
}

// Appends the record with zeros for its placement; place_record fills them in. Gives its size.
std::size_t encode_record(Buffer& out, const RecordDraft& draft);
void place_record(char* record, const RecordPlacement& placement);

// Whether bytes begin with a record of that size that says it lies at that place of the log.
bool is_record_at(std::string_view bytes, std::int32_t size, PhysicalOffset at);
// Of such a record: whether it says it is that message of a queue with that id.
bool is_message_of(std::string_view record, QueueId queue, QueueOffset at);

// A stored record, with views into its bytes.
struct RecordView {
    std::int32_t size{};
    std::uint32_t magic{};
    std::int32_t body_crc{};
    QueueId queue_id;
    std::int32_t flag{};
    QueueOffset queue_offset;
    PhysicalOffset physical_offset;
    std::int32_t sys_flag{};
    std::int64_t born_timestamp{};
    Host born_host;
    std::int64_t store_timestamp{};
    Host store_host;
    std::int32_t reconsume_times{};
    std::int64_t prepared_transaction_offset{};
    std::string_view body;
    std::string_view topic;
    std::string_view properties;
    std::string_view bytes;  // The whole record.

    std::int32_t transaction_type() const { return sys_flag & sys_flag::transaction_mask; }
};

// Decodes the record at the front of bytes (more may follow). Errc::malformed when the parts do not add up to
// its size, the magic is unknown or bytes are too short. verify_body also compares the body's checksum:
// Errc::corrupt.
enum class VerifyBody { no, yes };
Result<RecordView> decode_record(std::string_view bytes, VerifyBody verify_body);
// The same, to where the record is wanted; after an error there is anything.
Result<> decode_record(std::string_view bytes, VerifyBody verify_body, RecordView& record);

// The size and the magic at the front of bytes, if there are eight: to tell a record, a blank and the end
// apart.
struct RecordPreamble {
    std::int32_t size{};
    std::uint32_t magic{};
};
inline std::optional<RecordPreamble> read_record_preamble(std::string_view bytes) {
    if (bytes.size() < 8) return std::nullopt;
    return RecordPreamble{load_be<std::int32_t>(bytes.data()), load_be<std::uint32_t>(bytes.data() + 4)};
}

}  // namespace tern::model
