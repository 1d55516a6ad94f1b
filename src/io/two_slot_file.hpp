// A small state that is replaced again and again and must never be lost: two slots written in turn, each on a
// page of its own, so that whatever a crash does to one, the other is whole.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/file_system.hpp"

namespace tern::io {

// A slot is a magic of 8 bytes, its sequence (8), the content, and the CRC-32 of all that (4).
inline constexpr std::size_t slot_magic_size = 8;
inline constexpr std::size_t slot_overhead = slot_magic_size + 8 + 4;

struct Slot {
    std::uint64_t sequence{};
    std::string_view content;  // A view into the bytes it was decoded from.
};
std::string encode_slot(std::string_view magic, const Slot& slot);
// Nothing when the bytes are not a whole slot.
std::optional<Slot> decode_slot(std::string_view magic, std::string_view bytes);

// What the slots of a file have in common.
struct SlotFormat {
    std::string_view magic;  // Of slot_magic_size bytes; outlives the file.
    std::size_t slot_size{};
};

class TwoSlotFile {
public:
    // Makes the file when there is none and the mode says so; a durable name is the caller's then. A file
    // that is too short is an error in other modes. What it finds is durable before it returns.
    static Result<TwoSlotFile> open(FileSystem& files, const std::string& path, OpenMode mode,
                                    SlotFormat format);
    // What newest() would be; the file is only read.
    static Result<std::optional<std::string>> look(FileSystem& files, const std::string& path,
                                                   SlotFormat format);
    // The content of a new file with one slot written, for a caller that replaces the file whole.
    static std::string first_content(SlotFormat format, std::string_view content);

    // What the newest whole slot has; nothing when neither is whole.
    const std::optional<std::string>& newest() const { return newest_; }
    // Writes the other slot: slot_size - slot_overhead bytes. Not durable before file() was synced, and until
    // then no further write may begin.
    Result<> write(std::string content);
    const std::shared_ptr<File>& file() const { return file_; }

    static constexpr std::int64_t slot_distance = 4096;
    static constexpr std::int64_t file_size = 2 * slot_distance;

private:
    TwoSlotFile(std::shared_ptr<File> file, SlotFormat format) : file_{std::move(file)}, format_{format} {}
    Result<> read_slots();
    Result<> write_slot();

    std::shared_ptr<File> file_;
    SlotFormat format_;
    std::optional<std::string> newest_;
    std::uint64_t sequence_{0};
};

}  // namespace tern::io
