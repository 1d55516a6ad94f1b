#include "simulation/simulated_time.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace tern::simulation {
namespace {

constexpr WallMillis wall_at_start = 1'700'000'000'000;

// What a stall held up comes first when it ends, in the order it fell due: no loop runs a later timer before
// an earlier.
constexpr std::uint64_t after_stalled = std::uint64_t{1} << 63;

std::uint32_t slot_of(EventId event) {
    return static_cast<std::uint32_t>(event);
}
std::uint32_t generation_of(EventId event) {
    return static_cast<std::uint32_t>(event >> 32);
}

}  // namespace

WallMillis SimulatedTime::wall_ms(Duration ahead) const {
    return wall_at_start +
           std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch() + ahead).count();
}

EventId SimulatedTime::schedule(Instant due, SimulatedProcess* owner, Task task) {
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<std::uint32_t>(events_.size()));
        events_.emplace_back();
    }
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    events_[slot].task = std::move(task);
    events_[slot].owner = owner;
    const std::uint32_t generation = events_[slot].generation;
    ++scheduled_;
    const std::uint64_t tie = after_stalled | (ties_ == Ties::shuffled ? random_.next() : scheduled_);
    push({std::max(due, now_), tie, slot, generation});
    return (EventId{generation} << 32) | slot;
}

void SimulatedTime::cancel(EventId event) {
    const std::uint32_t slot = slot_of(event);
    if (event == 0 || slot >= events_.size() || events_[slot].generation != generation_of(event)) return;
    take(slot);  // And the task dies here, after the queue is whole again: its end may schedule or cancel.
}

bool SimulatedTime::step(Instant deadline) {
    while (!entries_.empty() && entries_.front().due <= deadline) {
        Entry next = entries_.front();
        pop();
        const Event& event = events_[next.slot];
        if (event.generation != next.generation) continue;
        if (event.owner != nullptr && event.owner->stalled_until() > next.due) {
            next.due = event.owner->stalled_until();
            next.tie = ++stalled_;
            push(next);
            continue;
        }
        now_ = next.due;
        ++steps_;
        Task task = take(next.slot);
        task();
        return true;
    }
    now_ = std::max(now_, deadline);
    return false;
}

void SimulatedTime::push(Entry entry) {
    entries_.push_back(entry);
    std::push_heap(entries_.begin(), entries_.end(), Later{});
}

void SimulatedTime::pop() {
    std::pop_heap(entries_.begin(), entries_.end(), Later{});
    entries_.pop_back();
}

Task SimulatedTime::take(std::uint32_t slot) {
    Event& event = events_[slot];
    Task task = std::move(event.task);
    event.owner = nullptr;
    ++event.generation;
    free_slots_.push_back(slot);
    return task;
}

void SimulatedTime::forget(const SimulatedProcess& owner) {
    std::vector<Task> dropped;  // They die last: the end of what they hold may still call the dead process.
    for (std::uint32_t slot = 0; slot < events_.size(); ++slot)
        if (events_[slot].owner == &owner) dropped.push_back(take(slot));
}

void SimulatedProcess::kill() {
    if (!alive_) return;
    alive_ = false;
    time_.forget(*this);
    const auto dropped = std::exchange(posted_, {});
}

void SimulatedProcess::post(Task task) {
    if (!alive_) return;
    posted_.push_back(std::move(task));
    time_.schedule(time_.now(), this, [this] { run_first_posted(); });
}

TimerId SimulatedProcess::after(Duration delay, Task task) {
    if (!alive_) return 0;
    return time_.schedule(time_.now() + true_time(std::max(delay, Duration::zero())), this, std::move(task));
}

Duration SimulatedProcess::true_time(Duration own) const {
    if (drift_ == 0) return own;
    const std::int64_t speed = 1'000'000 + drift_;
    return own / speed * 1'000'000 + own % speed * 1'000'000 / speed + 2ns;  // What division drops.
}

void SimulatedProcess::run_first_posted() {
    TERN_ASSERT(!posted_.empty());
    Task task = std::move(posted_.front());
    posted_.pop_front();
    task();
}

}  // namespace tern::simulation
