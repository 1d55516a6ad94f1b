// Virtual time for a whole cluster on one thread: one queue of events, and a clock that moves only from event
// to event. A simulated process sees it as its clock, its timers and its executor, and can be killed with all
// it had pending.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/runtime.hpp"

namespace tern::simulation {

class SimulatedProcess;

// Which of the events due at one instant comes first.
enum class Ties {
    in_order,  // The one scheduled first: for tests that count steps.
    shuffled,  // Any, by the seed: nothing may rely on an order that no machine promises.
};

using EventId = std::uint64_t;  // 0 names no event.

// Owned and stepped by one thread. Processes refer to it and die before it.
class SimulatedTime {
public:
    SimulatedTime(std::uint64_t seed, Ties ties) : random_{seed}, ties_{ties} {}
    SimulatedTime(const SimulatedTime&) = delete;
    SimulatedTime& operator=(const SimulatedTime&) = delete;

    Instant now() const { return now_; }
    // What a wall clock would show that is right, or that drift has put ahead by so much. Runs begin on
    // 14 November 2023.
    WallMillis wall_ms(Duration ahead = {}) const;
    // How many events have run: the finest measure of how far a run has come.
    std::uint64_t steps() const { return steps_; }

    // Work of owner, dropped when owner is killed; work of the world itself when owner is null.
    EventId schedule(Instant due, SimulatedProcess* owner, Task task);
    void cancel(EventId event);

    // Runs the next event if it is due by deadline; otherwise goes to the deadline and says false.
    bool step(Instant deadline);
    void run_until(Instant deadline) {
        while (step(deadline)) {
        }
    }
    void run_for(Duration duration) { run_until(now_ + duration); }

private:
    friend class SimulatedProcess;

    struct Event {
        Task task;
        SimulatedProcess* owner{nullptr};
        std::uint32_t generation{1};
    };
    // What the heap sorts; the task stays where it is. One whose generation is over was cancelled.
    struct Entry {
        Instant due;
        std::uint64_t tie;
        std::uint32_t slot;
        std::uint32_t generation;
    };
    struct Later {
        bool operator()(const Entry& a, const Entry& b) const {
            return a.due != b.due ? a.due > b.due : a.tie > b.tie;
        }
    };

    void push(Entry entry);
    void pop();
    Task take(std::uint32_t slot);
    void forget(const SimulatedProcess& owner);

    SeededRandom random_;
    Ties ties_;
    Instant now_{};
    std::uint64_t steps_{0};
    std::uint64_t scheduled_{0};
    std::uint64_t stalled_{0};
    std::vector<Entry> entries_;  // A heap: the earliest in front.
    std::vector<Event> events_;
    std::vector<std::uint32_t> free_slots_;
};

// One run of a program on a machine whose wall clock is off by some amount. Once killed, nothing that it had
// posted or set runs any more, and what it posts goes nowhere; starting the program again takes a new
// SimulatedProcess.
class SimulatedProcess final : public Clock, public Executor, public Timers {
public:
    SimulatedProcess(SimulatedTime& time, std::string name, std::uint64_t seed, Log& log)
        : time_{time}, name_{std::move(name)}, random_{seed}, log_{log} {}
    ~SimulatedProcess() override { kill(); }

    const std::string& name() const { return name_; }
    SimulatedTime& time() const { return time_; }
    Runtime runtime() { return {*this, *this, *this, random_, log_}; }

    bool is_alive() const { return alive_; }
    void kill();
    // Runs nothing before that moment, as under SIGSTOP or on a starved machine; what falls due waits.
    // A shorter stall within a longer one is none: what is held up keeps its place.
    void stall_until(Instant until) { stalled_until_ = std::max(stalled_until_, until); }
    Instant stalled_until() const { return stalled_until_; }
    // How far this machine's wall clock is ahead of the true time; it may be set back while the process runs.
    void set_wall_error(std::chrono::milliseconds error) { wall_error_ = error; }
    // How much faster its clocks go than the true time, its timers with them.
    void set_drift(std::int64_t millionths) { drift_ = millionths; }

    Instant now() const override { return time_.now() + drifted(time_.now() - Instant{}, drift_); }
    WallMillis wall_ms() const override {
        return time_.wall_ms(drifted(time_.now() - Instant{}, drift_)) + wall_error_.count();
    }
    // By how much a clock with that drift is ahead after such a time.
    static Duration drifted(Duration time, std::int64_t millionths) {
        return time / 1'000'000 * millionths + time % 1'000'000 * millionths / 1'000'000;
    }
    void post(Task task) override;
    TimerId after(Duration delay, Task task) override;
    void cancel(TimerId timer) override { time_.cancel(timer); }

private:
    void run_first_posted();
    // How long it takes until its own clock has gone on by so much: never less.
    Duration true_time(Duration own) const;

    SimulatedTime& time_;
    std::string name_;
    SeededRandom random_;
    Log& log_;
    std::deque<Task> posted_;  // One event is scheduled for each; whichever comes, the first posted runs.
    std::chrono::milliseconds wall_error_{0};
    std::int64_t drift_{0};
    Instant stalled_until_{};
    bool alive_{true};
};

}  // namespace tern::simulation
