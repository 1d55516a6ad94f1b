// A stream of bytes kept in files of one length, each named after the offset of its first byte: the commit
// log and the consume queues both lie like this, and the Java broker refuses a directory that does not.
// docs/formats/commit-log.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "io/file_system.hpp"

namespace tern::store {

// A file stays open until the last operation on it has ended, even when its segment is gone meanwhile.
using SharedFile = std::shared_ptr<io::File>;

// 20 digits, "00000000001073741824".
std::string segment_name(std::int64_t base);
std::optional<std::int64_t> parse_segment_name(std::string_view name);

// What load() may mend after an unclean stop. A file that was synced as it should be needs no mending.
enum class Mending {
    none,
    lengths,          // A file that is too short gets its length back.
    lengths_and_gaps  // And what lies behind a missing file is removed: it was never vouched for.
};

// Files are opened when first used. Views into them stay valid until release_idle() or a removal. One thread.
class SegmentQueue {
public:
    SegmentQueue(io::FileSystem& files, std::string directory, std::int64_t segment_size);

    // Finds the segments. A missing directory is an empty queue; a file of another length than segment_size
    // or a gap is Errc::corrupt, unless it may be mended. An empty last file is removed, as Java does. Other
    // names are ignored.
    Result<> load(Mending mending);

    const std::string& directory() const { return directory_; }
    bool empty() const { return segments_.empty(); }
    std::size_t size() const { return segments_.size(); }
    std::int64_t begin() const { return empty() ? 0 : segments_.front().base; }
    std::int64_t end() const { return empty() ? 0 : segments_.back().base + segment_size_; }
    std::int64_t segment_size() const { return segment_size_; }
    std::int64_t segment_begin(std::int64_t offset) const { return offset - offset % segment_size_; }
    std::int64_t segment_end(std::int64_t offset) const { return segment_begin(offset) + segment_size_; }
    bool contains(std::int64_t offset) const { return offset >= begin() && offset < end(); }
    std::string path(std::int64_t base) const { return directory_ + "/" + segment_name(base); }

    // The bytes from offset to the end of its segment. offset is one that the queue contains.
    Result<std::string_view> read(std::int64_t offset) const;
    Result<SharedFile> file(std::int64_t offset) const;

    // Both stay inside one segment.
    Result<> write(std::int64_t offset, std::string_view bytes);
    Result<> write_zeros(std::int64_t offset, std::int64_t size);

    // Adds a segment at the end, or at any multiple of the segment size when there is none: a new file of
    // full length. Its name is durable once the directory was synced.
    Result<> create(std::int64_t base);
    // The same with a file that has been put in place.
    void adopt(std::int64_t base, SharedFile file);

    // Whole segments only, oldest first, and each for good before the next: a loss of power brings back what
    // it likes, and there must be no gap.
    Result<> remove_below(std::int64_t offset);
    Result<> remove_all();
    // Everything from offset on: whole segments go, newest first, and each for good before the next; the rest
    // of offset's segment becomes zeros. The file is short for a moment: callers see to it that load() may
    // mend lengths if the process dies just then.
    Result<> clear_from(std::int64_t offset);

    // Segments written since the last call, to be synced.
    Result<std::vector<SharedFile>> take_unsynced();
    void mark_unsynced(std::int64_t from);
    // Whether segments came or went whose names are not durable yet; asking settles it.
    bool take_changed_names() { return std::exchange(names_changed_, false); }

    // Closes the files not used since the last call.
    void release_idle();
    std::size_t open_files() const;

private:
    struct Segment {
        std::int64_t base{};
        SharedFile file;
        std::string_view bytes;  // The mapping, once it was asked for.
        bool unsynced{false};
        bool used{false};
    };

    Result<> mend(std::vector<io::DirectoryEntry>& entries, Mending mending);
    Result<> check(const std::vector<io::DirectoryEntry>& entries) const;
    Segment& segment(std::int64_t offset) const;
    Result<> open(Segment& segment) const;

    io::FileSystem& files_;
    std::string directory_;
    std::int64_t segment_size_;
    mutable std::vector<Segment>
        segments_;  // Contiguous. Opening one for a reader changes nothing that he can see.
    bool names_changed_{false};
};

}  // namespace tern::store
