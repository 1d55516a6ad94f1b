#include "store/block_checksums.hpp"

#include <algorithm>
#include <utility>

#include "base/buffer.hpp"
#include "base/hash.hpp"

namespace tern::store {
namespace {

constexpr std::int64_t entry_bytes = 8;  // The checksum, and its complement: zeros are none.

}  // namespace

BlockChecksums::BlockChecksums(io::FileSystem& files, std::string directory, std::int64_t log_segment_size,
                               std::int64_t block_bytes)
    : disk_{files},
      log_segment_size_{log_segment_size},
      block_bytes_{block_bytes},
      files_{files, std::move(directory), (log_segment_size + block_bytes - 1) / block_bytes * entry_bytes} {}

// What does not fit is dropped: all of it can be made again.
Result<> BlockChecksums::load(PhysicalOffset begin, PhysicalOffset intact) {
    if (auto loaded = files_.load(Mending::lengths_and_gaps); !loaded) return loaded;
    if (files_.empty()) return {};
    const PhysicalOffset has_from{files_.begin() / files_.segment_size() * log_segment_size_};
    if (has_from > begin) return files_.remove_all();
    if (auto gone = forget_below(begin); !gone) return gone;
    files_.mark_unsynced(files_.begin());  // An earlier process may have died before it synced them.
    return forget_from(intact);
}

PhysicalOffset BlockChecksums::block_begin(PhysicalOffset at) const {
    return at - at.value() % log_segment_size_ % block_bytes_;
}

PhysicalOffset BlockChecksums::block_end(PhysicalOffset at) const {
    const PhysicalOffset segment = at - at.value() % log_segment_size_;
    return std::min(block_begin(at) + block_bytes_, segment + log_segment_size_);
}

std::int64_t BlockChecksums::place_of(PhysicalOffset block) const {
    const std::int64_t segment = block.value() / log_segment_size_;
    return segment * files_.segment_size() + block.value() % log_segment_size_ / block_bytes_ * entry_bytes;
}

std::optional<std::uint32_t> BlockChecksums::find(PhysicalOffset block) const {
    const std::int64_t place = place_of(block);
    if (!files_.contains(place)) return std::nullopt;
    const auto bytes = files_.read(place);
    if (!bytes) return std::nullopt;
    const auto crc = load_be<std::uint32_t>(bytes->data());
    if (load_be<std::uint32_t>(bytes->data() + 4) != ~crc) return std::nullopt;
    return crc;
}

Result<> BlockChecksums::set(PhysicalOffset block, std::uint32_t crc) {
    const std::int64_t place = place_of(block);
    if (!files_.contains(place)) {
        const std::int64_t base = files_.segment_begin(place);
        if (!files_.empty() && base != files_.end()) {
            if (auto gone = files_.remove_all(); !gone) return gone;
        }
        if (auto created = files_.create(base); !created) return created;
        if (auto synced = disk_.sync_directory(files_.directory()); !synced) return synced;
    }
    char entry[entry_bytes];
    store_be<std::uint32_t>(entry, crc);
    store_be<std::uint32_t>(entry + 4, ~crc);
    return files_.write(place, {entry, sizeof entry});
}

std::optional<PhysicalOffset> BlockChecksums::first_changed(PhysicalOffset at, std::string_view bytes) const {
    std::optional<PhysicalOffset> first;
    for_blocks(at, bytes, [&](PhysicalOffset block, std::string_view its_bytes) {
        if (first) return;
        const auto known = find(block);
        if (known && *known != crc32(its_bytes)) first = block;
    });
    return first;
}

Result<> BlockChecksums::forget_from(PhysicalOffset to) {
    const std::int64_t place = place_of(block_begin(to));
    if (files_.empty() || place >= files_.end()) return {};
    return files_.clear_from(std::max(place, files_.begin()));
}

Result<> BlockChecksums::forget_below(PhysicalOffset begin) {
    return files_.remove_below(begin.value() / log_segment_size_ * files_.segment_size());
}

}  // namespace tern::store
