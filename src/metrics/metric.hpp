// Counters and gauges: numbers that one thread changes and any thread may read, at the cost of a plain
// variable.
#pragma once

#include <atomic>
#include <cstdint>

namespace tern::metrics {

// The number in a metric. Only its owner writes it, so adding needs no locked instruction; a reader of
// another thread sees a value that was right a moment ago.
template <class Number>
class Cell {
public:
    void set(Number number) { number_.store(number, std::memory_order_relaxed); }
    void add(Number more) { set(get() + more); }
    Number get() const { return number_.load(std::memory_order_relaxed); }

private:
    std::atomic<Number> number_{0};
};

// How often something happened, or how much of it; it never falls.
class Counter {
public:
    void add(std::uint64_t more = 1) { count_.add(more); }
    std::uint64_t value() const { return count_.get(); }

private:
    Cell<std::uint64_t> count_;
};

// How much there is of something now.
class Gauge {
public:
    void set(std::int64_t level) { level_.set(level); }
    void add(std::int64_t more) { level_.add(more); }
    void subtract(std::int64_t less) { level_.add(-less); }
    std::int64_t value() const { return level_.get(); }

private:
    Cell<std::int64_t> level_;
};

}  // namespace tern::metrics
