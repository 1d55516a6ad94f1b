#include "io/job_thread.hpp"

#include <algorithm>

namespace tern::io {

JobThread::~JobThread() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void JobThread::add(std::unique_ptr<Job> job) {
    {
        const std::lock_guard lock{mutex_};
        TERN_ASSERT(!stopping_);
        waiting_.push_back(std::move(job));
    }
    changed_.notify_one();
}

void JobThread::run() {
    std::unique_lock lock{mutex_};
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        Jobs taken = std::exchange(waiting_, {});
        lock.unlock();
        finish(std::move(taken));
        lock.lock();
    }
}

// All of them were given before the first is begun, so one sync that starts here covers every waiting sync of
// its file.
void JobThread::finish(Jobs jobs) {
    std::vector<std::pair<const void*, Result<>>> finished;
    for (auto& job : jobs) {
        const auto same = std::ranges::find_if(finished, [&](const auto& earlier) {
            return job->same_work != nullptr && earlier.first == job->same_work;
        });
        job->result = same != finished.end() ? same->second : job->work();
        if (job->same_work != nullptr && same == finished.end())
            finished.emplace_back(job->same_work, job->result);
        completions_.post([done = std::move(job)] { done->done(std::move(done->result)); });
    }
}

}  // namespace tern::io
