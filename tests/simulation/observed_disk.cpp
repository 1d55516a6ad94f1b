#include "simulation/observed_disk.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tern::simulation {

class ObservedDisk::ObservedFile final : public io::File {
public:
    ObservedFile(ObservedDisk& disk, std::unique_ptr<io::File> file, std::shared_ptr<Written> written)
        : disk_{disk}, file_{std::move(file)}, written_{std::move(written)} {}

    Result<std::int64_t> size() const override { return file_->size(); }

    Result<> write_at(std::int64_t offset, std::span<const std::string_view> parts) override {
        if (auto alive = before(DiskOperation::write); !alive) return alive;
        std::int64_t size = 0;
        for (const auto part : parts) size += static_cast<std::int64_t>(part.size());
        auto done = file_->write_at(offset, parts);
        if (done) disk_.log_written(*written_, offset, size);
        return done;
    }
    Result<> read_at(std::int64_t offset, std::span<char> out) const override {
        return file_->read_at(offset, out);
    }
    void read(std::int64_t offset, std::span<char> out, io::Done done) override {
        if (disk_.process_ != nullptr) file_->read(offset, out, on_process(std::move(done)));
    }

    void sync(io::Done done) override {
        if (!before(DiskOperation::sync)) return;
        const bool of_log = written_->base.has_value();
        if (of_log) ++disk_.log_syncs_under_way_;
        file_->sync([disk = &disk_, of_log, written = written_, end = written_->end,
                     wrapped = std::make_unique<io::Done>(on_process(std::move(done)))](Result<> synced) {
            if (of_log) --disk->log_syncs_under_way_;
            if (synced) written->synced = std::max(written->synced, end);
            if (synced) written->has_synced = true;
            (*wrapped)(std::move(synced));
        });
    }
    Result<> sync_now() override {
        if (auto alive = before(DiskOperation::sync); !alive) return alive;
        auto synced = file_->sync_now();
        if (synced) written_->synced = written_->end;
        if (synced) written_->has_synced = true;
        return synced;
    }

    Result<> set_size(std::int64_t size) override {
        if (auto alive = before(DiskOperation::set_size); !alive) return alive;
        cut(size);
        return file_->set_size(size);
    }
    Result<> write_zeros(std::int64_t offset, std::int64_t size) override {
        if (auto alive = before(DiskOperation::write_zeros); !alive) return alive;
        cut(offset);
        return file_->write_zeros(offset, size);
    }
    void reserve(std::int64_t size) override { file_->reserve(size); }
    Result<std::string_view> map() override { return file_->map(); }
    Result<std::span<char>> map_for_writing() override { return file_->map_for_writing(); }

private:
    Result<> before(DiskOperation operation) { return disk_.before(operation, written_->path); }

    void cut(std::int64_t end) {
        written_->end = std::min(written_->end, end);
        written_->synced = std::min(written_->synced, end);
        if (written_->base) disk_.log_cut(*written_->base + end);
    }

    // A completion takes its turn among the tasks of the process, so that it waits while the process is
    // stalled.
    io::Done on_process(io::Done done) {
        return [process = disk_.process_,
                wrapped = std::make_unique<io::Done>(std::move(done))](Result<> result) mutable {
            process->post([wrapped = std::move(wrapped), kept = std::make_unique<Result<>>(std::move(
                                                             result))] { (*wrapped)(std::move(*kept)); });
        };
    }

    ObservedDisk& disk_;
    std::unique_ptr<io::File> file_;
    std::shared_ptr<Written> written_;
};

void ObservedDisk::attach(SimulatedProcess& process) {
    process_ = &process;
    written_.clear();
    log_syncs_under_way_ = 0;
}

void ObservedDisk::detach() {
    durable_end_ = durable_end();
    process_ = nullptr;
    death_.reset();
    written_.clear();
}

PhysicalOffset ObservedDisk::durable_end() const {
    durable_end_ = std::max(durable_end_, compute_durable_end());
    return durable_end_;
}

PhysicalOffset ObservedDisk::compute_durable_end() const {
    std::map<std::int64_t, const Written*> segments;
    for (const auto& [path, written] : written_)
        if (written->base && written->end > 0) segments[*written->base] = written.get();
    PhysicalOffset end;
    for (const auto& [base, written] : segments) {
        if (written->synced > 0) end = PhysicalOffset{base + written->synced};
        if (written->synced < written->end) break;
    }
    return end;
}

