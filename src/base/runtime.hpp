// What the world gives to a part of the system: time, timers, a place to run work, chance, and a log. Each
// comes in through the constructor, from Asio and the operating system in the server, from the simulation in
// tests.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/inplace_function.hpp"
#include "base/log.hpp"

namespace tern {

using Duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;

// A moment of the monotonic clock; only differences mean something.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// Milliseconds since the Unix epoch, as every timestamp of RocketMQ's.
using WallMillis = std::int64_t;

class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
    virtual WallMillis wall_ms() const = 0;
};

using Task = InplaceFunction<void(), 80>;

// Runs work later on the loop that owns the caller's state. Tasks run in the order posted, after everything
// the loop had already begun or queued: what several connections caused in one turn is batched by posting
// once.
class Executor {
public:
    virtual ~Executor() = default;
    // From any thread.
    virtual void post(Task task) = 0;
};

using TimerId = std::uint64_t;  // 0 names no timer.

// Timers of one loop; to be used from that loop alone. What is cancelled does not run any more.
class Timers {
public:
    virtual ~Timers() = default;
    virtual TimerId after(Duration delay, Task task) = 0;
    virtual void cancel(TimerId timer) = 0;
};

// In a server nobody can guess what comes next: nonces are made of it. In a test it comes from a seed.
class Random {
public:
    virtual ~Random() = default;
    virtual std::uint64_t next() = 0;
    // Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
};

// All of it, as most constructors take it. References outlive whoever is given them.
struct Runtime {
    Clock& clock;
    Executor& executor;
    Timers& timers;
    Random& random;
    Log& log;
};

}  // namespace tern
