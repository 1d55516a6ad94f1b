// The file system of the operating system. Syncs and cold reads wait on threads of their own, one each, so
// that a slow disk holds up no loop; their completions are posted to the executor.
#pragma once

#include <memory>

#include "base/runtime.hpp"
#include "io/file_system.hpp"

namespace tern::io {

class JobThread;

// Errors are Errc::io_failed; the detail is "path: call: what the system says". An object of this class and
// its files belong to one thread; they may be used from the thread that runs the executor.
class PosixFileSystem final : public FileSystem {
public:
    // completions outlives the file system.
    explicit PosixFileSystem(Executor& completions);
    // Finishes what was begun and posts its completions. Files may be closed after it, but not used.
    ~PosixFileSystem() override;

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    bool exists(const std::string& path) const override;
    Result<std::vector<DirectoryEntry>> list(const std::string& directory) const override;
    Result<> create_directories(const std::string& path) override;
    Result<> remove(const std::string& path) override;
    Result<> rename(const std::string& from, const std::string& to) override;
    Result<> copy_permissions(const std::string& from, const std::string& to) override;
    Result<> sync_directory(const std::string& path) override;
    Result<Space> space(const std::string& path) const override;
    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

private:
    std::unique_ptr<JobThread> syncer_;
    std::unique_ptr<JobThread> reader_;
};

}  // namespace tern::io
