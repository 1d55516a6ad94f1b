#include "model/message_record.hpp"

#include <cstring>

#include "base/assert.hpp"
#include "base/hash.hpp"

namespace tern::model {
namespace {

// Where the fields of a record begin; those behind the born host move by its size.
namespace place {
constexpr std::size_t body_crc = 8;
constexpr std::size_t queue_id = 12;
constexpr std::size_t flag = 16;
constexpr std::size_t queue_offset = 20;
constexpr std::size_t physical_offset = 28;
constexpr std::size_t sys_flag = 36;
constexpr std::size_t born_timestamp = 40;
constexpr std::size_t born_host = 48;
constexpr std::size_t after_hosts =
    8 + 4 + 8;  // Store timestamp, reconsume times, prepared transaction offset.
}  // namespace place

constexpr std::size_t fixed_size_v4 =
    91;  // Both hosts IPv4, version 1, nothing in body, topic and properties.
static_assert(place::born_host + 8 + 8 + place::after_hosts + 4 + 1 + 2 == fixed_size_v4);

std::size_t host_size(std::int32_t flags, std::int32_t bit) {
    return (flags & bit) != 0 ? 20 : 8;
}

// A topic of more than 127 UTF-16 units takes version 2; its UTF-8 is at least as long, so the cheap test
// comes first.
bool needs_v2(std::string_view topic) {
    if (topic.size() <= 127) return false;
    std::size_t units = 0;
    for (const char c : topic) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0 ? 2 : 1;
    }
    return units > 127 || topic.size() > 255;
}

}  // namespace

std::size_t record_size(const RecordDraft& draft) {
    return fixed_size_v4 + (draft.born_host.is_v6() ? 12U : 0U) + (draft.store_host.is_v6() ? 12U : 0U) +
           (needs_v2(draft.topic) ? 1U : 0U) + draft.body.size() + draft.topic.size() +
           draft.properties.size();
}

void encode_record(Buffer& out, const RecordDraft& draft) {
    const std::size_t size = record_size(draft);
    TERN_ASSERT(draft.properties.size() <= properties_size_max && size <= INT32_MAX);
    const bool v2 = needs_v2(draft.topic);
    char* at = out.prepare(size);
    const char* const begin = at;
    const auto put = [&at]<class Int>(Int value) {
        store_be<Int>(at, value);
        at += sizeof(Int);
    };
    const auto put_bytes = [&at](std::string_view bytes) {
        if (bytes.empty()) return;
        std::memcpy(at, bytes.data(), bytes.size());
        at += bytes.size();
    };
    const auto put_host = [&at](const Host& host) {
        host.encode(at);
        at += host.encoded_size();
    };
    const std::int32_t hosts = (draft.born_host.is_v6() ? sys_flag::born_host_v6 : 0) |
                               (draft.store_host.is_v6() ? sys_flag::store_host_v6 : 0);
    put(static_cast<std::int32_t>(size));
    put(v2 ? record_magic_v2 : record_magic_v1);
    put(crc32_masked(draft.body));
    put(draft.queue_id.value());
    put(draft.flag);
    put(std::int64_t{0});  // Queue offset.
    put(std::int64_t{0});  // Physical offset.
    put((draft.sys_flag & ~(sys_flag::born_host_v6 | sys_flag::store_host_v6)) | hosts);
    put(draft.born_timestamp);
    put_host(draft.born_host);
    put(std::int64_t{0});  // Store timestamp.
    put_host(draft.store_host);
    put(draft.reconsume_times);
    put(draft.prepared_transaction_offset);
    put(static_cast<std::int32_t>(draft.body.size()));
    put_bytes(draft.body);
    if (v2) {
        put(static_cast<std::int16_t>(draft.topic.size()));
    } else {
        put(static_cast<std::uint8_t>(draft.topic.size()));
    }
    put_bytes(draft.topic);
    put(static_cast<std::int16_t>(draft.properties.size()));
    put_bytes(draft.properties);
    TERN_ASSERT(at == begin + size);
    out.commit(size);
}

void place_record(char* record, const RecordPlacement& placement) {
    const auto flags = load_be<std::int32_t>(record + place::sys_flag);
    store_be<std::int64_t>(record + place::queue_offset, placement.queue_offset.value());
    store_be<std::int64_t>(record + place::physical_offset, placement.physical_offset.value());
    store_be<std::int64_t>(record + place::born_host + host_size(flags, sys_flag::born_host_v6),
                           placement.store_timestamp);
}

