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

static_assert(place::born_host + 8 + 8 + place::after_hosts + 4 + 1 + 2 == fixed_size_v4);

bool is_record_magic(std::uint32_t magic) {
    return magic == record_magic_v1 || magic == record_magic_v2;
}

std::size_t host_size(std::int32_t flags, std::int32_t bit) {
    return (flags & bit) != 0 ? 20 : 8;
}

}  // namespace

bool detail::needs_v2(std::string_view topic) {
    std::size_t units = 0;
    for (const char c : topic) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0 ? 2 : 1;
    }
    return units > 127 || topic.size() > 255;
}

std::size_t encode_record(Buffer& out, const RecordDraft& draft) {
    const std::size_t size = record_size(draft);
    TERN_ASSERT(draft.properties.size() <= properties_size_max && size <= INT32_MAX);
    const bool v2 = draft.needs_v2();
    char* at = out.prepare(size);
    const char* const begin = at;
    const auto put = [&at]<class Int>(Int value) {
        store_be<Int>(at, value);
        at += sizeof(Int);
    };
    const auto put_bytes = [&at](std::string_view bytes) { at = copy_text(at, bytes); };
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
    return size;
}

void place_record(char* record, const RecordPlacement& placement) {
    const auto flags = load_be<std::int32_t>(record + place::sys_flag);
    store_be<std::int64_t>(record + place::queue_offset, placement.queue_offset.value());
    store_be<std::int64_t>(record + place::physical_offset, placement.physical_offset.value());
    store_be<std::int64_t>(record + place::born_host + host_size(flags, sys_flag::born_host_v6),
                           placement.store_timestamp);
}

bool is_record_at(std::string_view bytes, std::int32_t size, PhysicalOffset at) {
    const auto preamble = read_record_preamble(bytes);
    return preamble && preamble->size == size && bytes.size() >= fixed_size_v4 &&
           is_record_magic(preamble->magic) &&
           load_be<std::int64_t>(bytes.data() + place::physical_offset) == at.value();
}

bool is_message_of(std::string_view record, QueueId queue, QueueOffset at) {
    return load_be<std::int32_t>(record.data() + place::queue_id) == queue.value() &&
           load_be<std::int64_t>(record.data() + place::queue_offset) == at.value();
}

Result<> decode_record(std::string_view bytes, VerifyBody verify_body, RecordView& record) {
    const auto malformed = [](const char* what, std::int64_t value) {
        return failure(Errc::malformed, std::string{"message record: "} + what + " " + std::to_string(value));
    };
    const auto preamble = read_record_preamble(bytes);
    if (!preamble) return malformed("shorter than its preamble:", static_cast<std::int64_t>(bytes.size()));
    if (!is_record_magic(preamble->magic)) return malformed("unknown magic", preamble->magic);
    if (preamble->size < static_cast<std::int32_t>(fixed_size_v4) ||
        static_cast<std::size_t>(preamble->size) > bytes.size())
        return malformed("impossible size", preamble->size);

    bytes = bytes.substr(0, static_cast<std::size_t>(preamble->size));
    const char* at = bytes.data();
    const auto read = [&at]<class Int>(Int& number) {
        number = load_be<Int>(at);
        at += sizeof(Int);
    };
    const auto read_bytes = [&at](std::size_t size) {
        const std::string_view text{at, size};
        at += size;
        return text;
    };
    record.bytes = bytes;
    record.size = preamble->size;
    record.magic = preamble->magic;
    record.body_crc = load_be<std::int32_t>(at + place::body_crc);
    record.queue_id = QueueId{load_be<std::int32_t>(at + place::queue_id)};
    record.flag = load_be<std::int32_t>(at + place::flag);
    record.queue_offset = QueueOffset{load_be<std::int64_t>(at + place::queue_offset)};
    record.physical_offset = PhysicalOffset{load_be<std::int64_t>(at + place::physical_offset)};
    record.sys_flag = load_be<std::int32_t>(at + place::sys_flag);
    record.born_timestamp = load_be<std::int64_t>(at + place::born_timestamp);

    const std::size_t born_host_size = host_size(record.sys_flag, sys_flag::born_host_v6);
    const std::size_t store_host_size = host_size(record.sys_flag, sys_flag::store_host_v6);
    std::int32_t body_size{};
    const std::size_t body_at =
        place::born_host + born_host_size + store_host_size + place::after_hosts + sizeof body_size;
    if (bytes.size() < body_at) return malformed("ends inside its fixed part, size", preamble->size);
    at += place::born_host;
    record.born_host = Host::decode(read_bytes(born_host_size));
    read(record.store_timestamp);
    record.store_host = Host::decode(read_bytes(store_host_size));
    read(record.reconsume_times);
    read(record.prepared_transaction_offset);
    read(body_size);
    if (body_size < 0) return malformed("negative body length", body_size);
    std::size_t rest = bytes.size() - body_at;
    if (rest < static_cast<std::size_t>(body_size))
        return malformed("body length beyond the record:", body_size);
    record.body = read_bytes(static_cast<std::size_t>(body_size));
    rest -= record.body.size();

    const std::size_t topic_length_size = record.magic == record_magic_v1 ? 1 : 2;
    if (rest < topic_length_size) return malformed("topic or properties length, size", preamble->size);
    const std::size_t topic_size =
        topic_length_size == 1 ? load_be<std::uint8_t>(at) : load_be<std::uint16_t>(at);
    at += topic_length_size;
    rest -= topic_length_size;
    std::int16_t properties_size{};
    if (rest < topic_size + sizeof properties_size)
        return malformed("topic or properties length, size", preamble->size);
    record.topic = read_bytes(topic_size);
    read(properties_size);
    if (properties_size < 0) return malformed("topic or properties length, size", preamble->size);
    rest -= topic_size + sizeof properties_size;
    if (rest != static_cast<std::size_t>(properties_size))
        return malformed("its parts do not add up to its size", preamble->size);
    record.properties = read_bytes(rest);
    if (verify_body == VerifyBody::yes && !record.body.empty() &&
        crc32_masked(record.body) != record.body_crc)
        return failure(Errc::corrupt, "message record: body checksum " + std::to_string(record.body_crc));
    return {};
}

Result<RecordView> decode_record(std::string_view bytes, VerifyBody verify_body) {
    Result<RecordView> record{std::in_place};
    if (auto decoded = decode_record(bytes, verify_body, *record); !decoded)
        record = std::unexpected(std::move(decoded.error()));
    return record;
}

}  // namespace tern::model
