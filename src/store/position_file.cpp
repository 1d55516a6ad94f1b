#include "store/position_file.hpp"

#include "base/buffer.hpp"

namespace tern::store {
namespace {

constexpr std::string_view slot_magic = "TERNPOS1";
constexpr io::SlotFormat slot_format{slot_magic, position_slot_size};

std::string encode_position(const StorePosition& position) {
    Buffer out;
    out.append_be<std::uint64_t>(position.session);
    out.append_be<std::uint64_t>(position.previous_session);
    out.append_be<std::int64_t>(position.dispatched.value());
    out.append_be<std::int64_t>(position.flushed.value());
    out.append_be<std::int64_t>(position.last_record.value());
    out.append_be<std::uint32_t>(position.last_record_crc);
    out.append_be<std::int32_t>(position.queues);
    out.append_be<std::int64_t>(position.index.file);
    position.index.header.encode(out.prepare(IndexHeader::encoded_size));
    out.commit(IndexHeader::encoded_size);
    out.append_be<std::int64_t>(position.segment_size);
    out.append_be<std::int64_t>(position.queue_file_size);
    out.append_be<std::int32_t>(position.index_slots);
    out.append_be<std::int32_t>(position.index_entries);
    std::string content{out.view()};
    content.resize(position_slot_size - io::slot_overhead, '\0');
    return content;
}

StorePosition decode_position(std::string_view content) {
    ByteReader in{content};
    StorePosition position;
    position.session = *in.read<std::uint64_t>();
    position.previous_session = *in.read<std::uint64_t>();
    position.dispatched = PhysicalOffset{*in.read<std::int64_t>()};
    position.flushed = PhysicalOffset{*in.read<std::int64_t>()};
    position.last_record = PhysicalOffset{*in.read<std::int64_t>()};
    position.last_record_crc = *in.read<std::uint32_t>();
    position.queues = *in.read<std::int32_t>();
    position.index.file = *in.read<std::int64_t>();
    position.index.header = IndexHeader::decode(in.read_bytes(IndexHeader::encoded_size)->data());
    position.segment_size = *in.read<std::int64_t>();
    position.queue_file_size = *in.read<std::int64_t>();
    position.index_slots = *in.read<std::int32_t>();
    position.index_entries = *in.read<std::int32_t>();
    return position;
}

}  // namespace

std::string encode_position_slot(const StorePosition& position, std::uint64_t sequence) {
    return io::encode_slot(slot_magic, {sequence, encode_position(position)});
}

std::optional<PositionSlot> decode_position_slot(std::string_view bytes) {
    if (bytes.size() != position_slot_size) return std::nullopt;
    const auto slot = io::decode_slot(slot_magic, bytes);
    if (!slot) return std::nullopt;
    return PositionSlot{slot->sequence, decode_position(slot->content)};
}

Result<PositionFile> PositionFile::open(io::FileSystem& files, const std::string& path) {
    auto slots = io::TwoSlotFile::open(files, path, io::OpenMode::create_or_open, slot_format);
    if (!slots) return std::unexpected(slots.error());
    PositionFile opened{std::move(*slots)};
    if (const auto& newest = opened.slots_.newest()) opened.newest_ = decode_position(*newest);
    return opened;
}

Result<> PositionFile::write(const StorePosition& position) {
    newest_ = position;
    return slots_.write(encode_position(position));
}

}  // namespace tern::store
