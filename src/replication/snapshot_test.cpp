#include "replication/snapshot.hpp"

#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"

namespace tern::replication {
namespace {

using testing::ElementsAre;

Snapshot snapshot_at(std::int64_t position) {
    return {
        PhysicalOffset{position}, Epoch{7}, {{"topics.json", "{}"}, {"queueLocks.json", "{\"locks\":[]}"}}};
}

class Snapshots : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(disk.create_directories("/tern")); }

    std::optional<Snapshot> newest(std::int64_t log_end) {
        return *files.newest(PhysicalOffset{log_end}, damaged);
    }

    io::SimulatedLoop loop;
    io::MemoryFileSystem disk{loop.runtime()};
    SnapshotFiles files{disk, "/tern"};
    std::vector<std::string> damaged;
};

TEST_F(Snapshots, come_back_as_they_were) {
    const auto decoded = decode_snapshot(encode_snapshot(snapshot_at(42)));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->position, PhysicalOffset{42});
    EXPECT_EQ(decoded->epoch, Epoch{7});
    ASSERT_EQ(decoded->tables.size(), 2U);
    EXPECT_EQ(decoded->tables[1].name, "queueLocks.json");
    EXPECT_EQ(decoded->tables[1].text, "{\"locks\":[]}");
}

TEST_F(Snapshots, are_refused_when_a_byte_has_rotted_or_is_missing) {
    const std::string bytes = encode_snapshot(snapshot_at(42));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::string rotten = bytes;
        rotten[i] = static_cast<char>(rotten[i] ^ 1);
        EXPECT_FALSE(decode_snapshot(rotten)) << i;
        EXPECT_FALSE(decode_snapshot(bytes.substr(0, i))) << i;
    }
}

TEST_F(Snapshots, keep_two_and_use_the_newest_that_the_log_reaches) {
    for (const std::int64_t position : {10, 20, 30}) ASSERT_TRUE(files.write_now(snapshot_at(position)));
    EXPECT_THAT(files.positions(), ElementsAre(PhysicalOffset{20}, PhysicalOffset{30}));
    EXPECT_EQ(newest(30)->position, PhysicalOffset{30});
    EXPECT_EQ(newest(29)->position, PhysicalOffset{20});
    EXPECT_FALSE(newest(19));
}

TEST_F(Snapshots, pass_over_a_damaged_one_and_name_it) {
    ASSERT_TRUE(files.write_now(snapshot_at(10)));
    ASSERT_TRUE(files.write_now(snapshot_at(20)));
    ASSERT_TRUE(io::replace_file(disk, "/tern/snapshot-00000000000000000020", "TERNSNA1 rotten"));
    EXPECT_EQ(newest(100)->position, PhysicalOffset{10});
    EXPECT_THAT(damaged, ElementsAre(testing::HasSubstr("00000000000000000020")));
}

TEST_F(Snapshots, survive_the_machine_once_they_are_written) {
    bool written = false;
    files.write(snapshot_at(10), [&](Result<> done) { written = done.has_value(); });
    loop.run();
    ASSERT_TRUE(written);
    ASSERT_TRUE(disk.sync_directory("/"));
    disk.crash_machine();
    EXPECT_EQ(newest(100)->position, PhysicalOffset{10});
}

}  // namespace
}  // namespace tern::replication
