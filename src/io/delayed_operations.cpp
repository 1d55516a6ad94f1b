#include "io/delayed_operations.hpp"

#include <algorithm>

namespace tern::io {

void DelayedOperations::begin(Duration delay, Work work, Done done) {
    waiting_.push_back({clock_.now() + delay, std::move(work), std::move(done)});
    if (timer_ == 0) arm();
}

void DelayedOperations::stall_until(Instant end) {
    stalled_until_ = end;
    timers_.cancel(std::exchange(timer_, 0));
    arm();
}

void DelayedOperations::clear() {
    timers_.cancel(std::exchange(timer_, 0));
    waiting_.clear();
}

void DelayedOperations::arm() {
    if (waiting_.empty()) return;
    const auto due = std::max(waiting_.front().due, stalled_until_);
    timer_ = timers_.after(std::max(due - clock_.now(), Duration{0}), [this] {
        timer_ = 0;
        finish_due();
    });
}

// One at a time: done may begin another, or let the machine crash.
void DelayedOperations::finish_due() {
    while (timer_ == 0 && !waiting_.empty() &&
           std::max(waiting_.front().due, stalled_until_) <= clock_.now()) {
        Operation first = std::move(waiting_.front());
        waiting_.pop_front();
        auto result = first.work();
        first.done(std::move(result));
    }
    if (timer_ == 0) arm();
}

}  // namespace tern::io
