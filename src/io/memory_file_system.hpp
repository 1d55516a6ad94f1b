// A disk in memory for the simulation: on one thread, on simulated time, with crashes of the process and of
// the machine, and with faults that can be set at any time. What a sync covered survives every crash; what
// none covered is kept, lost or torn, by chance.
#pragma once

#include <limits>
#include <memory>
#include <set>

#include "base/runtime.hpp"
#include "io/delayed_operations.hpp"
#include "io/file_system.hpp"
#include "io/memory_tree.hpp"

namespace tern::io {

// Failures are so many of 1,000 operations.
struct Faults {
    Duration sync_delay_min{0};
    Duration sync_delay_max{0};
    Duration read_delay_min{0};
    Duration read_delay_max{0};
    // What a failed sync covered is on the disk or not, and counts as clean: no later sync brings it there.
    std::uint32_t sync_failures{0};
    std::uint32_t write_failures{0};  // After any part of the bytes.
    std::uint32_t read_failures{0};
    std::int64_t capacity_bytes{std::numeric_limits<std::int64_t>::max()};
    Instant stalled_until{};  // No sync and no read ends before.
};

// One machine's disk. It outlives the processes that use it: after a crash the next one opens its files anew.
// The calls that wait take no simulated time; the others end on the timers.
class MemoryFileSystem final : public FileSystem {
public:
    explicit MemoryFileSystem(const Runtime& runtime);

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    bool exists(const std::string& path) const override;
    Result<std::vector<DirectoryEntry>> list(const std::string& directory) const override;
    Result<> create_directories(const std::string& path) override;
    Result<> remove(const std::string& path) override;
    Result<> rename(const std::string& from, const std::string& to) override;
    Result<> sync_directory(const std::string& path) override;
    Result<Space> space(const std::string& path) const override;
    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

    const Faults& faults() const { return faults_; }
    void set_faults(const Faults& faults);

    // The process dies: nothing that was written is lost. Its files, locks and mappings do nothing any more
    // (they may be destroyed later), and no completion of its operations comes.
    void crash_process();
    // The machine loses power, and its processes die.
    CrashReport crash_machine(const CrashOdds& odds = {});

    // The disk changes bytes of that file that it had, without a word.
    void damage(const std::string& path, std::int64_t offset, std::string_view bytes);

    // Of all names and contents, as readers see them.
    std::uint64_t state_hash() const;

private:
    class OpenFile;
    class HeldLock;

    Duration draw(Duration least, Duration most);
    Result<> refuse_by_chance(std::uint32_t of_thousand, const std::string& path, std::string_view call);

    Clock& clock_;
    Random& random_;
    Log& log_;
    Faults faults_;
    std::int64_t allocated_bytes_{0};  // Counted by the contents in the tree.
    MemoryTree tree_;
    std::set<const Inode*> locked_;
    std::uint64_t incarnation_{0};  // Of the process that uses the disk.
    DelayedOperations syncs_;
    DelayedOperations reads_;
};

}  // namespace tern::io
