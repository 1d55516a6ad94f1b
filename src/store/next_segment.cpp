#include "store/next_segment.hpp"

#include <algorithm>

namespace tern::store {
namespace {

// Only on a disk that has room for so many segments more: none is taken from anybody who needs it.
constexpr std::int64_t segments_free_to_reserve = 8;

}  // namespace

NextSegment::NextSegment(io::FileSystem& files, std::string own_directory, const SegmentQueue& segments,
                         std::int64_t zeros)
    : files_{files},
      own_directory_{std::move(own_directory)},
      temporary_{own_directory_ + "/next-segment"},
      directory_{segments.directory()},
      segment_size_{segments.segment_size()},
      zeros_{std::min(zeros, segment_size_)} {}

void NextSegment::prepare(std::int64_t base) {
    if (is_begun_for(base)) return;
    if (!discard() || !make(base)) return;
    state_ = State::syncing;
    file_->sync([this, alive = alive_, file = file_](const Result<>& synced) {
        if (!*alive || state_ != State::syncing || file_ != file) return;
        if (!synced || !publish()) state_ = State::none;
    });
}

Result<SharedFile> NextSegment::take(std::int64_t base) {
    if (!is_ready_for(base)) {
        if (!is_begun_for(base)) {
            if (auto discarded = discard(); !discarded) return std::unexpected(discarded.error());
            if (auto made = make(base); !made) return std::unexpected(made.error());
        }
        state_ = State::none;
        if (auto synced = file_->sync_now(); !synced) return std::unexpected(synced.error());
        if (auto published = publish(); !published) return std::unexpected(published.error());
    }
    state_ = State::none;
    return std::move(file_);
}

Result<> NextSegment::discard() {
    if (state_ == State::none) return {};
    const bool in_place = state_ == State::ready;
    state_ = State::none;
    file_.reset();
    if (auto removed = files_.remove(in_place ? directory_ + "/" + segment_name(base_) : temporary_);
        !removed)
        return removed;
    return files_.sync_directory(in_place ? directory_ : own_directory_);
}

Result<> NextSegment::make(std::int64_t base) {
    // Not truncated but removed: after a crash the name may still lead to a segment that is in use.
    if (auto removed = files_.remove(temporary_); !removed) return removed;
    auto file = files_.open(temporary_, io::OpenMode::create_or_open);
    if (!file) return std::unexpected(file.error());
    if (auto sized = (*file)->set_size(segment_size_); !sized) return sized;
    // Else the file system looks for room while it writes back, and the loop's writes wait for that.
    const auto space = files_.space(own_directory_);
    if (space && space->free_bytes >= segments_free_to_reserve * segment_size_)
        (*file)->reserve(segment_size_);
    if (zeros_ > 0) {
        if (auto zeroed = (*file)->write_zeros(0, zeros_); !zeroed) return zeroed;
    }
    base_ = base;
    file_ = std::move(*file);
    return {};
}

Result<> NextSegment::publish() {
    if (auto renamed = files_.rename(temporary_, directory_ + "/" + segment_name(base_)); !renamed)
        return renamed;
    if (auto synced = files_.sync_directory(directory_); !synced) return synced;
    if (auto synced = files_.sync_directory(own_directory_); !synced) return synced;
    state_ = State::ready;
    return {};
}

}  // namespace tern::store
