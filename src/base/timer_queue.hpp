// Timers in the order they fall due; ties in the order they were set. The loop of the server and the
// simulation both keep theirs in one of these and differ only in how time passes.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>

#include "base/runtime.hpp"

namespace tern {

class TimerQueue {
public:
    TimerId add(Instant due, Task task);
    void cancel(TimerId timer);
    std::optional<Instant> next_due() const;
    // The first task due at or before now, taken out of the queue.
    std::optional<Task> take_due(Instant now);
    std::size_t size() const { return tasks_.size(); }

private:
    using Key = std::pair<Instant, TimerId>;
    std::map<Key, Task> tasks_;
    std::unordered_map<TimerId, Instant> due_;
    TimerId last_id_{0};
};

}  // namespace tern
