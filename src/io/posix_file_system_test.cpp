// What only the operating system's files have: short writes, threads.
#include "io/posix_file_system.hpp"

#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <deque>
#include <filesystem>
#include <latch>

#include "io/job_thread.hpp"

namespace tern::io {
namespace {

using testing::HasSubstr;

// Keeps what is posted until it is asked for.
class KeepingExecutor final : public Executor {
public:
    void post(Task task) override {
        const std::lock_guard lock{mutex_};
        tasks_.push_back(std::move(task));
    }
    void run_all() {
        const std::lock_guard lock{mutex_};
        for (auto& task : tasks_) task();
        tasks_.clear();
    }

private:
    std::mutex mutex_;
    std::deque<Task> tasks_;
};

class APosixFileSystem : public testing::Test {
protected:
    APosixFileSystem() { directory_ = ::mkdtemp(directory_.data()); }
    ~APosixFileSystem() override { std::filesystem::remove_all(directory_); }

    std::string directory_ = (std::filesystem::temp_directory_path() / "tern-posix-XXXXXX").string();
    KeepingExecutor executor_;
};

// As long as it lives, this process writes no file beyond that size: the system cuts a write short there.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t size) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limited{size, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limited);
        signal_before_ = ::signal(SIGXFSZ, SIG_IGN);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, signal_before_);
    }

private:
    rlimit before_{};
    sighandler_t signal_before_{};
};

TEST_F(APosixFileSystem, goes_on_after_a_short_write_and_names_what_failed) {
    PosixFileSystem files{executor_};
    const auto path = directory_ + "/log";
    const auto file = std::move(*files.open(path, OpenMode::create_or_open));
    const FileSizeLimit limit{1'000};
    const std::vector<std::string_view> parts{std::string_view{"ab"}, "cd", "ef"};
    const auto written = file->write_at(995, parts);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::io_failed);
    EXPECT_EQ(written.error().detail, path + ": pwritev: File too large");
    std::string found(5, '?');
    EXPECT_TRUE(file->read_at(995, found));
    EXPECT_EQ(found, "abcde");
}

TEST_F(APosixFileSystem, reserves_room_and_changes_neither_length_nor_content) {
    PosixFileSystem files{executor_};
    const auto path = directory_ + "/log";
    const auto file = std::move(*files.open(path, OpenMode::create_or_open));
    ASSERT_TRUE(file->write_at(0, "abc"));
    file->reserve(1 << 20);
    EXPECT_EQ(*file->size(), 3);
    ASSERT_TRUE(file->set_size(1 << 20));
    std::string found(5, '?');
    EXPECT_TRUE(file->read_at(0, found));
    EXPECT_EQ(found, (std::string{"abc\0\0", 5}));
    struct stat status{};
    struct statfs where{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    ASSERT_EQ(::statfs(path.c_str(), &where), 0);
    if (where.f_type == EXT4_SUPER_MAGIC || where.f_type == XFS_SUPER_MAGIC)
        EXPECT_GE(status.st_blocks * 512, 1 << 20);
    if (where.f_type == TMPFS_MAGIC) EXPECT_LT(status.st_blocks * 512, 1 << 20);
}

TEST_F(APosixFileSystem, finishes_what_was_begun_before_it_ends) {
    std::string order;
    std::string bytes(3, '?');
    {
        PosixFileSystem files{executor_};
        // Outlives the threads here, as the files of a stopping broker do not; so it is kept until they are
        // done.
        static std::unique_ptr<File> file;
        file = std::move(*files.open(directory_ + "/log", OpenMode::create_or_open));
        ASSERT_TRUE(file->write_at(0, "abc"));
        file->sync([&](Result<> result) { order += result ? "synced" : "failed"; });
        file->read(0, bytes, [&](Result<> result) { order += result ? " read" : " failed"; });
    }
    executor_.run_all();
    EXPECT_THAT(order, testing::AllOf(HasSubstr("synced"), HasSubstr("read")));
    EXPECT_EQ(bytes, "abc");
}

TEST(AJobThread, does_the_same_work_once_for_all_who_wait) {
    KeepingExecutor executor;
    std::latch has_begun{1};
    std::latch may_end{1};
    std::string order;
    int works = 0;
    {
        JobThread thread{executor};
        const auto add = [&](const void* same_work, InplaceFunction<Result<>(), 48> work, char name) {
            auto job = std::make_unique<Job>();
            job->work = std::move(work);
            job->done = [&order, name](Result<> result) { order += result ? name : '!'; };
            job->same_work = same_work;
            thread.add(std::move(job));
        };
        const auto count = [&works] {
            ++works;
            return works == 3 ? failure(Errc::io_failed, "third") : Result<>{};
        };
        const auto block = [&] {
            has_begun.count_down();
            may_end.wait();
            return Result<>{};
        };
        add(nullptr, block, 'a');
        has_begun.wait();  // So the others wait behind it, together.
        add(&works, count, 'b');
        add(&order, count, 'c');
        add(&works, count, 'd');
        add(nullptr, count, 'e');
        may_end.count_down();
    }
    executor.run_all();
    EXPECT_EQ(order, "abcd!");
    EXPECT_EQ(works, 3);
}

}  // namespace
}  // namespace tern::io
