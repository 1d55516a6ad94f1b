#include "io/memory_file_system.hpp"

#include <algorithm>
#include <bit>

#include "base/hash.hpp"

namespace tern::io {
namespace {

std::unexpected<Error> refusal(const std::string& path, std::string_view call, std::string_view words) {
    return failure(Errc::io_failed, path + ": " + std::string{call} + ": " + std::string{words});
}

}  // namespace

class MemoryFileSystem::OpenFile final : public File {
public:
    OpenFile(MemoryFileSystem& files, Ref<Inode> inode, std::string path, bool is_writable)
        : files_{files},
          inode_{std::move(inode)},
          path_{std::move(path)},
          is_writable_{is_writable},
          incarnation_{files.incarnation_} {}

    using File::write_at;

    Result<std::int64_t> size() const override {
        if (auto usable = check_alive("fstat"); !usable) return std::unexpected{usable.error()};
        return content().size();
    }

    Result<> write_at(std::int64_t offset, std::span<const std::string_view> parts) override {
        std::int64_t size = 0;
        for (const auto part : parts) size += static_cast<std::int64_t>(part.size());
        std::int64_t left = 0;
        auto admitted = admit(offset, size, left);
        for (const auto part : parts) {
            const auto taken = part.substr(0, static_cast<std::size_t>(left));
            content().write(offset, taken);
            offset += static_cast<std::int64_t>(taken.size());
            left -= static_cast<std::int64_t>(taken.size());
        }
        return admitted;
    }

    Result<> write_zeros(std::int64_t offset, std::int64_t size) override {
        std::int64_t taken = 0;
        auto admitted = admit(offset, size, taken);
        content().write_zeros(offset, taken);
        return admitted;
    }

    Result<> read_at(std::int64_t offset, std::span<char> out) const override {
        if (auto usable = check_alive("pread"); !usable) return usable;
        if (auto lucky = files_.refuse_by_chance(files_.faults_.read_failures, path_, "pread"); !lucky)
            return lucky;
        const auto bytes = content().bytes();
        if (offset < 0 || offset + std::ssize(out) > std::ssize(bytes))
            return refusal(path_, "pread", "end of file at " + std::to_string(bytes.size()));
        std::ranges::copy(bytes.subspan(static_cast<std::size_t>(offset), out.size()), out.begin());
        return {};
    }

    void read(std::int64_t offset, std::span<char> out, Done done) override {
        if (!check_alive("pread")) return;
        const auto delay = files_.draw(files_.faults_.read_delay_min, files_.faults_.read_delay_max);
        files_.reads_.begin(delay, [this, offset, out] { return read_at(offset, out); }, std::move(done));
    }

    void sync(Done done) override {
        if (!check_alive("fdatasync")) return;
        const auto delay = files_.draw(files_.faults_.sync_delay_min, files_.faults_.sync_delay_max);
        content().begin_sync();
        files_.syncs_.begin(delay, [this] { return end_sync(); }, std::move(done));
    }

    Result<> sync_now() override {
        if (auto usable = check_alive("fdatasync"); !usable) return usable;
        auto synced = files_.refuse_by_chance(files_.faults_.sync_failures, path_, "fdatasync");
        if (synced) {
            content().sync_now();
        } else {
            content().fail_sync_now(files_.random_);
        }
        return synced;
    }

    Result<> set_size(std::int64_t size) override {
        if (auto usable = check_writable("ftruncate"); !usable) return usable;
        if (size < 0) return refusal(path_, "ftruncate", "Invalid argument");
        if (size > MemoryContent::size_max) return refusal(path_, "ftruncate", "File too large");
        content().set_size(size);
        inode_->modified_ms = files_.clock_.wall_ms();
        return {};
    }

    void reserve(std::int64_t size) override {
        if (!check_writable("fallocate")) return;
        const std::int64_t free = files_.faults_.capacity_bytes - files_.allocated_bytes_;
        if (content().unallocated_bytes(0, size) <= free) content().allocate(0, size);
    }

    Result<std::string_view> map() override {
        if (auto usable = check_alive("mmap"); !usable) return std::unexpected{usable.error()};
        if (!mapped_size_) mapped_size_ = content().bytes().size();
        return std::string_view{content().bytes().data(), *mapped_size_};
    }

