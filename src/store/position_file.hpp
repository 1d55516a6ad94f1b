// Our own checkpoint, in bytes of the log instead of times: below which offset queues and index are durable,
// and how far the log was flushed. A start needs to look at no more of the log than what lies behind.
// docs/formats/position.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong.hpp"
#include "io/two_slot_file.hpp"
#include "store/message_index.hpp"

namespace tern::store {

struct StorePosition {
    std::uint64_t session{};           // Of the process that wrote it; its abort file has the same.
    std::uint64_t previous_session{};  // Of the one before, until the abort file is written.
    // Queues and index are durable for every record that begins below; -1: unknown.
    PhysicalOffset dispatched{-1};
    PhysicalOffset flushed;  // The log is, for every byte below; never less than dispatched.
    // The last one dispatched, and the checksum of its bytes; -1: there was none.
    PhysicalOffset last_record{-1};
    std::uint32_t last_record_crc{};
    std::int32_t queues{};  // That had entries.
    IndexMark index;
    // The lengths that the store was made with.
    std::int64_t segment_size{};
    std::int64_t queue_file_size{};
    std::int32_t index_slots{};
    std::int32_t index_entries{};

    bool knows_dispatched() const { return dispatched.value() >= 0; }
    friend bool operator==(const StorePosition&, const StorePosition&) = default;
};

// One slot of the file: magic, sequence, position, checksum.
inline constexpr std::size_t position_slot_size = 160;
std::string encode_position_slot(const StorePosition& position, std::uint64_t sequence);
struct PositionSlot {
    std::uint64_t sequence{};
    StorePosition position;
};
// Nothing when the bytes are not a whole slot.
std::optional<PositionSlot> decode_position_slot(std::string_view bytes);

// The newest position that is known, whatever a crash does to the one being written.
class PositionFile {
public:
    // Makes the file when there is none; a durable name is the caller's.
    static Result<PositionFile> open(io::FileSystem& files, const std::string& path);

    // The newest whole one.
    const std::optional<StorePosition>& newest() const { return newest_; }
    // Writes the older slot; not durable before file() was synced.
    Result<> write(const StorePosition& position);
    const SharedFile& file() const { return slots_.file(); }

private:
    explicit PositionFile(io::TwoSlotFile slots) : slots_{std::move(slots)} {}

    io::TwoSlotFile slots_;
    std::optional<StorePosition> newest_;
};

}  // namespace tern::store
