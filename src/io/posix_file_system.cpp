#include "io/posix_file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "io/job_thread.hpp"
#include "io/posix_file.hpp"

namespace tern::io {
namespace {

class PosixFileLock final : public FileLock {
public:
    explicit PosixFileLock(Descriptor descriptor) : descriptor_{std::move(descriptor)} {}

private:
    Descriptor descriptor_;  // Closing it releases the lock.
};

int flags_of(OpenMode mode) {
    switch (mode) {
        case OpenMode::read_only:
            return O_RDONLY;
        case OpenMode::read_write:
            return O_RDWR;
        case OpenMode::create_or_open:
            return O_RDWR | O_CREAT;
        case OpenMode::create_or_truncate:
            return O_RDWR | O_CREAT | O_TRUNC;
    }
    TERN_ASSERT(false);
}

Result<Descriptor> open_descriptor(const std::string& path, int flags) {
    while (true) {
        Descriptor descriptor{::open(path.c_str(), flags | O_CLOEXEC, 0644)};
        if (descriptor.number() >= 0) return descriptor;
        if (errno != EINTR) return system_failure(path, "open");
    }
}

std::unexpected<Error> failure_of(const std::string& path, const char* call, const std::error_code& error) {
    return failure(Errc::io_failed, path + ": " + call + ": " + error.message());
}

std::int64_t milliseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

}  // namespace

PosixFileSystem::PosixFileSystem(Executor& completions)
    : syncer_{std::make_unique<JobThread>(completions)}, reader_{std::make_unique<JobThread>(completions)} {}

PosixFileSystem::~PosixFileSystem() = default;

Result<std::unique_ptr<File>> PosixFileSystem::open(const std::string& path, OpenMode mode) {
    auto descriptor = open_descriptor(path, flags_of(mode));
    if (!descriptor) return std::unexpected{descriptor.error()};
    struct stat status{};
    if (::fstat(descriptor->number(), &status) != 0) return system_failure(path, "fstat");
    if (S_ISDIR(status.st_mode)) return failure(Errc::io_failed, path + ": open: Is a directory");
    return std::make_unique<PosixFile>(path, std::move(*descriptor), *syncer_, *reader_);
}

bool PosixFileSystem::exists(const std::string& path) const {
    return ::access(path.c_str(), F_OK) == 0;
}

Result<std::vector<DirectoryEntry>> PosixFileSystem::list(const std::string& directory) const {
    const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> stream{
        ::opendir(directory.c_str())};
    if (stream == nullptr) return system_failure(directory, "opendir");
    std::vector<DirectoryEntry> entries;
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(stream.get());
        if (entry == nullptr && errno != 0) return system_failure(directory, "readdir");
        if (entry == nullptr) break;
        std::string name{entry->d_name};
        if (name == "." || name == "..") continue;
        struct stat status{};
        if (::fstatat(::dirfd(stream.get()), name.c_str(), &status, 0) != 0) {
            if (errno == ENOENT) continue;  // Removed since, or a link to nothing.
            return system_failure(directory + "/" + name, "fstatat");
        }
        entries.push_back({.name = std::move(name),
                           .is_directory = S_ISDIR(status.st_mode),
                           .size = S_ISDIR(status.st_mode) ? 0 : status.st_size,
                           .modified_ms = milliseconds(status.st_mtim)});
    }
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    return entries;
}

Result<> PosixFileSystem::create_directories(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return failure_of(path, "mkdir", error);
    return {};
}

Result<> PosixFileSystem::remove(const std::string& path) {
    if (path.find_first_not_of("/.") == std::string::npos)  // A setting left empty must not cost the disk.
        return failure(Errc::invalid_argument, "refuses to remove the directory: '" + path + "'");
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) return failure_of(path, "remove", error);
    return {};
}

Result<> PosixFileSystem::rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_failure(from + " -> " + to, "rename");
    return {};
}

Result<> PosixFileSystem::copy_permissions(const std::string& from, const std::string& to) {
    struct stat status{};
    if (::stat(from.c_str(), &status) != 0) return system_failure(from, "stat");
    if (::chmod(to.c_str(), status.st_mode & 07777) != 0) return system_failure(to, "chmod");
    return {};
}

Result<> PosixFileSystem::sync_directory(const std::string& path) {
    const auto directory = open_descriptor(path, O_RDONLY | O_DIRECTORY);
    if (!directory) return std::unexpected{directory.error()};
    while (::fsync(directory->number()) != 0) {
        if (errno != EINTR) return system_failure(path, "fsync");
    }
    return {};
}

Result<Space> PosixFileSystem::space(const std::string& path) const {
    struct statvfs status{};
    if (::statvfs(path.c_str(), &status) != 0) return system_failure(path, "statvfs");
    const auto block = static_cast<std::int64_t>(status.f_frsize);
    return Space{.total_bytes = static_cast<std::int64_t>(status.f_blocks) * block,
                 .free_bytes = static_cast<std::int64_t>(status.f_bavail) * block};
}

// A lock of the open file description, not of the process: it excludes a Java broker's all the same, it
// excludes a second store in this process, too, and it does not vanish when somebody else in this process
// closes the file.
Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const std::string& path) {
    auto descriptor = open_descriptor(path, O_RDWR | O_CREAT);
    if (!descriptor) return std::unexpected{descriptor.error()};
    struct flock first_byte{};
    first_byte.l_type = F_WRLCK;
    first_byte.l_whence = SEEK_SET;
    first_byte.l_start = 0;
    first_byte.l_len = 1;
    if (::fcntl(descriptor->number(), F_OFD_SETLK, &first_byte) != 0) {
        if (errno == EAGAIN || errno == EACCES)
            return failure(Errc::busy, path + ": locked by another broker");
        return system_failure(path, "fcntl");
    }
    return std::make_unique<PosixFileLock>(std::move(*descriptor));
}

}  // namespace tern::io
