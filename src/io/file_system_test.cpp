// The contract of file_system.hpp, held against both implementations.
#include "io/file_system.hpp"

#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "io/memory_file_system.hpp"
#include "io/posix_file_system.hpp"
#include "io/simulated_loop.hpp"

namespace tern::io {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// Runs what other threads post, on the thread that waits for it.
class WaitingExecutor final : public Executor {
public:
    void post(Task task) override {
        {
            const std::lock_guard lock{mutex_};
            tasks_.push_back(std::move(task));
        }
        changed_.notify_one();
    }
    void run_one() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return !tasks_.empty(); });
        Task task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> tasks_;
};

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "tern-io-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

struct PosixDisk {
    TemporaryDirectory directory;
    WaitingExecutor executor;
    PosixFileSystem files{executor};

    std::string root() const { return directory.path(); }
    void run_until(const bool& done) {
        while (!done) executor.run_one();
    }
};

struct MemoryDisk {
    SimulatedLoop loop;
    MemoryFileSystem files{loop.runtime()};

    MemoryDisk() { EXPECT_TRUE(files.create_directories(root())); }
    std::string root() const { return "/disk"; }
    void run_until(const bool& done) {
        while (!done) loop.run();
    }
};

template <class Disk>
class AFileSystem : public testing::Test {
protected:
    FileSystem& files() { return disk_.files; }
    std::string path(const std::string& name) { return disk_.root() + "/" + name; }

    std::unique_ptr<File> open(const std::string& name, OpenMode mode = OpenMode::create_or_open) {
        auto file = files().open(path(name), mode);
        EXPECT_TRUE(file) << file.error().detail;
        return file ? std::move(*file) : nullptr;
    }
    void write(const std::string& name, std::string_view content) {
        EXPECT_TRUE(open(name, OpenMode::create_or_truncate)->write_at(0, content));
    }
    std::string content(const std::string& name) {
        auto read = read_file(files(), path(name));
        return read ? *read : "missing";
    }
    static std::string read(const File& file, std::int64_t offset, std::size_t size) {
        std::string bytes(size, '?');
        const auto result = file.read_at(offset, bytes);
        return result ? bytes : result.error().detail;
    }
    std::vector<std::string> names(const std::string& directory) {
        std::vector<std::string> names;
        for (const auto& entry : *files().list(path(directory))) names.push_back(entry.name);
        return names;
    }
    // The result of an operation that start() begins with the Done it is given.
    template <class Start>
    Result<> completion(Start start) {
        bool is_done = false;
        Result<> outcome;
        start(Done{[&](Result<> result) {
            is_done = true;
            outcome = std::move(result);
        }});
        EXPECT_FALSE(is_done) << "completed from inside the call";
        disk_.run_until(is_done);
        return outcome;
    }

    Disk disk_;
};

using Disks = testing::Types<PosixDisk, MemoryDisk>;
class DiskNames {
public:
    template <class Disk>
    static std::string GetName(int) {
        return std::is_same_v<Disk, PosixDisk> ? "Posix" : "InMemory";
    }
};
TYPED_TEST_SUITE(AFileSystem, Disks, DiskNames);

