// The faults of the disk in memory, and its determinism.
#include "io/memory_file_system.hpp"

#include "io/simulated_loop.hpp"

namespace tern::io {
namespace {

using testing::HasSubstr;

class AMemoryFileSystem : public testing::Test {
protected:
    std::unique_ptr<File> open(const std::string& path) {
        return std::move(*files_.open(path, OpenMode::create_or_open));
    }

    // How long a sync takes from now.
    Duration sync_time(File& file) {
        const auto begin = loop_.now();
        file.sync([](Result<> result) { EXPECT_TRUE(result); });
        loop_.run();
        return loop_.now() - begin;
    }

    SimulatedLoop loop_;
    MemoryFileSystem files_{loop_.runtime()};
};

TEST_F(AMemoryFileSystem, takes_its_time_within_the_bounds_it_was_given) {
    files_.set_faults({.sync_delay_min = 2ms, .sync_delay_max = 5ms});
    const auto file = open("log");
    std::set<Duration> times;
    for (int n = 0; n < 50; ++n) times.insert(sync_time(*file));
    EXPECT_GT(times.size(), 10U);
    EXPECT_GE(*times.begin(), 2ms);
    EXPECT_LE(*times.rbegin(), 5ms);
}

TEST_F(AMemoryFileSystem, ends_nothing_before_a_stall_is_over) {
    const auto file = open("log");
    files_.set_faults({.stalled_until = loop_.now() + 3s});
    EXPECT_EQ(sync_time(*file), 3s);
    files_.set_faults({});
    EXPECT_EQ(sync_time(*file), 0s);
}

TEST_F(AMemoryFileSystem, stalls_what_is_under_way_and_keeps_its_order) {
    const auto file = open("log");
    std::string order;
    files_.set_faults({.sync_delay_min = 1ms, .sync_delay_max = 1ms});
    file->sync([&](Result<>) { order += 'a'; });
    files_.set_faults({.stalled_until = loop_.now() + 1s});
    file->sync([&](Result<>) { order += 'b'; });
    loop_.advance(999ms);
    EXPECT_EQ(order, "");
    loop_.advance(1ms);
    EXPECT_EQ(order, "ab");
}

TEST_F(AMemoryFileSystem, begins_the_next_operation_from_a_completion) {
    const auto file = open("log");
    bool is_second_done = false;
    file->sync([&](Result<>) { file->sync([&](Result<>) { is_second_done = true; }); });
    loop_.run();
    EXPECT_TRUE(is_second_done);
}

TEST_F(AMemoryFileSystem, can_crash_from_a_completion) {
    auto file = open("log");
    file->sync([&](Result<>) { files_.crash_machine(); });
    file->sync([](Result<>) { FAIL() << "after the crash"; });
    loop_.run();
}

TEST_F(AMemoryFileSystem, is_full_when_its_capacity_is_used) {
    files_.set_faults({.capacity_bytes = 10 * 4096});
    const auto file = open("log");
    const auto written = file->write_at(0, std::string(12 * 4096, 'x'));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().detail, "log: pwritev: No space left on device");
    EXPECT_EQ(*file->size(), 10 * 4096);  // What found room.
    EXPECT_EQ(files_.space("/")->free_bytes, 0);
    EXPECT_TRUE(file->write_at(5'000, "over what is there"));
}

TEST_F(AMemoryFileSystem, gives_the_space_of_what_is_removed_to_others) {
    files_.set_faults({.capacity_bytes = 4 * 4096});
    ASSERT_TRUE(open("a")->write_zeros(0, 4 * 4096));
    EXPECT_FALSE(open("b")->write_at(0, "x"));
    ASSERT_TRUE(files_.remove("a"));
    ASSERT_TRUE(files_.sync_directory("/"));  // Until then the name might come back.
    EXPECT_TRUE(open("b")->write_at(0, "x"));
}

TEST_F(AMemoryFileSystem, reserves_the_space_of_zeros_that_were_written) {
    files_.set_faults({.capacity_bytes = 8 * 4096});
    ASSERT_TRUE(open("segment")->write_zeros(0, 8 * 4096));
    EXPECT_FALSE(open("other")->write_at(0, "x"));
    EXPECT_TRUE(open("segment")->write_at(3 * 4096, "x"));
}

TEST_F(AMemoryFileSystem, leaves_any_part_of_a_write_that_failed) {
    files_.set_faults({.write_failures = 1000});
    std::set<std::int64_t> sizes;
    for (int n = 0; n < 100; ++n) {
        const auto file = std::move(*files_.open("log", OpenMode::create_or_truncate));
        const auto written = file->write_at(0, "abcd");
        ASSERT_FALSE(written);
        EXPECT_THAT(written.error().detail, HasSubstr("Input/output error"));
        sizes.insert(*file->size());
    }
    EXPECT_EQ(sizes, (std::set<std::int64_t>{0, 1, 2, 3, 4}));
}

TEST_F(AMemoryFileSystem, holds_large_sparse_files_at_no_cost) {
    for (int n = 0; n < 20; ++n) {
        const auto segment = open("segment" + std::to_string(n));
        ASSERT_TRUE(segment->set_size(1 << 30));
        ASSERT_TRUE(segment->write_at((1 << 30) - 5, "hello"));
        EXPECT_EQ(segment->map()->substr((1 << 30) - 5), "hello");
    }
    EXPECT_NE(files_.state_hash(), 0U);
}

TEST_F(AMemoryFileSystem, has_the_same_state_hash_for_the_same_names_and_contents) {
    const auto hash_after = [](std::string_view name, std::int64_t offset, std::string_view bytes) {
        SimulatedLoop loop;
        MemoryFileSystem files{loop.runtime()};
        const auto file = std::move(*files.open(std::string{name}, OpenMode::create_or_open));
        EXPECT_TRUE(file->set_size(10'000));
        EXPECT_TRUE(file->write_at(offset, bytes));
        return files.state_hash();
    };
    const auto hash = hash_after("a", 5'000, "x");
    EXPECT_EQ(hash, hash_after("a", 5'000, "x"));
    EXPECT_EQ(hash, hash_after("a", 4'999, std::string_view{"\0x\0", 3}));
    EXPECT_NE(hash, hash_after("b", 5'000, "x"));
    EXPECT_NE(hash, hash_after("a", 5'001, "x"));
    EXPECT_NE(hash, hash_after("a", 5'000, "y"));
}

TEST_F(AMemoryFileSystem, crashes_the_same_way_for_the_same_seed) {
    const auto hash_of = [](std::uint64_t seed) {
        SimulatedLoop loop{seed};
        MemoryFileSystem files{loop.runtime()};
        const auto file = std::move(*files.open("log", OpenMode::create_or_open));
        EXPECT_TRUE(files.sync_directory("/"));
        for (int n = 0; n < 50; ++n)
            EXPECT_TRUE(file->write_at(n * 700, std::string(700, static_cast<char>('a' + n % 26))));
        files.crash_machine();
        return files.state_hash();
    };
    EXPECT_EQ(hash_of(7), hash_of(7));
    EXPECT_NE(hash_of(7), hash_of(8));
}

}  // namespace
}  // namespace tern::io
