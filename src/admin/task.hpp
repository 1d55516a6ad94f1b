// An operation of several requests, written down in one piece: a coroutine that waits for each answer on the
// loop that brings it. It begins when it is awaited or started, and whoever holds the Task owns all of it: to
// drop the Task is to drop the operation, and answers that come later find nobody.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/inplace_function.hpp"
#include "base/ref.hpp"
#include "base/runtime.hpp"

namespace tern::admin {

template <class T>
class [[nodiscard]] Task {
public:
    struct promise_type;
    using Handle = std::coroutine_handle<promise_type>;

    Task(Task&& other) noexcept : coroutine_{std::exchange(other.coroutine_, {})} {}
    Task& operator=(Task&& other) noexcept {
        std::swap(coroutine_, other.coroutine_);
        return *this;
    }
    ~Task() {
        if (coroutine_) coroutine_.destroy();
    }

    // Runs until the first wait. done is called once the result is there, from where the last answer came in,
    // perhaps from within start().
    void start(InplaceFunction<void(T), 64> done) {
        coroutine_.promise().done = std::move(done);
        coroutine_.resume();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
        coroutine_.promise().awaiting = awaiting;
        return coroutine_;
    }
    T await_resume() { return std::move(*coroutine_.promise().result); }

    struct promise_type {
        struct Final {
            bool await_ready() const noexcept { return false; }
            std::coroutine_handle<> await_suspend(Handle ended) const noexcept {
                auto& promise = ended.promise();
                if (promise.awaiting) return promise.awaiting;
                if (!promise.done) return std::noop_coroutine();
                // Out of the coroutine first: what is called may drop it.
                auto tell = std::move(promise.done);
                auto value = std::move(*promise.result);
                tell(std::move(value));
                return std::noop_coroutine();
            }
            void await_resume() const noexcept {}
        };
        Task get_return_object() { return Task{Handle::from_promise(*this)}; }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        Final final_suspend() const noexcept { return {}; }
        void return_value(T value) { result = std::move(value); }
        void unhandled_exception() const noexcept { std::terminate(); }

        std::optional<T> result;
        std::coroutine_handle<> awaiting;
        InplaceFunction<void(T), 64> done;
    };

private:
    explicit Task(Handle coroutine) : coroutine_{coroutine} {}
    Handle coroutine_;
};

// The callback of a wait.
template <class T>
class Answering {
public:
    void operator()(T answer) const {
        wait_->answer = std::move(answer);
        if (wait_->coroutine) std::exchange(wait_->coroutine, {}).resume();
    }
    // False once the operation was dropped: then nothing it owns may be touched any more.
    bool is_awaited() const { return wait_->is_awaited; }

private:
    template <class, class>
    friend class AnswerOf;
    struct Wait final : Counted {
        std::optional<T> answer;
        std::coroutine_handle<> coroutine;
        bool is_awaited{true};
    };
    explicit Answering(Ref<Wait> wait) : wait_{std::move(wait)} {}
    Ref<Wait> wait_;
};

// Waits for something that is told by a callback: co_await answer_of<T>([&](Answering<T> done) { begin(…,
// done); }). The callback may be called from within it, or later, or never when the operation was dropped.
template <class T, class Begin>
class [[nodiscard]] AnswerOf {
public:
    explicit AnswerOf(Begin begin) : begin_{std::move(begin)} {}
    AnswerOf(const AnswerOf&) = delete;
    AnswerOf& operator=(const AnswerOf&) = delete;
    ~AnswerOf() {
        wait_->coroutine = {};
        wait_->is_awaited = false;
    }

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiting) {
        begin_(Answering<T>{wait_});
        if (wait_->answer) return false;
        wait_->coroutine = awaiting;
        return true;
    }
    T await_resume() { return std::move(*wait_->answer); }

private:
    using Wait = typename Answering<T>::Wait;
    Begin begin_;
    Ref<Wait> wait_{make_counted<Wait>()};
};

template <class T, class Begin>
AnswerOf<T, Begin> answer_of(Begin begin) {
    return AnswerOf<T, Begin>{std::move(begin)};
}

// Waits for all of them, which run side by side; results in their order.
template <class T>
Task<std::vector<T>> all(std::vector<Task<T>> tasks) {
    std::vector<std::optional<T>> results(tasks.size());
    co_await answer_of<bool>([&](const Answering<bool>& done) {
        struct Left final : Counted {
            std::size_t count{};
        };
        const auto left = make_counted<Left>();
        left->count = tasks.size();
        if (tasks.empty()) return done(true);
        for (std::size_t i = 0; i < tasks.size(); ++i)
            tasks[i].start([left, done, result = &results[i]](T value) {
                *result = std::move(value);
                if (--left->count == 0) done(true);
            });
    });
    std::vector<T> values;
    values.reserve(results.size());
    for (auto& result : results) values.push_back(std::move(*result));
    co_return values;
}

// Lets time pass.
inline auto pause(Timers& timers, Duration duration) {
    return answer_of<bool>(
        [&timers, duration](const Answering<bool>& done) { timers.after(duration, [done] { done(true); }); });
}

using RunUntil = std::function<void(const std::function<bool()>& condition)>;

// The result, for a caller that has a loop to run until it is there.
template <class T>
T wait_for(Task<T> task, const RunUntil& run_until) {
    std::optional<T> result;
    task.start([&result](T value) { result = std::move(value); });
    run_until([&result] { return result.has_value(); });
    TERN_ASSERT(result);
    return std::move(*result);
}

}  // namespace tern::admin
