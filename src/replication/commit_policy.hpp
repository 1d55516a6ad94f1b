// What an acknowledgement waits for, and what may be read, follow from the mode of the group. One code path
// drives all modes; they differ by this policy alone.
#pragma once

#include "base/strong.hpp"

namespace tern::replication {

// How far the log of this member is. Followers' positions join when a group has more than one member.
struct Progress {
    PhysicalOffset written;  // Survives the death of the process.
    PhysicalOffset flushed;  // Survives the death of the machine.
};

class CommitPolicy {
public:
    virtual ~CommitPolicy() = default;
    // Everything below is agreed: it is dispatched, and may be read.
    virtual PhysicalOffset committed(const Progress& progress) const = 0;
    // Whether an append is to be followed by a flush as soon as the one before it has ended.
    virtual bool flush_at_once() const = 0;
};

// A group of one: its own disk is the quorum. With SYNC_FLUSH nothing is read or acknowledged before the
// flush that covers it; with ASYNC_FLUSH writing is enough, and flushes follow in the background.
class AlonePolicy final : public CommitPolicy {
public:
    explicit AlonePolicy(bool sync_flush) : sync_flush_{sync_flush} {}
    PhysicalOffset committed(const Progress& progress) const override {
        return sync_flush_ ? progress.flushed : progress.written;
    }
    bool flush_at_once() const override { return sync_flush_; }

private:
    bool sync_flush_;
};

}  // namespace tern::replication
