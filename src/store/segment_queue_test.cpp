#include "store/segment_queue.hpp"

#include <gtest/gtest.h>

#include "io/memory_file_system.hpp"
#include "io/simulated_loop.hpp"

namespace tern::store {
namespace {

constexpr std::int64_t segment_size = 4096;

// A power loss brings back what it likes of the removals that were not made durable.
TEST(SegmentQueue, has_no_gap_when_the_power_goes_while_its_end_is_removed) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        io::SimulatedLoop loop{seed};
        io::MemoryFileSystem files{loop.runtime()};
        ASSERT_TRUE(io::create_directories_durably(files, "/log"));
        SegmentQueue segments{files, "/log", segment_size};
        for (std::int64_t base = 0; base < 4 * segment_size; base += segment_size)
            ASSERT_TRUE(segments.create(base));
        for (const auto& file : *segments.take_unsynced()) ASSERT_TRUE(file->sync_now());
        ASSERT_TRUE(files.sync_directory("/log"));
        ASSERT_TRUE(segments.clear_from(segment_size));
        files.crash_machine();
        SegmentQueue found{files, "/log", segment_size};
        const auto loaded = found.load(Mending::none);
        EXPECT_TRUE(loaded) << "seed " << seed << ": " << loaded.error().detail;
        EXPECT_EQ(found.begin(), 0);
    }
}

}  // namespace
}  // namespace tern::store
