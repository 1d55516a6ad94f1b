// A machine's disk as its process has it: passes everything on, and sees what the process does. It knows how
// much of the commit log the process may believe to be durable, and it can let the process die inside of any
// operation.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/strong.hpp"
#include "io/file_system.hpp"
#include "simulation/simulated_time.hpp"

namespace tern::simulation {

// Thrown out of the operation in which a process dies, and caught by who steps the time.
struct ProcessDied {
    SimulatedProcess* process;
};

enum class DiskOperation { create, write, write_zeros, set_size, sync, rename, remove, sync_directory };

// The process dies before its count-th operation from now on, of those on a path that has that part in it.
struct DiskDeath {
    std::uint64_t count{1};
    std::string part;
};

// Outlives the processes; each has it from attach() to detach().
class ObservedDisk final : public io::FileSystem {
public:
    ObservedDisk(io::FileSystem& disk, std::string commit_log_directory)
        : disk_{disk}, commit_log_directory_{std::move(commit_log_directory)} {}

    // Completions run on that process.
    void attach(SimulatedProcess& process);
    // The process has died: what it still calls fails and does nothing.
    void detach();

    void die(DiskDeath death) { death_ = std::move(death); }
    void spare() { death_.reset(); }

    // The commit log below is on the disk, as far as successful syncs say; never above the truth, and never
    // below an earlier answer unless the process has cut its log there.
    PhysicalOffset durable_end() const;
    // The process has found its log to end there: that is on the disk, too, if it has synced that segment.
    void log_found(PhysicalOffset end);
    // The machine has a new disk in its place, with nothing on it.
    void replaced() { durable_end_ = PhysicalOffset{0}; }
    bool log_has_unsynced_writes() const;
    bool log_is_syncing() const { return log_syncs_under_way_ > 0; }
    // The last operation, and when it was begun: what the process was about when it died.
    const std::string& last_path() const { return last_path_; }
    DiskOperation last_operation() const { return last_operation_; }
    Instant last_at() const { return last_at_; }

    Result<std::unique_ptr<io::File>> open(const std::string& path, io::OpenMode mode) override;
    bool exists(const std::string& path) const override { return disk_.exists(path); }
    Result<std::vector<io::DirectoryEntry>> list(const std::string& directory) const override {
        return disk_.list(directory);
    }
    Result<> create_directories(const std::string& path) override;
    Result<> remove(const std::string& path) override;
    Result<> rename(const std::string& from, const std::string& to) override;
    Result<> sync_directory(const std::string& path) override;
    Result<io::Space> space(const std::string& path) const override { return disk_.space(path); }
    Result<std::unique_ptr<io::FileLock>> lock(const std::string& path) override { return disk_.lock(path); }

private:
    class ObservedFile;

    // What this process wrote to one file; kept when the file is renamed.
    struct Written {
        std::string path;
        std::optional<std::int64_t> base;  // Of a commit-log segment: the offset of its first byte.
        std::int64_t end{0};
        std::int64_t synced{0};
        bool has_synced{false};
    };

    Result<> before(DiskOperation operation, const std::string& path);
    std::optional<std::int64_t> segment_base(const std::string& path) const;
    bool is_last_segment(std::int64_t base) const;
    void log_written(Written& written, std::int64_t offset, std::int64_t size);
    void log_cut(std::int64_t end);
    PhysicalOffset compute_durable_end() const;

    io::FileSystem& disk_;
    std::string commit_log_directory_;
    SimulatedProcess* process_{nullptr};
    std::optional<DiskDeath> death_;
    std::map<std::string, std::shared_ptr<Written>> written_;  // By present path.
    mutable PhysicalOffset durable_end_;
    std::int64_t log_syncs_under_way_{0};
    std::string last_path_;
    DiskOperation last_operation_{};
    Instant last_at_{};
};

}  // namespace tern::simulation
