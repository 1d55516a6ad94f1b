// The bytes of one file in memory, as readers see them and as a loss of power would leave them. What was
// written since the last sync is remembered by sector, with what the disk still has there.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "base/runtime.hpp"
#include "io/lazy_memory.hpp"

namespace tern::io {

// How likely each fate of unsynced state is when a machine loses power; of 1,000.
struct CrashOdds {
    std::uint32_t in_order{500};  // That a file keeps its sectors up to one place and loses those behind it.
    std::uint32_t sector_kept{400};  // Else each sector has its own fate: kept, torn (its front is new, the
    std::uint32_t sector_torn{100};  // rest is old) or lost.
    std::uint32_t size_kept{400};    // A changed length: kept, partly kept, or lost.
    std::uint32_t size_partly_kept{200};
    std::uint32_t name_change_kept{500};  // A file created, renamed or removed.
};

// What a loss of power did; tells a simulation which rare states it has reached.
struct CrashReport {
    std::int64_t sectors_kept{};
    std::int64_t sectors_torn{};
    std::int64_t sectors_lost{};
    std::int64_t name_changes_kept{};
    std::int64_t name_changes_undone{};
};

inline bool happens(Random& random, std::uint32_t of_thousand) {
    return of_thousand > 0 && random.below(1000) < of_thousand;
}

class MemoryContent {
public:
    static constexpr std::int64_t sector_size = 512;  // What a disk writes wholly, or nearly so.
    static constexpr std::int64_t page_size = 4096;   // What a file system allocates.
    static constexpr std::int64_t size_max = std::int64_t{2}
                                             << 30;  // Of a file; writes beyond are our own mistake.

    // allocated_bytes counts what all files of a disk take; it outlives the content.
    explicit MemoryContent(std::int64_t& allocated_bytes) : allocated_bytes_{allocated_bytes} {}
    MemoryContent(const MemoryContent&) = delete;
    MemoryContent& operator=(const MemoryContent&) = delete;
    ~MemoryContent();

    std::int64_t size() const { return size_; }
    // All bytes up to the present size. The place is stable, later writes are seen through it.
    std::span<char> bytes();
    // The same, for somebody who will write through it: from now on such writes are found by comparing the
    // whole file at each sync, so files written like this are to be small.
    std::span<char> bytes_for_writing();

    void write(std::int64_t offset, std::string_view bytes);
    void write_zeros(std::int64_t offset, std::int64_t size);
    void set_size(std::int64_t size);
    // The disk has something else there than was written: bytes that were synced long ago.
    void damage(std::int64_t offset, std::string_view bytes);
    // Takes the space for what will be written there.
    void allocate(std::int64_t offset, std::int64_t size);
    // Bytes that writing there would take from the disk's free space.
    std::int64_t unallocated_bytes(std::int64_t offset, std::int64_t size) const;

    // A sync covers what was written before it began. Syncs of one file end in the order in which they began.
    void begin_sync();
    void end_sync();
    // The disk has refused: what the sync covered is on it, or not, and counts as clean; readers still see
    // it.
    void fail_sync(Random& random);
    void sync_now();
    void fail_sync_now(Random& random);

    // The process that was writing died: no sync is under way any more, no mapping is written through.
    void crash_process();
    void crash_machine(const CrashOdds& odds, Random& random, CrashReport& report);

    // Of size and bytes; the same for the same content, however it came about.
    std::uint64_t hash();

private:
    using Sector = std::array<char, sector_size>;
    using Sectors =
        std::map<std::int64_t, Sector>;  // By number. What the disk has where readers see newer bytes.
    struct Sync {
        Sectors covered;
        std::int64_t size;
    };

    void reserve();
    // Puts bytes, or zeros if there are none, and remembers what the disk has there.
    void put(std::int64_t offset, std::int64_t size, const char* bytes);
    void remember(std::int64_t sector, const char* seen_before);
    void put_in_page(std::int64_t at, std::int64_t size, const char* bytes);
    bool is_written(std::int64_t at) const;
    void mark_written(std::int64_t offset, std::int64_t size);
    void free_pages_behind(std::int64_t size);
    void find_writes_in_place();
    void lose(Sync failed, std::size_t newer_from, Random& random);
    void put_back(std::int64_t sector, const Sector& old, std::size_t from);
    void decide_size(const CrashOdds& odds, Random& random);

    std::int64_t& allocated_bytes_;
    LazyMemory memory_;  // Zeros behind size_.
    LazyMemory seen_;    // A copy as of the last look, when somebody writes in place.
    std::int64_t size_{0};
    std::int64_t durable_size_{0};
    std::vector<bool> allocated_;  // By page: takes space.
    std::vector<bool> written_;    // By page: may be other than zeros.

    // Where readers see a sector's newest bytes, the disk has those of the oldest of these that knows the
    // sector:
    Sectors lost_;            // Clean in the system's eyes after a failed sync, so no later sync writes them.
    std::deque<Sync> syncs_;  // Under way, oldest first.
    Sectors dirty_;           // Written since the last sync began.
};

}  // namespace tern::io
