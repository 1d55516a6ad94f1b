#include "net/loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <optional>

#include "base/timer_queue.hpp"

namespace tern::net {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// Tasks that tasks have posted run in the same turn, so often; then the sockets have their turn again.
constexpr int rounds_max = 8;

}  // namespace

struct Loop::State {
    asio::io_context context{1};  // To be run by one thread.

    std::mutex mutex;
    std::vector<Task> posted;   // Guarded by mutex.
    bool is_run_due{false};     // Guarded by mutex: run_posted() is queued.
    std::vector<Task> running;  // Kept for its storage.

    TimerQueue timers;
    asio::steady_timer alarm{context};
    std::optional<Instant> alarm_at;

    struct SignalWait {
        SignalWait(asio::io_context& waits_in, std::function<void(int)> calls)
            : signals{waits_in}, handler{std::move(calls)} {}
        asio::signal_set signals;
        std::function<void(int)> handler;
    };
    std::vector<std::unique_ptr<SignalWait>> signal_waits;

    void queue_run() {
        asio::post(context, [this] { run_posted(); });
    }
    void run_posted();
    void set_alarm();
    void wait_for_signal(SignalWait& wait);
};

Loop::Loop() : state_{std::make_unique<State>()} {}
Loop::~Loop() = default;

void Loop::run() {
    const auto work = asio::make_work_guard(state_->context);
    state_->context.run();
    state_->context.restart();
}

void Loop::run_one() {
    const auto work = asio::make_work_guard(state_->context);
    state_->context.run_one();
}

void Loop::stop() {
    state_->context.stop();
}

void Loop::post(Task task) {
    const std::lock_guard lock{state_->mutex};
    state_->posted.push_back(std::move(task));
    if (!std::exchange(state_->is_run_due, true)) state_->queue_run();
}

// Asio runs this behind all handlers that were queued when the first of the tasks was posted.
void Loop::State::run_posted() {
    for (int round = 0; round < rounds_max; ++round) {
        {
            const std::lock_guard lock{mutex};
            if (posted.empty()) {
                is_run_due = false;
                return;
            }
            std::swap(posted, running);
        }
        for (auto& task : running) task();
        running.clear();
    }
    queue_run();
}

TimerId Loop::after(Duration delay, Task task) {
    const auto timer = state_->timers.add(now() + delay, std::move(task));
    state_->set_alarm();
    return timer;
}

void Loop::cancel(TimerId timer) {
    state_->timers.cancel(timer);  // The alarm may ring for nothing.
}

void Loop::State::set_alarm() {
    const auto due = timers.next_due();
    if (!due || (alarm_at && *alarm_at <= *due)) return;
    alarm_at = due;
    alarm.expires_at(*due);
    alarm.async_wait([this](const error_code& failed) {
        if (failed) return;  // It was set anew.
        alarm_at.reset();
        const Instant now = std::chrono::steady_clock::now();
        while (auto task = timers.take_due(now)) (*task)();
        set_alarm();
    });
}

void Loop::on_signal(const std::vector<int>& signals, std::function<void(int)> handler) {
    auto& wait = *state_->signal_waits.emplace_back(
        std::make_unique<State::SignalWait>(state_->context, std::move(handler)));
    for (const int signal : signals) wait.signals.add(signal);
    state_->wait_for_signal(wait);
}

void Loop::State::wait_for_signal(SignalWait& wait) {
    wait.signals.async_wait([this, &wait](const error_code& failed, int signal) {
        if (failed) return;
        wait.handler(signal);
        wait_for_signal(wait);
    });
}

Instant Loop::now() const {
    return std::chrono::steady_clock::now();
}

WallMillis Loop::wall_ms() const {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

asio::io_context& Loop::context() {
    return state_->context;
}

}  // namespace tern::net
