#include "replication/epoch_table.hpp"

#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"

namespace tern::replication {
namespace {

using testing::ElementsAre;

class EpochTables : public testing::Test {
protected:
    EpochTable load() { return *EpochTable::load(files, "/tern/epochs"); }

    io::SimulatedLoop loop;
    io::MemoryFileSystem files{loop.runtime()};
    void SetUp() override { ASSERT_TRUE(files.create_directories("/tern")); }
};

TEST_F(EpochTables, survive_the_machine_once_a_reign_has_begun) {
    auto table = load();
    ASSERT_TRUE(table.begin(Epoch{1}, PhysicalOffset{0}));
    ASSERT_TRUE(table.begin(Epoch{2}, PhysicalOffset{100}));
    ASSERT_TRUE(files.sync_directory("/"));
    files.crash_machine();
    EXPECT_THAT(load().entries(), ElementsAre(EpochEntry{Epoch{1}, PhysicalOffset{0}},
                                              EpochEntry{Epoch{2}, PhysicalOffset{100}}));
}

TEST_F(EpochTables, say_who_wrote_which_byte) {
    auto table = load();
    ASSERT_TRUE(table.begin(Epoch{3}, PhysicalOffset{10}));
    ASSERT_TRUE(table.begin(Epoch{5}, PhysicalOffset{20}));
    EXPECT_EQ(table.epoch_at(PhysicalOffset{9}), Epoch{0});
    EXPECT_EQ(table.epoch_at(PhysicalOffset{10}), Epoch{3});
    EXPECT_EQ(table.epoch_at(PhysicalOffset{19}), Epoch{3});
    EXPECT_EQ(table.epoch_at(PhysicalOffset{20}), Epoch{5});
}

TEST_F(EpochTables, forget_reigns_whose_log_was_cut_off) {
    auto table = load();
    ASSERT_TRUE(table.begin(Epoch{1}, PhysicalOffset{0}));
    ASSERT_TRUE(table.begin(Epoch{2}, PhysicalOffset{100}));
    ASSERT_TRUE(table.begin(Epoch{3}, PhysicalOffset{200}));
    ASSERT_TRUE(table.cut(PhysicalOffset{100}));
    EXPECT_THAT(load().entries(), ElementsAre(EpochEntry{Epoch{1}, PhysicalOffset{0}}));
}

TEST_F(EpochTables, are_these_bytes_on_disk) {
    auto table = load();
    ASSERT_TRUE(table.begin(Epoch{1}, PhysicalOffset{2}));
    const std::string bytes = table.encode();
    EXPECT_EQ(bytes.substr(0, 28), (std::string{"TERNEPO1\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2", 28}));
    EXPECT_EQ(bytes.size(), 32U);
}

TEST_F(EpochTables, are_refused_when_a_byte_has_rotted) {
    auto table = load();
    ASSERT_TRUE(table.begin(Epoch{1}, PhysicalOffset{0}));
    std::string bytes = table.encode();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::string rotten = bytes;
        rotten[i] = static_cast<char>(rotten[i] ^ 1);
        EXPECT_FALSE(EpochTable::decode(rotten)) << i;
    }
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(EpochTable::decode(bytes.substr(0, size))) << size;
}

}  // namespace
}  // namespace tern::replication
