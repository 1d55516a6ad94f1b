// The kept offsets of a member on its disk, so that they outlive its process: what a group was told once must
// not be taken back. File: <root>/tern/kept-offsets, docs/formats/kept-offsets.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/runtime.hpp"
#include "broker/kept_offsets.hpp"
#include "io/file_system.hpp"

namespace tern::broker {

// Of the loop that owns the offsets; all outlive it.
class KeptOffsetsFile {
public:
    KeptOffsetsFile(Runtime runtime, io::FileSystem& files, const std::string& store_root,
                    KeptOffsets& offsets)
        : runtime_{runtime}, files_{files}, path_{store_root + "/tern/kept-offsets"}, offsets_{offsets} {}
    ~KeptOffsetsFile() { *alive_ = false; }

    // What was kept before; nothing when there is no file. Errc::corrupt for one that cannot be read.
    Result<> load();
    // In the background, when something has changed and no write is under way. A failure is a warning, and
    // tried again with the next call.
    void write_if_changed();
    // The same, waiting: at the end.
    Result<> write_now();

private:
    void written(std::uint64_t revision, const Result<>& result);

    Runtime runtime_;
    io::FileSystem& files_;
    std::string path_;
    KeptOffsets& offsets_;
    std::uint64_t written_{0};
    std::unique_ptr<io::File> writing_;
    std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace tern::broker
