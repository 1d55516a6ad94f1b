// What a loss of power leaves on the disk in memory.
#include <deque>
#include <set>

#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"

namespace tern::io {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr CrashOdds lose_all{.in_order = 0,
                             .sector_kept = 0,
                             .sector_torn = 0,
                             .size_kept = 0,
                             .size_partly_kept = 0,
                             .name_change_kept = 0};
constexpr CrashOdds keep_all{.in_order = 0,
                             .sector_kept = 1000,
                             .sector_torn = 0,
                             .size_kept = 1000,
                             .size_partly_kept = 0,
                             .name_change_kept = 1000};

// A machine with one disk and a directory that is there for good.
class Machine {
public:
    explicit Machine(std::uint64_t seed = 1) : loop_{seed}, files_{loop_.runtime()} {
        EXPECT_TRUE(create_directories_durably(files_, "store"));
    }

    SimulatedLoop& loop() { return loop_; }
    MemoryFileSystem& files() { return files_; }

    std::unique_ptr<File> open(const std::string& path) {
        auto file = files_.open(path, OpenMode::create_or_open);
        EXPECT_TRUE(file) << file.error().detail;
        return std::move(*file);
    }
    // A file of that content that any crash leaves as it is.
    std::unique_ptr<File> durable(const std::string& path, std::string_view content) {
        auto file = open(path);
        EXPECT_TRUE(file->write_at(0, content));
        EXPECT_TRUE(file->sync_now());
        EXPECT_TRUE(files_.sync_directory("store"));
        return file;
    }
    std::string content(const std::string& path) {
        auto read = read_file(files_, path);
        return read ? *read : "missing";
    }

private:
    SimulatedLoop loop_;
    MemoryFileSystem files_;
};

// What run(machine) returns on a hundred machines of different fortune.
template <class Run>
std::set<std::string> outcomes(Run run) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Machine machine{seed};
        seen.insert(run(machine));
    }
    return seen;
}

TEST(MemoryCrash, of_the_machine_leaves_directories_that_were_made_durable_over_what_a_dead_process_made) {
    Machine machine;
    ASSERT_TRUE(machine.files().create_directories("root"));
    machine.files().crash_process();
    ASSERT_TRUE(create_directories_durably(machine.files(), "root/log"));
    ASSERT_TRUE(create_directories_durably(machine.files(), "root"));
    machine.files().crash_machine(lose_all);
    EXPECT_TRUE(machine.files().exists("root/log"));
}

TEST(MemoryCrash, of_the_process_loses_nothing) {
    Machine machine;
    const auto file = machine.open("store/log");
    ASSERT_TRUE(file->write_at(0, "abc"));
    file->sync([](Result<>) { FAIL() << "a dead process was told of its sync"; });
    machine.files().crash_process();
    machine.loop().run();
    EXPECT_EQ(machine.content("store/log"), "abc");
}

TEST(MemoryCrash, of_the_process_kills_its_files_and_locks) {
    Machine machine;
    const auto file = machine.open("store/log");
    auto lock = machine.files().lock("store/lock");
    machine.files().crash_process();
    EXPECT_FALSE(file->write_at(0, "late"));
    EXPECT_EQ(machine.content("store/log"), "");
    const auto next = machine.files().lock("store/lock");
    EXPECT_TRUE(next);
    lock->reset();  // The dead one's lock is not the next one's.
    EXPECT_FALSE(machine.files().lock("store/lock"));
}

TEST(MemoryCrash, keeps_or_loses_what_was_not_synced) {
    EXPECT_THAT(outcomes([](Machine& machine) {
                    const auto file = machine.durable("store/log", "old");
                    EXPECT_TRUE(file->write_at(0, "NEW"));
                    machine.files().crash_machine({.sector_torn = 0, .size_kept = 0});
                    return machine.content("store/log");
                }),
                testing::IsSupersetOf({"old", "NEW"}));
}

