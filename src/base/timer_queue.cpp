#include "base/timer_queue.hpp"

namespace tern {

TimerId TimerQueue::add(Instant due, Task task) {
    const TimerId timer = ++last_id_;
    tasks_.emplace(Key{due, timer}, std::move(task));
    due_.emplace(timer, due);
    return timer;
}

void TimerQueue::cancel(TimerId timer) {
    const auto found = due_.find(timer);
    if (found == due_.end()) return;
    tasks_.erase(Key{found->second, timer});
    due_.erase(found);
}

std::optional<Instant> TimerQueue::next_due() const {
    if (tasks_.empty()) return std::nullopt;
    return tasks_.begin()->first.first;
}

std::optional<Task> TimerQueue::take_due(Instant now) {
    if (tasks_.empty() || tasks_.begin()->first.first > now) return std::nullopt;
    auto first = tasks_.extract(tasks_.begin());
    due_.erase(first.key().second);
    return std::move(first.mapped());
}

}  // namespace tern
