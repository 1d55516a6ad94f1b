// Operations of a simulated disk that take their time and end in the order in which they were begun.
#pragma once

#include <deque>

#include "base/runtime.hpp"
#include "io/file_system.hpp"

namespace tern::io {

class DelayedOperations {
public:
    using Work = InplaceFunction<Result<>(), 64>;

    DelayedOperations(Clock& clock, Timers& timers) : clock_{clock}, timers_{timers} {}
    ~DelayedOperations() { clear(); }
    DelayedOperations(const DelayedOperations&) = delete;
    DelayedOperations& operator=(const DelayedOperations&) = delete;

    // Does the work after the delay, or when its predecessor is done if that is later, and calls done with
    // its result.
    void begin(Duration delay, Work work, Done done);
    // None ends before that.
    void stall_until(Instant end);
    // Forgets them all; neither their work is done nor done called.
    void clear();

private:
    struct Operation {
        Instant due;
        Work work;
        Done done;
    };

    void arm();
    void finish_due();

    Clock& clock_;
    Timers& timers_;
    std::deque<Operation> waiting_;
    Instant stalled_until_{};
    TimerId timer_{0};  // For the first.
};

}  // namespace tern::io