    Result<std::span<char>> map_for_writing() override {
        if (auto usable = check_writable("mmap"); !usable) return std::unexpected{usable.error()};
        if (!writable_mapped_size_) writable_mapped_size_ = content().bytes_for_writing().size();
        return std::span<char>{content().bytes().data(), *writable_mapped_size_};
    }

private:
    MemoryContent& content() const { return *inode_->content; }

    Result<> check_alive(std::string_view call) const {
        if (incarnation_ != files_.incarnation_) return refusal(path_, call, "the process has crashed");
        return {};
    }

    Result<> check_writable(std::string_view call) const {
        if (!is_writable_) return refusal(path_, call, "Bad file descriptor");
        return check_alive(call);
    }

    // Sets how many bytes of a write are taken: all of them, or fewer and the reason.
    Result<> admit(std::int64_t offset, std::int64_t size, std::int64_t& taken) {
        taken = 0;
        if (auto usable = check_writable("pwritev"); !usable) return usable;
        if (offset < 0 || size < 0) return refusal(path_, "pwritev", "Invalid argument");
        if (offset + size > MemoryContent::size_max) return refusal(path_, "pwritev", "File too large");
        inode_->modified_ms = files_.clock_.wall_ms();
        if (auto lucky = files_.refuse_by_chance(files_.faults_.write_failures, path_, "pwritev"); !lucky) {
            taken = static_cast<std::int64_t>(files_.random_.below(static_cast<std::uint64_t>(size) + 1));
            return lucky;
        }
        std::int64_t free = files_.faults_.capacity_bytes - files_.allocated_bytes_;
        while (taken < size) {
            const auto at = offset + taken;
            const auto part =
                std::min(MemoryContent::page_size - at % MemoryContent::page_size, size - taken);
            const auto needed = content().unallocated_bytes(at, part);
            if (needed > 0 && needed > free) return refusal(path_, "pwritev", "No space left on device");
            free -= needed;
            taken += part;
        }
        return {};
    }

    Result<> end_sync() {
        auto synced = files_.refuse_by_chance(files_.faults_.sync_failures, path_, "fdatasync");
        if (synced) {
            content().end_sync();
        } else {
            content().fail_sync(files_.random_);
        }
        return synced;
    }

