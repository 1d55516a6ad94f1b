// The file system as the store sees it: gathered positional writes, a sync that completes later, a cold read
// that completes later, and read-only views of what was written. Two implementations: POSIX, and in memory
// with lost, torn and reordered writes.
//
// Rules that both keep, and that recovery leans on:
// - write_at() puts bytes where every reader of this process sees them, and where they survive the process's
// death;
//   they survive the machine's death only once a later sync succeeded.
// - After a failed sync nothing is known of what was written since the last good one: the file is not to be
// trusted,
//   and a second sync that succeeds says nothing (Linux drops the dirty pages).
// - A file that was created, renamed or removed is so after the machine's death only once sync_directory()
// succeeded.
// - Completions run on the executor of the loop that owns the caller, never from inside the call that started
// them.
//   A file must not be destroyed while one of its operations is under way.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/inplace_function.hpp"
#include "base/result.hpp"

namespace tern::io {

using Done = InplaceFunction<void(Result<>), 96>;

class File {
public:
    virtual ~File() = default;

    virtual Result<std::int64_t> size() const = 0;
    // Writes all parts one behind the other from offset on. Grows the file if it must.
    virtual Result<> write_at(std::int64_t offset, std::span<const std::string_view> parts) = 0;
    Result<> write_at(std::int64_t offset, std::string_view bytes) {
        return write_at(offset, std::span<const std::string_view>{&bytes, 1});
    }
    // Reads exactly out.size() bytes, at once; for starts, stops and files that are known to be in memory.
    virtual Result<> read_at(std::int64_t offset, std::span<char> out) const = 0;
    // The same for bytes that may lie on the disk; done runs later. out must live until then.
    virtual void read(std::int64_t offset, std::span<char> out, Done done) = 0;

    // Makes durable all that was written before the call (data and length); done runs later.
    virtual void sync(Done done) = 0;
    // The same, waiting; for starts and stops.
    virtual Result<> sync_now() = 0;

    // Sets the length; what is added reads as zeros.
    virtual Result<> set_size(std::int64_t size) = 0;
    // Asks for room on the disk for that many bytes from the file's begin on, so that writes there do not
    // have to look for it. A hint: where there is none, or no such call, nothing changes.
    virtual void reserve(std::int64_t size) = 0;
    // Writes zeros over [offset, offset + size), so that later writes there change no metadata.
    virtual Result<> write_zeros(std::int64_t offset, std::int64_t size) = 0;

    // The whole file as it is now and as it will be written, up to the length it has at the first call. Valid
    // as long as the file object. Reading it may wait for the disk.
    virtual Result<std::string_view> map() = 0;
    // The same for writing in place; a sync covers such writes too. Only for what can be rebuilt (the message
    // index).
    virtual Result<std::span<char>> map_for_writing() = 0;
};

enum class OpenMode {
    read_only,   // Fails when it does not exist.
    read_write,  // Fails when it does not exist.
    create_or_open,
    create_or_truncate,
};

struct DirectoryEntry {
    std::string name;
    bool is_directory{};
    std::int64_t size{};
    std::int64_t modified_ms{};  // Wall time of the last write.
};

struct Space {
    std::int64_t total_bytes{};
    std::int64_t free_bytes{};  // For us, as statvfs's f_bavail.
};

// Releases the lock when it dies.
class FileLock {
public:
    virtual ~FileLock() = default;
};

// Paths are plain text with '/' between parts. All calls here wait; they belong to starts, stops and rolls.
class FileSystem {
public:
    virtual ~FileSystem() = default;

    virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
    virtual bool exists(const std::string& path) const = 0;
    // Files and directories directly inside, sorted by name; "." and ".." left out.
    virtual Result<std::vector<DirectoryEntry>> list(const std::string& directory) const = 0;
    virtual Result<> create_directories(const std::string& path) = 0;
    // A file, or a directory with all in it. What does not exist is no error.
    virtual Result<> remove(const std::string& path) = 0;
    // Replaces what is at to.
    virtual Result<> rename(const std::string& from, const std::string& to) = 0;
    virtual Result<> sync_directory(const std::string& path) = 0;
    virtual Result<Space> space(const std::string& path) const = 0;
    // Who may read and write `to` becomes as it is with `from`; nothing where there are no permissions.
    virtual Result<> copy_permissions(const std::string& /*from*/, const std::string& /*to*/) { return {}; }
    // A record lock on the file's first byte, as Java's FileChannel.tryLock(0, 1, false) takes it.
    virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

// The whole content of a small file.
Result<std::string> read_file(FileSystem& files, const std::string& path);
// Replaces a small file so that after a crash either the old or the new content is there, whole: writes a
// temporary neighbour, syncs it, renames it, syncs the directory.
Result<> replace_file(FileSystem& files, const std::string& path, std::string_view content);
// The same in a directory that need not be there before. Who may read the file is as with the one named by
// `as`, or with the one it replaces.
Result<> keep_file(FileSystem& files, const std::string& path, std::string_view content,
                   const std::string& as = {});
// As Java keeps its JSON files: the old content stays as path + ".bak". After a crash path may be missing:
// then the backup has the old content, whole.
Result<> replace_file_keeping_backup(FileSystem& files, const std::string& path, std::string_view content);
// Creates what is missing of path so that it is there after a crash, too: syncs the parents of what it
// created.
Result<> create_directories_durably(FileSystem& files, const std::string& path);

}  // namespace tern::io