TEST(MemoryCrash, tears_a_sector_so_that_its_front_is_new) {
    const auto seen = outcomes([](Machine& machine) {
        const auto file = machine.durable("store/log", std::string(512, 'o'));
        EXPECT_TRUE(file->write_at(0, std::string(512, 'n')));
        const auto report =
            machine.files().crash_machine({.in_order = 0, .sector_kept = 0, .sector_torn = 1000});
        EXPECT_EQ(report.sectors_torn, 1);
        return machine.content("store/log");
    });
    EXPECT_GT(seen.size(), 50U);
    for (const auto& content : seen) {
        const auto torn_at = content.find('o');
        EXPECT_GT(torn_at, 0U);
        EXPECT_EQ(content, std::string(torn_at, 'n') + std::string(512 - torn_at, 'o'));
    }
}

TEST(MemoryCrash, in_order_leaves_a_prefix_of_what_was_appended) {
    const std::string written = std::string(5'000, 'n');
    const auto seen = outcomes([&](Machine& machine) {
        const auto file = machine.durable("store/log", std::string(8'192, '\0'));
        EXPECT_TRUE(file->write_at(100, written));
        machine.files().crash_machine({.in_order = 1000});
        return machine.content("store/log").substr(100, written.size());
    });
    EXPECT_GT(seen.size(), 20U);
    for (const auto& content : seen)
        EXPECT_EQ(content.find_last_of('n') + 1, std::ranges::count(content, 'n'));
}

TEST(MemoryCrash, may_lose_what_an_unfinished_sync_covers) {
    Machine machine;
    machine.files().set_faults({.sync_delay_min = 10ms, .sync_delay_max = 10ms});
    const auto file = machine.open("store/log");
    EXPECT_TRUE(machine.files().sync_directory("store"));
    ASSERT_TRUE(file->write_at(0, "abc"));
    file->sync([](Result<>) { FAIL() << "too early"; });
    machine.loop().advance(9ms);
    machine.files().crash_machine(lose_all);
    EXPECT_EQ(machine.content("store/log"), "");
}

TEST(MemoryCrash, keeps_what_a_sync_covers_and_loses_what_was_written_after_it_began) {
    Machine machine;
    machine.files().set_faults({.sync_delay_min = 10ms, .sync_delay_max = 10ms});
    const auto file = machine.durable("store/log", std::string(8, '-'));
    ASSERT_TRUE(file->write_at(0, "ab"));
    bool is_synced = false;
    file->sync([&](Result<> result) { is_synced = result.has_value(); });
    ASSERT_TRUE(file->write_at(1, "XYZ"));
    machine.loop().run();
    EXPECT_TRUE(is_synced);
    machine.files().crash_machine(lose_all);
    EXPECT_EQ(machine.content("store/log"), "ab------");
}

TEST(MemoryCrash, may_bring_back_what_was_cut_off) {
    EXPECT_THAT(outcomes([](Machine& machine) {
                    const auto file = machine.durable("store/log", "abcdef");
                    EXPECT_TRUE(file->set_size(3));
                    machine.files().crash_machine({.sector_torn = 0, .size_partly_kept = 0});
                    return machine.content("store/log");
                }),
                testing::IsSupersetOf({"abc", "abcdef"}));
}

TEST(MemoryCrash, loses_writes_in_place_until_they_are_synced) {
    Machine machine;
    const auto file = machine.durable("store/index", std::string(3'000, '-'));
    const auto bytes = *file->map_for_writing();
    bytes[0] = 'a';
    ASSERT_TRUE(file->sync_now());
    bytes[2'900] = 'b';
    machine.files().crash_machine(lose_all);
    EXPECT_EQ(machine.content("store/index"), "a" + std::string(2'999, '-'));
}

TEST(MemoryCrash, after_a_failed_sync_a_second_one_says_nothing) {
    EXPECT_THAT(outcomes([](Machine& machine) {
                    const auto file = machine.durable("store/log", "old");
                    EXPECT_TRUE(file->write_at(0, "NEW"));
                    machine.files().set_faults({.sync_failures = 1000});
                    file->sync([](Result<> result) { EXPECT_FALSE(result); });
                    machine.loop().run();
                    machine.files().set_faults({});
                    EXPECT_TRUE(file->sync_now());
                    EXPECT_EQ(machine.content("store/log"), "NEW");
                    machine.files().crash_machine(keep_all);
                    return machine.content("store/log");
                }),
                UnorderedElementsAre("old", "NEW"));
}

TEST(MemoryCrash, after_a_failed_sync_what_is_written_anew_can_be_synced) {
    EXPECT_THAT(outcomes([](Machine& machine) {
                    const auto file = machine.durable("store/log", "old");
                    EXPECT_TRUE(file->write_at(0, "NEW"));
                    machine.files().set_faults({.sync_failures = 1000});
                    EXPECT_FALSE(file->sync_now());
                    machine.files().set_faults({});
                    EXPECT_TRUE(file->write_at(0, "newer"));
                    EXPECT_TRUE(file->sync_now());
                    machine.files().crash_machine(lose_all);
                    return machine.content("store/log");
                }),
                ElementsAre("newer"));
}

TEST(MemoryCrash, forgets_a_new_file_until_its_directory_is_synced) {
    EXPECT_THAT(outcomes([](Machine& machine) {
                    const auto file = machine.open("store/log");
                    EXPECT_TRUE(file->write_at(0, "abc"));
                    EXPECT_TRUE(file->sync_now());
                    machine.files().crash_machine();
                    return machine.content("store/log");
                }),
                UnorderedElementsAre("abc", "missing"));
    EXPECT_THAT(outcomes([](Machine& machine) {
                    machine.durable("store/log", "abc");
                    machine.files().crash_machine();
                    return machine.content("store/log");
                }),
                ElementsAre("abc"));
}

TEST(MemoryCrash, undoes_a_renaming_wholly_or_not_at_all) {
    EXPECT_THAT(outcomes([](Machine& machine) {
                    machine.durable("store/old", "old");
                    machine.durable("store/new", "new");
                    EXPECT_TRUE(machine.files().rename("store/new", "store/old"));
                    machine.files().crash_machine();
                    return machine.content("store/old") + " " + machine.content("store/new");
                }),
                UnorderedElementsAre("old new", "new missing"));
}

TEST(MemoryCrash, keeps_a_renaming_between_two_directories_once_both_are_synced) {
    const auto after_sync_of = [](const std::vector<std::string>& directories) {
        return outcomes([&](Machine& machine) {
            EXPECT_TRUE(create_directories_durably(machine.files(), "spare"));
            machine.durable("store/0", "segment");
            EXPECT_TRUE(machine.files().rename("store/0", "spare/0"));
            for (const auto& directory : directories) EXPECT_TRUE(machine.files().sync_directory(directory));
            machine.files().crash_machine();
            return machine.content("store/0") + " " + machine.content("spare/0");
        });
    };
    EXPECT_THAT(after_sync_of({"spare"}), UnorderedElementsAre("segment missing", "missing segment"));
    EXPECT_THAT(after_sync_of({"spare", "store"}), ElementsAre("missing segment"));
}

TEST(MemoryCrash, keeps_what_a_synced_change_rests_on) {
    EXPECT_THAT(outcomes([](Machine& machine) {
                    EXPECT_TRUE(create_directories_durably(machine.files(), "spare"));
                    machine.durable("store/0", "moved");
                    EXPECT_TRUE(machine.files().rename("store/0", "spare/0"));
                    machine.durable("store/0", "new");  // Syncs store, so the renaming must have been.
                    machine.files().crash_machine();
                    return machine.content("store/0") + " " + machine.content("spare/0");
                }),
                ElementsAre("new moved"));
}

TEST(MemoryCrash, may_bring_back_a_removed_directory_but_not_without_what_was_in_it) {
    EXPECT_THAT(outcomes([](Machine& machine) {
                    EXPECT_TRUE(create_directories_durably(machine.files(), "store/topic"));
                    const auto file = machine.open("store/topic/0");
                    EXPECT_TRUE(file->write_at(0, "abc"));
                    EXPECT_TRUE(file->sync_now());
                    EXPECT_TRUE(machine.files().sync_directory("store/topic"));
                    EXPECT_TRUE(machine.files().remove("store/topic"));
                    machine.files().crash_machine();
                    return std::string{machine.files().exists("store/topic") ? "there " : "gone "} +
                           machine.content("store/topic/0");
                }),
                UnorderedElementsAre("there abc", "there missing", "gone missing"));
}

TEST(MemoryCrash, leaves_a_replaced_file_old_or_new_at_whatever_step_it_comes) {
    const auto seen = outcomes([](Machine& machine) {
        EXPECT_TRUE(replace_file(machine.files(), "store/checkpoint", "old"));
        machine.files().set_faults({.sync_failures = 300, .write_failures = 300});
        const bool is_replaced = replace_file(machine.files(), "store/checkpoint", "new").has_value();
        machine.files().crash_machine();
        const auto content = machine.content("store/checkpoint");
        if (is_replaced) EXPECT_EQ(content, "new");
        return content;
    });
    EXPECT_THAT(seen, UnorderedElementsAre("old", "new"));
}

TEST(MemoryCrash, leaves_a_replaced_file_or_its_backup_whole) {
    const auto seen = outcomes([](Machine& machine) {
        EXPECT_TRUE(replace_file_keeping_backup(machine.files(), "store/topics.json", "old"));
        machine.files().set_faults({.sync_failures = 300, .write_failures = 300});
        (void)replace_file_keeping_backup(machine.files(), "store/topics.json", "new");
        machine.files().crash_machine();
        const auto content = machine.content("store/topics.json");
        return content == "missing" ? "backup: " + machine.content("store/topics.json.bak") : content;
    });
    EXPECT_THAT(seen, UnorderedElementsAre("old", "new", "backup: old"));
}

// For each byte of a file, the set of letters (bits) that a crash may leave there. '@' stands for what it
// began with.
using Letters = std::vector<std::uint32_t>;

std::uint32_t bit_of(char letter) {
    return 1U << (letter - '@');
}

void write_letters(Letters& possible, std::size_t offset, const std::string& bytes) {
    for (const char letter : bytes) possible[offset++] |= bit_of(letter);
}

TEST(MemoryCrash, never_loses_what_a_sync_covered) {
    constexpr std::size_t size = 4'000;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Machine machine{seed};
        SeededRandom random{seed * 7};
        const auto file = machine.durable("store/log", std::string(size, '@'));
        machine.files().set_faults({.sync_delay_max = 4ms});
        Letters possible(size, bit_of('@'));
        std::deque<Letters> after_sync;  // What will be possible when each sync under way has ended.
        for (int step = 0; step < 60; ++step) {
            const auto offset = random.below(size - 700);
            const std::string bytes(1 + random.below(700), static_cast<char>('A' + step % 26));
            ASSERT_TRUE(file->write_at(static_cast<std::int64_t>(offset), bytes));
            write_letters(possible, offset, bytes);
            for (auto& letters : after_sync) write_letters(letters, offset, bytes);
            if (random.below(4) == 0) {
                after_sync.emplace_back(size, 0U);
                write_letters(after_sync.back(), 0, machine.content("store/log"));
                file->sync([&](Result<>) {
                    possible = std::move(after_sync.front());
                    after_sync.pop_front();
                });
            }
            machine.loop().advance(std::chrono::microseconds{random.below(2'000)});
        }
        machine.files().crash_machine();
        const auto left = machine.content("store/log");
        for (std::size_t at = 0; at < size; ++at)
            ASSERT_TRUE((possible[at] & bit_of(left[at])) != 0) << "seed " << seed << ", byte " << at;
    }
}

}  // namespace
}  // namespace tern::io
