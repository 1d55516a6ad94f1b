// The CRC-32 of each block of the log, kept beside it. A record's own checksum is that of its body alone and
// RocketMQ's: with these a change that a disk has made is noticed wherever it is.
// docs/formats/block-checksums.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong.hpp"
#include "store/segment_queue.hpp"

namespace tern::store {

// Of one log. Owned by one thread.
class BlockChecksums {
public:
    // Blocks are of that many bytes; the last of a segment may have fewer.
    BlockChecksums(io::FileSystem& files, std::string directory, std::int64_t log_segment_size,
                   std::int64_t block_bytes);

    // Those of a log that begins there, as far as it is still the one that they were made of. Waits for the
    // disk.
    Result<> load(PhysicalOffset begin, PhysicalOffset intact);

    std::int64_t block_bytes() const { return block_bytes_; }
    PhysicalOffset block_begin(PhysicalOffset at) const;
    PhysicalOffset block_end(PhysicalOffset at) const;  // Of the block in which at lies.

    // Of the block that begins there; nothing where none is known, or what is there is no checksum any more.
    std::optional<std::uint32_t> find(PhysicalOffset block) const;
    // Blocks of a new segment come in the order of the log.
    Result<> set(PhysicalOffset block, std::uint32_t crc);
    // Of bytes that lie at that place of the log: the first block, of those that are whole in it, that has
    // another checksum.
    std::optional<PhysicalOffset> first_changed(PhysicalOffset at, std::string_view bytes) const;
    // Visits those that are whole in it, with their bytes.
    template <class Visit>
    void for_blocks(PhysicalOffset at, std::string_view bytes, Visit visit) const;
    // Of blocks that reach beyond that place.
    Result<> forget_from(PhysicalOffset to);
    // Of segments that end there or below.
    Result<> forget_below(PhysicalOffset begin);
    // Files written since the last call. What a loss of power takes is made again.
    Result<std::vector<SharedFile>> take_unsynced() { return files_.take_unsynced(); }
    void release_idle() { files_.release_idle(); }

private:
    std::int64_t place_of(PhysicalOffset block) const;

    io::FileSystem& disk_;
    std::int64_t log_segment_size_;
    std::int64_t block_bytes_;
    SegmentQueue files_;
};

template <class Visit>
void BlockChecksums::for_blocks(PhysicalOffset at, std::string_view bytes, Visit visit) const {
    const PhysicalOffset end = at + static_cast<std::int64_t>(bytes.size());
    PhysicalOffset block = block_begin(at);
    if (block < at) block = block_end(at);
    for (PhysicalOffset next; block < end && (next = block_end(block)) <= end; block = next)
        visit(block,
              bytes.substr(static_cast<std::size_t>(block - at), static_cast<std::size_t>(next - block)));
}

}  // namespace tern::store
