// The commit-log segment behind the last one, made before it is needed so that a roll never waits. Java
// refuses strangers among its segments, so it gets its full length in our own directory, is synced, and only
// then renamed into place.
#pragma once

#include <memory>
#include <string>

#include "store/segment_queue.hpp"

namespace tern::store {

class NextSegment {
public:
    // zeros: how much of its front is written with zeros ahead of use. The directories exist.
    NextSegment(io::FileSystem& files, std::string own_directory, const SegmentQueue& segments,
                std::int64_t zeros);
    ~NextSegment() { *alive_ = false; }

    // Begins to make the segment. A failure is kept quiet: take() tries again and tells.
    void prepare(std::int64_t base);
    bool is_begun_for(std::int64_t base) const { return state_ != State::none && base_ == base; }
    bool is_ready_for(std::int64_t base) const { return state_ == State::ready && base_ == base; }
    // The segment, in place under its name. Waits for the disk unless it is ready.
    Result<SharedFile> take(std::int64_t base);
    // Removes one that was made and not taken.
    Result<> discard();

private:
    enum class State { none, syncing, ready };

    Result<> make(std::int64_t base);
    Result<> publish();

    io::FileSystem& files_;
    std::string own_directory_;
    std::string temporary_;
    std::string directory_;
    std::int64_t segment_size_;
    std::int64_t zeros_;
    State state_{State::none};
    std::int64_t base_{0};
    SharedFile file_;
    std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace tern::store
