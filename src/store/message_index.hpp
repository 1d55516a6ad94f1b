// The message index: from topic and key to places in the commit log, in a row of files of which the newest
// grows. docs/formats/message-index.md.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.hpp"
#include "store/index_file.hpp"
#include "store/probe.hpp"
#include "store/store_config.hpp"

namespace tern::store {

// How far the index was at one moment: its newest file, and that file's header.
struct IndexMark {
    std::int64_t file{0};  // The name, a number of 17 digits; 0: there was none.
    IndexHeader header;
    friend bool operator==(const IndexMark&, const IndexMark&) = default;
};

struct KeyMatches {
    std::vector<PhysicalOffset> records;  // Rising. Hashes collide: compare topic and key with the record's.
    std::int64_t index_timestamp{0};      // Of the newest record in the index, and where it lies.
    std::int64_t index_offset{0};
};

// Owned by one thread.
class MessageIndex {
public:
    MessageIndex(const StoreConfig& config, io::FileSystem& files, Runtime runtime, StoreProbe& probe);

    // A file of another length is an error, or gone when it may be mended.
    Result<> load(Mending mending);

    // Adds a record under the hashes of its keys. What was added before is left out.
    Result<> add(std::span<const std::int32_t> key_hashes, PhysicalOffset record_at,
                 std::int64_t store_timestamp);

    // At most count records stored in [begin, end], the newest of them if there are more.
    KeyMatches find(std::string_view topic, std::string_view key, std::size_t count, std::int64_t begin,
                    std::int64_t end) const;

    // The files changed since the last call, to be synced; names are durable on return.
    Result<std::vector<SharedFile>> take_unsynced();
    IndexMark mark() const;

    // Back to what it was at the mark. intact: only the process died since, not the machine. Errc::corrupt
    // when the files do not fit the mark: then the index has to be built anew.
    Result<> rewind(const IndexMark& mark, bool intact);
    Result<> truncate(PhysicalOffset from);
    // Java's rule after its own crash: files that were not complete at its last checkpoint go.
    Result<> remove_newer_than(std::int64_t timestamp);
    // Files that hold only records below the log's begin, but never the newest.
    Result<> remove_below(PhysicalOffset log_begin);
    Result<> clear();

private:
    struct Part {
        std::int64_t name{};
        std::unique_ptr<IndexFile> file;
        bool unsynced{false};
    };

    Result<> begin_file();
    Result<> remove_last();
    void find_covered();

    io::FileSystem& files_;
    Runtime runtime_;
    StoreProbe& probe_;
    std::string directory_;
    IndexShape shape_;
    std::vector<Part> parts_;
    PhysicalOffset covered_;  // Records that begin below are in.
    bool names_unsynced_{false};
};

}  // namespace tern::store
