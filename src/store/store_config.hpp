// What a store is told at its opening. Sizes are part of its format: a directory must be opened with the
// sizes it was written with.
#pragma once

#include <cstdint>
#include <string>

#include "model/delay_level.hpp"

namespace tern::store {

struct StoreConfig {
    std::string root;                               // storePathRootDir.
    std::string commit_log_path;                    // storePathCommitLog; empty: <root>/commitlog.
    std::int64_t segment_size{1024 * 1024 * 1024};  // mappedFileSizeCommitLog.
    std::int64_t consume_queue_file_size{
        6'000'000};          // mappedFileSizeConsumeQueue; rounded up to whole entries.
    bool sync_flush{false};  // flushDiskType: writes zeros ahead of the log's end.
    std::int64_t write_ahead_bytes{16 * 1024 * 1024};  // How far ahead, with sync_flush.
    std::int64_t hot_bytes{1024 * 1024 * 1024};  // This close to the end, records are taken to be in memory.
    bool index_enabled{true};                    // messageIndexEnable.
    std::int32_t index_slots{5'000'000};         // maxHashSlotNum.
    std::int32_t index_entries{20'000'000};      // maxIndexNum.
    bool check_crc_on_recover{true};             // checkCRCOnRecover.
    std::int64_t checksum_block_bytes{65'536};   // Of the log, to which block_checksums.hpp has one each.
    model::DelayLevels delay_levels{
        *model::DelayLevels::parse(model::default_delay_levels)};  // messageDelayLevel.
    // What lies behind the checkpoint is dispatched again by open(). Otherwise the owner does it with
    // dispatch_to(), because he knows how much of it is committed.
    bool dispatch_at_open{true};
    // Changes with every start of the machine (/proc/sys/kernel/random/boot_id); empty: not known. Unsynced
    // bytes are intact after the death of the process alone, so recovery may believe them.
    std::string boot_id;
};

}  // namespace tern::store
