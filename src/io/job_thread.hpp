// One thread that does jobs which wait for the disk, in the order they were given, and posts their
// completions.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/runtime.hpp"
#include "io/file_system.hpp"

namespace tern::io {

struct Job {
    InplaceFunction<Result<>(), 48> work;
    Done done;
    // Jobs that wait at the same time with the same key are all done by doing the first of them, after the
    // last of them was given. Null: by no other.
    const void* same_work{nullptr};
    Result<> result{};
};

class JobThread {
public:
    explicit JobThread(Executor& completions) : completions_{completions}, thread_{[this] { run(); }} {}
    // Returns when all jobs are done and their completions posted.
    ~JobThread();

    void add(std::unique_ptr<Job> job);

private:
    using Jobs = std::vector<std::unique_ptr<Job>>;

    void run();
    void finish(Jobs jobs);

    Executor& completions_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Jobs waiting_;          // Guarded by mutex_.
    bool stopping_{false};  // Guarded by mutex_.
    std::thread thread_;    // Last: it uses all of the above.
};

}  // namespace tern::io