TYPED_TEST(AFileSystem, shows_a_write_to_reads_and_to_views_made_before_it) {
    const auto file = this->open("log");
    ASSERT_TRUE(file->set_size(1 << 20));
    const auto view = *file->map();
    ASSERT_TRUE(file->write_at(70'000, "hello"));
    EXPECT_EQ(this->read(*file, 70'000, 5), "hello");
    EXPECT_EQ(view.substr(70'000, 5), "hello");
    EXPECT_EQ(view.size(), std::size_t{1} << 20);
}

TYPED_TEST(AFileSystem, writes_the_parts_of_one_write_behind_each_other) {
    const auto file = this->open("log");
    const std::vector<std::string_view> parts{"ab", "", "c", "def"};
    ASSERT_TRUE(file->write_at(2, parts));
    EXPECT_EQ(*file->size(), 8);
    EXPECT_EQ(this->read(*file, 2, 6), "abcdef");
}

TYPED_TEST(AFileSystem, writes_more_parts_than_the_system_takes_in_one_call) {
    const auto file = this->open("log");
    const std::vector<std::string_view> parts(5'000, "part");
    ASSERT_TRUE(file->write_at(0, parts));
    EXPECT_EQ(*file->size(), 20'000);
    EXPECT_EQ(this->read(*file, 19'994, 6), "rtpart");
}

TYPED_TEST(AFileSystem, has_zeros_where_nothing_was_written) {
    const auto file = this->open("log");
    ASSERT_TRUE(file->write_at(3, "x"));
    ASSERT_TRUE(file->set_size(6));
    EXPECT_EQ(this->read(*file, 0, 6), std::string("\0\0\0x\0\0", 6));
}

TYPED_TEST(AFileSystem, forgets_what_a_shorter_length_cuts_off) {
    const auto file = this->open("log");
    ASSERT_TRUE(file->write_at(0, "abcdef"));
    ASSERT_TRUE(file->set_size(2));
    ASSERT_TRUE(file->set_size(4));
    EXPECT_EQ(this->read(*file, 0, 4), std::string("ab\0\0", 4));
}

TYPED_TEST(AFileSystem, writes_zeros_over_what_was_there_and_beyond_the_end) {
    const auto file = this->open("log");
    ASSERT_TRUE(file->write_at(0, std::string(10'000, 'x')));
    ASSERT_TRUE(file->write_zeros(1, 3'000'000));
    EXPECT_EQ(*file->size(), 3'000'001);
    EXPECT_EQ(this->read(*file, 0, 20'000), "x" + std::string(19'999, '\0'));
}

TYPED_TEST(AFileSystem, refuses_to_read_behind_the_end) {
    const auto file = this->open("log");
    ASSERT_TRUE(file->write_at(0, "abc"));
    EXPECT_THAT(this->read(*file, 1, 3), AllOf(HasSubstr(this->path("log")), HasSubstr("end of file")));
}

TYPED_TEST(AFileSystem, opens_only_what_exists_unless_it_may_create) {
    for (const auto mode : {OpenMode::read_only, OpenMode::read_write}) {
        const auto missing = this->files().open(this->path("log"), mode);
        ASSERT_FALSE(missing);
        EXPECT_EQ(missing.error().detail, this->path("log") + ": open: No such file or directory");
    }
    this->write("log", "abc");
    EXPECT_EQ(*this->open("log", OpenMode::create_or_open)->size(), 3);
    EXPECT_EQ(*this->open("log", OpenMode::create_or_truncate)->size(), 0);
}

TYPED_TEST(AFileSystem, does_not_write_to_what_was_opened_for_reading) {
    this->write("log", "abc");
    const auto file = this->open("log", OpenMode::read_only);
    EXPECT_FALSE(file->write_at(0, "x"));
    EXPECT_EQ(this->content("log"), "abc");
}

TYPED_TEST(AFileSystem, does_not_open_a_directory_as_a_file) {
    ASSERT_TRUE(this->files().create_directories(this->path("commitlog")));
    EXPECT_FALSE(this->files().open(this->path("commitlog"), OpenMode::read_only));
    EXPECT_FALSE(this->files().open(this->path("nowhere/file"), OpenMode::create_or_open));
}

TYPED_TEST(AFileSystem, completes_a_sync_later) {
    const auto file = this->open("log");
    ASSERT_TRUE(file->write_at(0, "abc"));
    EXPECT_TRUE(this->completion([&](Done done) { file->sync(std::move(done)); }));
    EXPECT_TRUE(file->sync_now());
}

TYPED_TEST(AFileSystem, completes_syncs_in_the_order_they_were_asked_for) {
    const auto first = this->open("first");
    const auto second = this->open("second");
    std::string order;
    first->sync([&](Result<>) { order += 'a'; });
    second->sync([&](Result<>) { order += 'b'; });
    first->sync([&](Result<>) { order += 'c'; });
    EXPECT_TRUE(this->completion([&](Done done) { second->sync(std::move(done)); }));
    EXPECT_EQ(order, "abc");
}

TYPED_TEST(AFileSystem, reads_cold_bytes_later) {
    const auto file = this->open("log");
    ASSERT_TRUE(file->write_at(0, "abcdef"));
    std::string bytes(3, '?');
    EXPECT_TRUE(this->completion([&](Done done) { file->read(2, bytes, std::move(done)); }));
    EXPECT_EQ(bytes, "cde");
    EXPECT_FALSE(this->completion([&](Done done) { file->read(4, bytes, std::move(done)); }));
}

TYPED_TEST(AFileSystem, shows_what_is_written_in_place) {
    const auto file = this->open("index");
    ASSERT_TRUE(file->set_size(10'000));
    const auto bytes = *file->map_for_writing();
    ASSERT_EQ(bytes.size(), 10'000U);
    bytes[9'000] = 'x';
    EXPECT_EQ(this->read(*file, 9'000, 1), "x");
    ASSERT_TRUE(file->write_at(9'001, "y"));
    EXPECT_EQ(bytes[9'001], 'y');
    EXPECT_TRUE(file->sync_now());
}

TYPED_TEST(AFileSystem, maps_a_file_as_long_as_it_was_at_first) {
    const auto file = this->open("log");
    EXPECT_EQ(*this->open("empty")->map(), "");
    ASSERT_TRUE(file->write_at(0, "abc"));
    EXPECT_EQ(*file->map(), "abc");
    ASSERT_TRUE(file->write_at(1, "BCD"));
    EXPECT_EQ(*file->map(), "aBC");
}

TYPED_TEST(AFileSystem, lists_a_directory_by_name) {
    ASSERT_TRUE(this->files().create_directories(this->path("store/commitlog")));
    this->write("store/b", "12345");
    this->write("store/a", "");
    const auto entries = *this->files().list(this->path("store"));
    EXPECT_THAT(this->names("store"), ElementsAre("a", "b", "commitlog"));
    EXPECT_EQ(entries[1].size, 5);
    EXPECT_GT(entries[1].modified_ms, 1'600'000'000'000);
    EXPECT_TRUE(entries[2].is_directory);
    EXPECT_FALSE(this->files().list(this->path("nowhere")));
}

TYPED_TEST(AFileSystem, creates_directories_that_are_there_already_without_complaint) {
    ASSERT_TRUE(this->files().create_directories(this->path("a/b")));
    EXPECT_TRUE(this->files().create_directories(this->path("a/b/c")));
    EXPECT_TRUE(this->files().exists(this->path("a/b/c")));
    this->write("file", "");
    EXPECT_FALSE(this->files().create_directories(this->path("file/c")));
}

TYPED_TEST(AFileSystem, removes_files_and_whole_directories) {
    ASSERT_TRUE(this->files().create_directories(this->path("store/commitlog")));
    this->write("store/commitlog/0", "abc");
    EXPECT_TRUE(this->files().remove(this->path("store")));
    EXPECT_FALSE(this->files().exists(this->path("store")));
    EXPECT_TRUE(this->files().remove(this->path("store")));
}

TYPED_TEST(AFileSystem, refuses_to_remove_everything) {
    this->write("kept", "abc");
    for (const auto* root : {"", "/", "//", ".", "./", ".."})
        EXPECT_FALSE(this->files().remove(root)) << root;
    EXPECT_EQ(this->content("kept"), "abc");
}

TYPED_TEST(AFileSystem, keeps_a_removed_file_for_those_who_have_it_open) {
    const auto file = this->open("log");
    ASSERT_TRUE(file->write_at(0, "abc"));
    ASSERT_TRUE(this->files().remove(this->path("log")));
    EXPECT_EQ(this->read(*file, 0, 3), "abc");
    EXPECT_TRUE(this->completion([&](Done done) { file->sync(std::move(done)); }));
}

TYPED_TEST(AFileSystem, renames_over_what_is_there) {
    this->write("old", "old");
    this->write("new", "new");
    ASSERT_TRUE(this->files().rename(this->path("new"), this->path("old")));
    EXPECT_EQ(this->content("old"), "new");
    EXPECT_THAT(this->names(""), ElementsAre("old"));
    const auto missing = this->files().rename(this->path("new"), this->path("old"));
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().detail, HasSubstr("rename: No such file or directory"));
}

TYPED_TEST(AFileSystem, renames_directories_with_what_is_in_them) {
    ASSERT_TRUE(this->files().create_directories(this->path("a")));
    ASSERT_TRUE(this->files().create_directories(this->path("full")));
    this->write("a/file", "abc");
    this->write("full/file", "");
    EXPECT_FALSE(this->files().rename(this->path("a"), this->path("a/b")));
    EXPECT_FALSE(this->files().rename(this->path("a"), this->path("full")));
    ASSERT_TRUE(this->files().rename(this->path("a"), this->path("b")));
    EXPECT_EQ(this->content("b/file"), "abc");
}

TYPED_TEST(AFileSystem, locks_a_file_once_at_a_time) {
    auto held = this->files().lock(this->path("lock"));
    ASSERT_TRUE(held);
    const auto second = this->files().lock(this->path("lock"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::busy);
    this->write("lock", "lock");  // Opening and closing it does not let go of it.
    EXPECT_FALSE(this->files().lock(this->path("lock")));
    held->reset();
    EXPECT_TRUE(this->files().lock(this->path("lock")));
}

TYPED_TEST(AFileSystem, tells_the_space_left) {
    const auto space = this->files().space(this->disk_.root());
    ASSERT_TRUE(space);
    EXPECT_GT(space->free_bytes, 0);
    EXPECT_GE(space->total_bytes, space->free_bytes);
    EXPECT_FALSE(this->files().space(this->path("nowhere")));
}

TYPED_TEST(AFileSystem, replaces_small_files_whole) {
    ASSERT_TRUE(replace_file(this->files(), this->path("checkpoint"), "a long content"));
    ASSERT_TRUE(replace_file(this->files(), this->path("checkpoint"), "short"));
    EXPECT_EQ(this->content("checkpoint"), "short");
    EXPECT_THAT(this->names(""), ElementsAre("checkpoint"));
}

TYPED_TEST(AFileSystem, keeps_the_content_it_replaces_as_a_backup) {
    const auto replace = [this](std::string_view content) {
        return replace_file_keeping_backup(this->files(), this->path("topics.json"), content);
    };
    ASSERT_TRUE(replace("1"));
    EXPECT_THAT(this->names(""), ElementsAre("topics.json"));
    ASSERT_TRUE(replace("2"));
    ASSERT_TRUE(replace("3"));
    EXPECT_EQ(this->content("topics.json"), "3");
    EXPECT_EQ(this->content("topics.json.bak"), "2");
}

TYPED_TEST(AFileSystem, creates_directories_that_outlast_a_crash) {
    EXPECT_TRUE(create_directories_durably(this->files(), this->path("a/b/c")));
    EXPECT_TRUE(create_directories_durably(this->files(), this->path("a/b/c")));
    EXPECT_TRUE(this->files().exists(this->path("a/b/c")));
}

}  // namespace
}  // namespace tern::io
