#include "simulation/observed_disk.hpp"

#include "io/memory_file_system.hpp"

namespace tern::simulation {
namespace {

class ObservedDiskTest : public ::testing::Test {
protected:
    ObservedDiskTest() {
        EXPECT_TRUE(bare_.create_directories("/store/commitlog"));
        disk_.attach(process_);
    }

    std::unique_ptr<io::File> opens(const std::string& path) {
        return std::move(disk_.open(path, io::OpenMode::create_or_open).value());
    }

    SilentLog log_;
    SimulatedTime time_{1, Ties::in_order};
    SimulatedProcess machine_{time_, "machine", 1, log_};
    SimulatedProcess process_{time_, "process", 2, log_};
    io::MemoryFileSystem bare_{machine_.runtime()};
    ObservedDisk disk_{bare_, "/store/commitlog"};
};

TEST_F(ObservedDiskTest, knows_how_much_of_the_log_is_durable) {
    const auto segment = opens("/store/commitlog/00000000000000001000");
    ASSERT_TRUE(segment->write_at(0, "0123456789"));
    EXPECT_TRUE(disk_.log_has_unsynced_writes());
    EXPECT_EQ(disk_.durable_end(), PhysicalOffset{0});
    ASSERT_TRUE(segment->sync_now());
    EXPECT_EQ(disk_.durable_end(), PhysicalOffset{1010});
    ASSERT_TRUE(segment->write_at(10, "more"));
    EXPECT_EQ(disk_.durable_end(), PhysicalOffset{1010});
}

TEST_F(ObservedDiskTest, does_not_take_a_sync_for_done_before_it_is) {
    const auto segment = opens("/store/commitlog/00000000000000000000");
    bool is_done = false;
    ASSERT_TRUE(segment->write_at(0, "0123456789"));
    segment->sync([&](Result<>) { is_done = true; });
    ASSERT_TRUE(segment->write_at(10, "too late for it"));
    EXPECT_TRUE(disk_.log_is_syncing());
    EXPECT_EQ(disk_.durable_end(), PhysicalOffset{0});
    time_.run_for(1s);
    EXPECT_TRUE(is_done);
    EXPECT_EQ(disk_.durable_end(), PhysicalOffset{10});
}

TEST_F(ObservedDiskTest, keeps_what_is_durable_when_the_oldest_segment_goes) {
    const auto first = opens("/store/commitlog/00000000000000000000");
    const auto second = opens("/store/commitlog/00000000000000000100");
    ASSERT_TRUE(first->write_at(0, "0123456789"));
    ASSERT_TRUE(first->sync_now());
    ASSERT_TRUE(second->write_at(0, "0123456789"));
    ASSERT_TRUE(second->sync_now());
    ASSERT_TRUE(disk_.remove("/store/commitlog/00000000000000000000"));
    EXPECT_EQ(disk_.durable_end(), PhysicalOffset{110});
    ASSERT_TRUE(disk_.remove("/store/commitlog/00000000000000000100"));
    EXPECT_EQ(disk_.durable_end(), PhysicalOffset{100});
}

TEST_F(ObservedDiskTest, counts_no_segment_behind_one_that_is_not_synced) {
    const auto first = opens("/store/commitlog/00000000000000000000");
    const auto second = opens("/store/commitlog/00000000000000000100");
    ASSERT_TRUE(first->write_at(0, "0123456789"));
    ASSERT_TRUE(second->write_at(0, "0123456789"));
    ASSERT_TRUE(second->sync_now());
    EXPECT_EQ(disk_.durable_end(), PhysicalOffset{0});
    ASSERT_TRUE(first->sync_now());
    EXPECT_EQ(disk_.durable_end(), PhysicalOffset{110});
}

TEST_F(ObservedDiskTest, follows_a_segment_that_gets_its_name_later) {
    const auto segment = opens("/store/next-segment");
    ASSERT_TRUE(disk_.rename("/store/next-segment", "/store/commitlog/00000000000000000100"));
    ASSERT_TRUE(segment->write_at(0, "0123456789"));
    ASSERT_TRUE(segment->sync_now());
    EXPECT_EQ(disk_.durable_end(), PhysicalOffset{110});
}

TEST_F(ObservedDiskTest, takes_back_what_the_process_cuts) {
    const auto segment = opens("/store/commitlog/00000000000000001000");
    ASSERT_TRUE(segment->write_at(0, "0123456789"));
    ASSERT_TRUE(segment->sync_now());
    ASSERT_TRUE(segment->write_zeros(4, 6));
    EXPECT_EQ(disk_.durable_end(), PhysicalOffset{1004});
}

TEST_F(ObservedDiskTest, believes_a_log_that_was_found_only_once_it_is_synced) {
    const auto segment = opens("/store/commitlog/00000000000000001000");
    disk_.log_found(PhysicalOffset{1010});
    EXPECT_EQ(disk_.durable_end(), PhysicalOffset{0});
    ASSERT_TRUE(segment->sync_now());
    disk_.log_found(PhysicalOffset{1010});
    EXPECT_EQ(disk_.durable_end(), PhysicalOffset{1010});
}

TEST_F(ObservedDiskTest, lets_a_process_die_inside_of_the_operation_it_was_told) {
    const auto file = opens("/store/other");
    const auto segment = opens("/store/commitlog/00000000000000000000");
    disk_.die({.count = 2, .part = "/commitlog/"});
    ASSERT_TRUE(file->write_at(0, "not counted"));
    ASSERT_TRUE(segment->write_at(0, "first"));
    EXPECT_THROW((void)segment->write_at(5, "second"), ProcessDied);
    EXPECT_EQ(*io::read_file(bare_, "/store/commitlog/00000000000000000000"), "first");
}

TEST_F(ObservedDiskTest, does_nothing_more_for_a_process_that_has_died) {
    const auto file = opens("/store/file");
    disk_.die({});
    EXPECT_THROW((void)file->write_at(0, "x"), ProcessDied);
    EXPECT_FALSE(file->write_at(0, "x"));
    EXPECT_FALSE(disk_.remove("/store/file"));
    EXPECT_TRUE(bare_.exists("/store/file"));
}

TEST_F(ObservedDiskTest, completes_operations_on_the_process_and_never_on_a_stalled_one) {
    const auto file = opens("/store/file");
    bool is_done = false;
    process_.stall_until(time_.now() + 2s);
    file->sync([&](Result<>) { is_done = true; });
    time_.run_for(1s);
    EXPECT_FALSE(is_done);
    time_.run_for(2s);
    EXPECT_TRUE(is_done);
}

}  // namespace
}  // namespace tern::simulation
