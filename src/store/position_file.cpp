#include "store/position_file.hpp"

#include <array>

#include "base/assert.hpp"
#include "base/buffer.hpp"
#include "base/hash.hpp"

namespace tern::store {
namespace {

constexpr std::string_view slot_magic = "TERNPOS1";

}  // namespace

std::string encode_position_slot(const StorePosition& position, std::uint64_t sequence) {
    Buffer out;
    out.append(slot_magic);
    out.append_be<std::uint64_t>(sequence);
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
    out.append(std::string(position_slot_size - 4 - out.size(), '\0'));
    out.append_be<std::uint32_t>(crc32(out.view()));
    TERN_ASSERT(out.size() == position_slot_size);
    return std::string{out.view()};
}

std::optional<PositionSlot> decode_position_slot(std::string_view bytes) {
    if (bytes.size() != position_slot_size || !bytes.starts_with(slot_magic)) return std::nullopt;
    if (load_be<std::uint32_t>(bytes.data() + position_slot_size - 4) !=
        crc32(bytes.substr(0, position_slot_size - 4)))
        return std::nullopt;
    ByteReader in{bytes.substr(slot_magic.size())};
    PositionSlot slot;
    StorePosition& position = slot.position;
    slot.sequence = *in.read<std::uint64_t>();
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
    return slot;
}

Result<PositionFile> PositionFile::open(io::FileSystem& files, const std::string& path) {
    auto file = files.open(path, io::OpenMode::create_or_open);
    if (!file) return std::unexpected(file.error());
    const auto size = (*file)->size();
    if (!size) return std::unexpected(size.error());
    if (*size < 2 * slot_distance) {
        if (auto sized = (*file)->set_size(2 * slot_distance); !sized) return std::unexpected(sized.error());
    }
    PositionFile opened{std::move(*file)};
    for (const std::int64_t place : {std::int64_t{0}, slot_distance}) {
        std::array<char, position_slot_size> bytes{};
        if (auto read = opened.file_->read_at(place, bytes); !read) return std::unexpected(read.error());
        const auto slot = decode_position_slot({bytes.data(), bytes.size()});
        if (!slot || slot->sequence <= opened.sequence_) continue;
        opened.sequence_ = slot->sequence;
        opened.newest_ = slot->position;
    }
    // Its writer may have died before the sync, or of it, and then only what is written anew comes to the
    // disk. Until it is there the other slot must not be touched.
    if (opened.newest_) {
        if (auto written = opened.write_slot(); !written) return std::unexpected(written.error());
    }
    if (auto synced = opened.file_->sync_now(); !synced) return std::unexpected(synced.error());
    return opened;
}

Result<> PositionFile::write(const StorePosition& position) {
    newest_ = position;
    ++sequence_;
    return write_slot();
}

Result<> PositionFile::write_slot() {
    const std::int64_t place = sequence_ % 2 == 0 ? 0 : slot_distance;
    return file_->write_at(place, encode_position_slot(*newest_, sequence_));
}

}  // namespace tern::store
