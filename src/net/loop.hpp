// One thread's event loop over Asio: the place where work is posted, the timers and the clock of all that
// lives on it. Asio itself is seen only by the sources of this library.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/runtime.hpp"

namespace boost::asio {
class io_context;
}

namespace tern::net {

// All but post(), stop() and the clock is used from the thread that runs the loop, or while none does. What
// lives on a loop dies before it.
class Loop final : public Executor, public Timers, public Clock {
public:
    Loop();
    ~Loop() override;
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // Handles events until stop() is called; returns at once if it was called before.
    void run();
    // Waits for one event and handles it; for tests.
    void run_one();
    void stop();

    // Calls handler, on the loop, each time the process gets one of the signals.
    void on_signal(const std::vector<int>& signals, std::function<void(int)> handler);

    void post(Task task) override;
    TimerId after(Duration delay, Task task) override;
    void cancel(TimerId timer) override;
    Instant now() const override;
    WallMillis wall_ms() const override;

    boost::asio::io_context& context();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tern::net