bool ObservedDisk::log_has_unsynced_writes() const {
    return std::ranges::any_of(written_, [](const auto& entry) {
        return entry.second->base && entry.second->synced < entry.second->end;
    });
}

Result<std::unique_ptr<io::File>> ObservedDisk::open(const std::string& path, io::OpenMode mode) {
    const bool creates = mode == io::OpenMode::create_or_truncate ||
                         (mode == io::OpenMode::create_or_open && !disk_.exists(path));
    if (creates) {
        if (auto alive = before(DiskOperation::create, path); !alive) return std::unexpected(alive.error());
    }
    auto file = disk_.open(path, mode);
    if (!file) return std::unexpected(file.error());
    auto& written = written_[path];
    if (written == nullptr || creates) written = std::make_shared<Written>(path, segment_base(path));
    return std::make_unique<ObservedFile>(*this, std::move(*file), written);
}

Result<> ObservedDisk::create_directories(const std::string& path) {
    if (auto alive = before(DiskOperation::create, path); !alive) return alive;
    return disk_.create_directories(path);
}

Result<> ObservedDisk::remove(const std::string& path) {
    if (auto alive = before(DiskOperation::remove, path); !alive) return alive;
    // The oldest segments expire; that cuts nothing off the end.
    if (const auto base = segment_base(path); base && is_last_segment(*base)) log_cut(*base);
    written_.erase(path);
    return disk_.remove(path);
}

Result<> ObservedDisk::rename(const std::string& from, const std::string& to) {
    if (auto alive = before(DiskOperation::rename, to); !alive) return alive;
    auto renamed = disk_.rename(from, to);
    if (auto moved = written_.extract(from); renamed && !moved.empty()) {
        moved.mapped()->path = to;
        moved.mapped()->base = segment_base(to);
        moved.mapped()->has_synced = false;
        written_[to] = std::move(moved.mapped());
    }
    return renamed;
}

Result<> ObservedDisk::sync_directory(const std::string& path) {
    if (auto alive = before(DiskOperation::sync_directory, path); !alive) return alive;
    return disk_.sync_directory(path);
}

Result<> ObservedDisk::before(DiskOperation operation, const std::string& path) {
    if (process_ == nullptr) return failure(Errc::io_failed, "the process is dead: " + path);
    last_path_ = path;
    last_operation_ = operation;
    last_at_ = process_->time().now();
    if (death_ && path.find(death_->part) != std::string::npos && --death_->count == 0) {
        auto* died = process_;
        detach();
        throw ProcessDied{died};
    }
    return {};
}

std::optional<std::int64_t> ObservedDisk::segment_base(const std::string& path) const {
    if (!path.starts_with(commit_log_directory_ + "/")) return std::nullopt;
    return parse_number<std::int64_t>(std::string_view{path}.substr(commit_log_directory_.size() + 1));
}

bool ObservedDisk::is_last_segment(std::int64_t base) const {
    const auto segments = disk_.list(commit_log_directory_);
    return !segments || std::ranges::none_of(*segments, [&](const io::DirectoryEntry& one) {
        return segment_base(commit_log_directory_ + "/" + one.name).value_or(base) > base;
    });
}

void ObservedDisk::log_found(PhysicalOffset end) {
    const Written* last = nullptr;
    for (const auto& [path, written] : written_) {
        const bool holds_end = written->base && *written->base < end.value();
        if (holds_end && (last == nullptr || *last->base < *written->base)) last = written.get();
    }
    const bool is_untouched = last != nullptr && (last->end == 0 || last->end == last->synced);
    if (is_untouched && last->has_synced) durable_end_ = std::max(durable_end(), end);
}

void ObservedDisk::log_cut(std::int64_t end) {
    durable_end_ = std::min(durable_end(), PhysicalOffset{end});
}

// Otherwise the log only grows: what lies before a process's first write was there, and synced, when it
// began.
// What was durable before is so again, or as good as that: it is written anew with the same bytes.
void ObservedDisk::log_written(Written& written, std::int64_t offset, std::int64_t size) {
    if (written.base && *written.base + offset + size <= durable_end().value()) return;
    if (written.end == 0) written.end = written.synced = offset;
    written.end = std::max(written.end, offset + size);
}

}  // namespace tern::simulation