Result<RecordView> decode_record(std::string_view bytes, VerifyBody verify_body) {
    const auto malformed = [](const char* what, std::int64_t value) {
        return failure(Errc::malformed, std::string{"message record: "} + what + " " + std::to_string(value));
    };
    const auto preamble = read_record_preamble(bytes);
    if (!preamble) return malformed("shorter than its preamble:", static_cast<std::int64_t>(bytes.size()));
    if (preamble->magic != record_magic_v1 && preamble->magic != record_magic_v2)
        return malformed("unknown magic", preamble->magic);
    if (preamble->size < static_cast<std::int32_t>(fixed_size_v4) ||
        static_cast<std::size_t>(preamble->size) > bytes.size())
        return malformed("impossible size", preamble->size);

    bytes = bytes.substr(0, static_cast<std::size_t>(preamble->size));
    RecordView record;
    record.bytes = bytes;
    record.size = preamble->size;
    record.magic = preamble->magic;
    const char* fixed = bytes.data();
    record.body_crc = load_be<std::int32_t>(fixed + place::body_crc);
    record.queue_id = QueueId{load_be<std::int32_t>(fixed + place::queue_id)};
    record.flag = load_be<std::int32_t>(fixed + place::flag);
    record.queue_offset = QueueOffset{load_be<std::int64_t>(fixed + place::queue_offset)};
    record.physical_offset = PhysicalOffset{load_be<std::int64_t>(fixed + place::physical_offset)};
    record.sys_flag = load_be<std::int32_t>(fixed + place::sys_flag);
    record.born_timestamp = load_be<std::int64_t>(fixed + place::born_timestamp);

    ByteReader reader{bytes.substr(place::born_host)};
    const auto born_host = reader.read_bytes(host_size(record.sys_flag, sys_flag::born_host_v6));
    const auto store_timestamp = reader.read<std::int64_t>();
    const auto store_host = reader.read_bytes(host_size(record.sys_flag, sys_flag::store_host_v6));
    const auto reconsume_times = reader.read<std::int32_t>();
    const auto prepared = reader.read<std::int64_t>();
    const auto body_size = reader.read<std::int32_t>();
    if (!born_host || !store_timestamp || !store_host || !reconsume_times || !prepared || !body_size)
        return malformed("ends inside its fixed part, size", preamble->size);
    if (*body_size < 0) return malformed("negative body length", *body_size);
    const auto body = reader.read_bytes(static_cast<std::size_t>(*body_size));
    if (!body) return malformed("body length beyond the record:", *body_size);
    std::optional<std::size_t> topic_size;
    if (record.magic == record_magic_v1) {
        topic_size = reader.read<std::uint8_t>();
    } else {
        topic_size = reader.read<std::uint16_t>();
    }
    const auto topic = topic_size ? reader.read_bytes(*topic_size) : std::nullopt;
    const auto properties_size = topic ? reader.read<std::int16_t>() : std::nullopt;
    if (!properties_size || *properties_size < 0)
        return malformed("topic or properties length, size", preamble->size);
    const auto properties = reader.read_bytes(static_cast<std::size_t>(*properties_size));
    if (!properties || !reader.rest().empty())
        return malformed("its parts do not add up to its size", preamble->size);

    record.born_host = Host::decode(*born_host);
    record.store_timestamp = *store_timestamp;
    record.store_host = Host::decode(*store_host);
    record.reconsume_times = *reconsume_times;
    record.prepared_transaction_offset = *prepared;
    record.body = *body;
    record.topic = *topic;
    record.properties = *properties;
    if (verify_body == VerifyBody::yes && !body->empty() && crc32_masked(*body) != record.body_crc)
        return failure(Errc::corrupt, "message record: body checksum " + std::to_string(record.body_crc));
    return record;
}

std::optional<RecordPreamble> read_record_preamble(std::string_view bytes) {
    if (bytes.size() < 8) return std::nullopt;
    return RecordPreamble{load_be<std::int32_t>(bytes.data()), load_be<std::uint32_t>(bytes.data() + 4)};
}

}  // namespace tern::model
