#include "io/two_slot_file.hpp"

#include "base/text.hpp"
#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"

namespace tern::io {
namespace {

constexpr SlotFormat format{.magic = "TERNTEST", .slot_size = slot_overhead + 3};
constexpr const char* path = "/state";

class TwoSlotFiles : public testing::Test {
protected:
    Result<TwoSlotFile> open(OpenMode mode = OpenMode::create_or_open) {
        return TwoSlotFile::open(disk, path, mode, format);
    }
    void write(std::string content) {
        auto file = open();
        ASSERT_TRUE(file->write(std::move(content)) && file->file()->sync_now());
    }
    std::string newest() { return open()->newest().value_or("nothing"); }
    void overwrite(std::int64_t place, std::string_view bytes) {
        ASSERT_TRUE((*disk.open(path, OpenMode::read_write))->write_at(place, bytes));
    }

    SimulatedLoop loop;
    MemoryFileSystem disk{loop.runtime()};
};

TEST_F(TwoSlotFiles, have_slots_of_these_bytes) {
    const std::string slot = encode_slot("TERNTEST", {0x0102030405060708, "abc"});
    EXPECT_EQ(to_hex(slot), "5445524E544553540102030405060708616263A864D161");
    EXPECT_EQ(decode_slot("TERNTEST", slot)->sequence, 0x0102030405060708U);
    EXPECT_EQ(decode_slot("TERNTEST", slot)->content, "abc");
    EXPECT_FALSE(decode_slot("TERNOTHE", slot));
    EXPECT_FALSE(decode_slot("TERNTEST", slot.substr(0, slot_overhead - 1)));
}

TEST_F(TwoSlotFiles, have_nothing_before_the_first_write) {
    EXPECT_EQ(newest(), "nothing");
    EXPECT_EQ(open(OpenMode::read_write)->newest(), std::nullopt);
}

TEST_F(TwoSlotFiles, give_the_newest_that_is_whole) {
    for (const char* content : {"one", "two", "thr"}) write(content);
    EXPECT_EQ(newest(), "thr");
    overwrite(TwoSlotFile::slot_distance, "rotten");
    EXPECT_EQ(newest(), "two");
    overwrite(0, "rotten");
    EXPECT_EQ(newest(), "nothing");
}

TEST_F(TwoSlotFiles, make_durable_what_a_dead_process_left_in_memory) {
    write("one");
    ASSERT_TRUE(disk.sync_directory("/"));
    ASSERT_TRUE(open()->write("two"));
    disk.crash_process();
    EXPECT_EQ(newest(), "two");
    disk.crash_machine({.in_order = 0, .sector_kept = 0, .sector_torn = 0});
    EXPECT_EQ(newest(), "two");
}

TEST_F(TwoSlotFiles, go_on_from_a_first_content) {
    ASSERT_TRUE(replace_file(disk, path, TwoSlotFile::first_content(format, "one")));
    EXPECT_EQ(newest(), "one");
    write("two");
    overwrite(0, "rotten");
    EXPECT_EQ(newest(), "one");
}

TEST_F(TwoSlotFiles, that_are_cut_off_are_mended_only_where_they_may_be_made) {
    write("one");
    ASSERT_TRUE((*disk.open(path, OpenMode::read_write))->set_size(5000));
    EXPECT_EQ(open(OpenMode::read_write).error().detail, "/state: cut off at 5000 bytes");
    EXPECT_EQ(newest(), "one");
}

}  // namespace
}  // namespace tern::io
