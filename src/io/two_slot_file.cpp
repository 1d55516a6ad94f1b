#include "io/two_slot_file.hpp"

#include "base/assert.hpp"
#include "base/buffer.hpp"
#include "base/hash.hpp"

namespace tern::io {
namespace {

std::int64_t place_of(std::uint64_t sequence) {
    return sequence % 2 == 0 ? 0 : TwoSlotFile::slot_distance;
}

}  // namespace

std::string encode_slot(std::string_view magic, const Slot& slot) {
    TERN_ASSERT(magic.size() == slot_magic_size);
    Buffer out;
    out.append(magic);
    out.append_be<std::uint64_t>(slot.sequence);
    out.append(slot.content);
    out.append_be<std::uint32_t>(crc32(out.view()));
    return std::string{out.view()};
}

std::optional<Slot> decode_slot(std::string_view magic, std::string_view bytes) {
    if (bytes.size() < slot_overhead || !bytes.starts_with(magic)) return std::nullopt;
    const auto checked = bytes.substr(0, bytes.size() - 4);
    if (load_be<std::uint32_t>(bytes.data() + checked.size()) != crc32(checked)) return std::nullopt;
    return Slot{load_be<std::uint64_t>(bytes.data() + slot_magic_size), checked.substr(slot_magic_size + 8)};
}

Result<TwoSlotFile> TwoSlotFile::open(FileSystem& files, const std::string& path, OpenMode mode,
                                      SlotFormat format) {
    auto file = files.open(path, mode);
    if (!file) return std::unexpected(file.error());
    const auto size = (*file)->size();
    if (!size) return std::unexpected(size.error());
    if (*size < file_size) {
        // It was made whole: what is missing may be the newest slot.
        if (mode != OpenMode::create_or_open)
            return failure(Errc::corrupt, path + ": cut off at " + std::to_string(*size) + " bytes");
        if (auto sized = (*file)->set_size(file_size); !sized) return std::unexpected(sized.error());
    }
    TwoSlotFile opened{std::move(*file), format};
    if (auto read = opened.read_slots(); !read) return std::unexpected(read.error());
    // Its writer may have died before the sync, or of it, and then only what is written anew comes to the
    // disk. Until it is there the other slot must not be touched.
    if (opened.newest_) {
        if (auto written = opened.write_slot(); !written) return std::unexpected(written.error());
    }
    if (auto synced = opened.file_->sync_now(); !synced) return std::unexpected(synced.error());
    return opened;
}

Result<std::optional<std::string>> TwoSlotFile::look(FileSystem& files, const std::string& path,
                                                     SlotFormat format) {
    auto file = files.open(path, OpenMode::read_only);
    if (!file) return std::unexpected(file.error());
    const auto size = (*file)->size();
    if (!size) return std::unexpected(size.error());
    if (*size < file_size)
        return failure(Errc::corrupt, path + ": cut off at " + std::to_string(*size) + " bytes");
    TwoSlotFile looked_at{std::move(*file), format};
    if (auto read = looked_at.read_slots(); !read) return std::unexpected(read.error());
    return std::move(looked_at.newest_);
}

Result<> TwoSlotFile::read_slots() {
    std::string bytes(format_.slot_size, '\0');
    for (const std::int64_t place : {std::int64_t{0}, slot_distance}) {
        if (auto read = file_->read_at(place, bytes); !read) return read;
        const auto slot = decode_slot(format_.magic, bytes);
        if (!slot || slot->sequence <= sequence_) continue;
        sequence_ = slot->sequence;
        newest_ = slot->content;
    }
    return {};
}

std::string TwoSlotFile::first_content(SlotFormat format, std::string_view content) {
    constexpr std::uint64_t first = 1;
    std::string bytes(static_cast<std::size_t>(file_size), '\0');
    const std::string slot = encode_slot(format.magic, {first, content});
    TERN_ASSERT(slot.size() == format.slot_size);
    return bytes.replace(static_cast<std::size_t>(place_of(first)), slot.size(), slot);
}

Result<> TwoSlotFile::write(std::string content) {
    TERN_ASSERT(content.size() + slot_overhead == format_.slot_size);
    newest_ = std::move(content);
    ++sequence_;
    return write_slot();
}

Result<> TwoSlotFile::write_slot() {
    return file_->write_at(place_of(sequence_), encode_slot(format_.magic, {sequence_, *newest_}));
}

}  // namespace tern::io
