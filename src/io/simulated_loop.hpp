// A loop on simulated time: the clock, executor and timers of one thread, which moves only when told. For
// tests of what takes a Runtime.
#pragma once

#include <deque>

#include "base/random.hpp"
#include "base/runtime.hpp"
#include "base/timer_queue.hpp"

namespace tern::io {

class SimulatedLoop final : public Clock, public Executor, public Timers {
public:
    explicit SimulatedLoop(std::uint64_t seed = 1) : random_{seed} {}

    Runtime runtime() { return {*this, *this, *this, random_, log_}; }

    Instant now() const override { return now_; }
    WallMillis wall_ms() const override {
        return 1'700'000'000'000 +
               std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
    }
    void post(Task task) override { posted_.push_back(std::move(task)); }
    TimerId after(Duration delay, Task task) override { return timers_.add(now_ + delay, std::move(task)); }
    void cancel(TimerId timer) override { timers_.cancel(timer); }

    // Runs what is posted and what falls due until then.
    void advance(Duration by) {
        const Instant end = now_ + by;
        run_posted();
        while (timers_.next_due() && *timers_.next_due() <= end) run_next_timer();
        now_ = end;
    }
    // Runs until nothing is posted and no timer is set.
    void run() {
        run_posted();
        while (timers_.next_due()) run_next_timer();
    }

private:
    void run_posted() {
        while (!posted_.empty()) {
            Task task = std::move(posted_.front());
            posted_.pop_front();
            task();
        }
    }
    void run_next_timer() {
        now_ = std::max(now_, *timers_.next_due());
        (*timers_.take_due(now_))();
        run_posted();
    }

    Instant now_{};
    std::deque<Task> posted_;
    TimerQueue timers_;
    SeededRandom random_;
    SilentLog log_;
};

}  // namespace tern::io