    MemoryFileSystem& files_;
    Ref<Inode> inode_;
    std::string path_;
    bool is_writable_;
    std::uint64_t incarnation_;
    std::optional<std::size_t> mapped_size_;
    std::optional<std::size_t> writable_mapped_size_;
};

class MemoryFileSystem::HeldLock final : public FileLock {
public:
    HeldLock(MemoryFileSystem& files, Ref<Inode> inode)
        : files_{files}, inode_{std::move(inode)}, incarnation_{files.incarnation_} {
        files_.locked_.insert(inode_.get());
    }
    ~HeldLock() override {
        if (incarnation_ == files_.incarnation_) files_.locked_.erase(inode_.get());
    }

private:
    MemoryFileSystem& files_;
    Ref<Inode> inode_;
    std::uint64_t incarnation_;
};

MemoryFileSystem::MemoryFileSystem(const Runtime& runtime)
    : clock_{runtime.clock},
      random_{runtime.random},
      log_{runtime.log},
      syncs_{runtime.clock, runtime.timers},
      reads_{runtime.clock, runtime.timers} {}

Result<std::unique_ptr<File>> MemoryFileSystem::open(const std::string& path, OpenMode mode) {
    auto inode = tree_.find(path);
    const bool may_create = mode == OpenMode::create_or_open || mode == OpenMode::create_or_truncate;
    if (!inode && !may_create) return refusal(path, "open", "No such file or directory");
    if (!inode) {
        inode = make_counted<Inode>();
        inode->content = std::make_unique<MemoryContent>(allocated_bytes_);
        inode->modified_ms = clock_.wall_ms();
        if (auto added = tree_.add(path, inode); !added) return std::unexpected{added.error()};
    }
    if (inode->is_directory()) return refusal(path, "open", "Is a directory");
    if (mode == OpenMode::create_or_truncate) inode->content->set_size(0);
    return std::make_unique<OpenFile>(*this, std::move(inode), path, mode != OpenMode::read_only);
}

bool MemoryFileSystem::exists(const std::string& path) const {
    return static_cast<bool>(tree_.find(path));
}

Result<std::vector<DirectoryEntry>> MemoryFileSystem::list(const std::string& directory) const {
    const auto listed = tree_.find_directory(directory, "opendir");
    if (!listed) return std::unexpected{listed.error()};
    std::vector<DirectoryEntry> entries;
    for (const auto& [name, inode] : (*listed)->names) {
        entries.push_back({.name = name,
                           .is_directory = inode->is_directory(),
                           .size = inode->is_directory() ? 0 : inode->content->size(),
                           .modified_ms = inode->modified_ms});
    }
    return entries;
}

Result<> MemoryFileSystem::create_directories(const std::string& path) {
    return tree_.create_directories(path);
}

Result<> MemoryFileSystem::remove(const std::string& path) {
    return tree_.remove(path);
}

Result<> MemoryFileSystem::rename(const std::string& from, const std::string& to) {
    return tree_.rename(from, to);
}

Result<> MemoryFileSystem::sync_directory(const std::string& path) {
    const auto directory = tree_.find_directory(path, "open");
    if (!directory) return std::unexpected{directory.error()};
    if (auto lucky = refuse_by_chance(faults_.sync_failures, path, "fsync"); !lucky) return lucky;
    tree_.sync(*directory);
    return {};
}

Result<Space> MemoryFileSystem::space(const std::string& path) const {
    if (!exists(path)) return refusal(path, "statvfs", "No such file or directory");
    return Space{.total_bytes = faults_.capacity_bytes,
                 .free_bytes = std::max(faults_.capacity_bytes - allocated_bytes_, std::int64_t{0})};
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path) {
    if (auto file = open(path, OpenMode::create_or_open); !file) return std::unexpected{file.error()};
    auto inode = tree_.find(path);
    if (locked_.contains(inode.get())) return failure(Errc::busy, path + ": locked by another broker");
    return std::make_unique<HeldLock>(*this, std::move(inode));
}

void MemoryFileSystem::set_faults(const Faults& faults) {
    faults_ = faults;
    syncs_.stall_until(faults.stalled_until);
    reads_.stall_until(faults.stalled_until);
}

void MemoryFileSystem::crash_process() {
    ++incarnation_;
    locked_.clear();
    syncs_.clear();
    reads_.clear();
    tree_.for_each([](const std::string&, const Ref<Inode>& inode) {
        if (!inode->is_directory()) inode->content->crash_process();
    });
}

CrashReport MemoryFileSystem::crash_machine(const CrashOdds& odds) {
    crash_process();
    CrashReport report;
    tree_.crash_machine(odds, random_, report);
    tree_.for_each([&](const std::string&, const Ref<Inode>& inode) {
        if (!inode->is_directory()) inode->content->crash_machine(odds, random_, report);
    });
    return report;
}

void MemoryFileSystem::damage(const std::string& path, std::int64_t offset, std::string_view bytes) {
    const auto inode = tree_.find(path);
    TERN_ASSERT(inode && !inode->is_directory());
    inode->content->damage(offset, bytes);
}

std::uint64_t MemoryFileSystem::state_hash() const {
    std::uint64_t hash = 0;
    tree_.for_each([&hash](const std::string& path, const Ref<Inode>& inode) {
        for (const std::uint64_t value :
             {std::uint64_t{crc32(path)}, inode->is_directory() ? std::uint64_t{0} : inode->content->hash()})
            hash = (std::rotl(hash, 29) ^ value) * 0x9E3779B97F4A7C15U;
    });
    return hash;
}

Duration MemoryFileSystem::draw(Duration least, Duration most) {
    const auto range = most - least;
    if (range <= Duration{0}) return least;
    return least +
           Duration{static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(range.count()) + 1))};
}

Result<> MemoryFileSystem::refuse_by_chance(std::uint32_t of_thousand, const std::string& path,
                                            std::string_view call) {
    if (!happens(random_, of_thousand)) return {};
    log_.debug("disk_fault", {{"path", path}, {"call", call}});
    return refusal(path, call, "Input/output error");
}

}  // namespace tern::io
