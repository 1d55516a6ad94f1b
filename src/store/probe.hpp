// What happened in the store, counted where it happens. Names and descriptions stand here once.
#pragma once

#include <cstdint>

namespace tern::store {

struct StoreProbe {
    std::uint64_t appended_records{0};
    std::uint64_t appended_bytes{0};
    std::uint64_t log_writes{0};
    std::uint64_t log_syncs{0};
    std::uint64_t rolled_segments{0};
    std::uint64_t unprepared_rolls{0};
    std::uint64_t expired_segments{0};
    std::uint64_t dispatched_records{0};
    std::uint64_t repeated_entries{0};
    std::uint64_t misplaced_entries{0};
    std::uint64_t restarted_queues{0};
    std::uint64_t mended_entries{0};
    std::uint64_t undispatchable_records{0};
    std::uint64_t index_entries{0};
    std::uint64_t index_files{0};
    std::uint64_t checkpoints{0};

    template <class Visit>
    void metrics(Visit visit) const {
        visit("store_appended_records_total", "Records appended to the commit log.", appended_records);
        visit("store_appended_bytes_total", "Bytes of records appended to the commit log.", appended_bytes);
        visit("store_log_writes_total", "Gathered writes to commit-log segments.", log_writes);
        visit("store_log_syncs_total", "Rounds of syncs of the commit log.", log_syncs);
        visit("store_rolled_segments_total", "Segments begun because one was full.", rolled_segments);
        visit("store_unprepared_rolls_total", "Rolls that had to make their segment first.",
              unprepared_rolls);
        visit("store_expired_segments_total", "Segments removed by retention.", expired_segments);
        visit("store_dispatched_records_total", "Records dispatched to queues and index.",
              dispatched_records);
        visit("store_repeated_entries_total", "Queue entries that were there already.", repeated_entries);
        visit("store_misplaced_entries_total", "Queue entries whose offset does not follow.",
              misplaced_entries);
        visit("store_restarted_queues_total", "Queues whose numbering began anew.", restarted_queues);
        visit("store_mended_entries_total", "Queue entries that a disk had changed, and the log told.",
              mended_entries);
        visit("store_undispatchable_records_total", "Records whose topic or queue id names no queue.",
              undispatchable_records);
        visit("store_index_entries_total", "Keys put into the message index.", index_entries);
        visit("store_index_files_total", "Index files begun.", index_files);
        visit("store_checkpoints_total", "Checkpoints completed.", checkpoints);
    }
};

}  // namespace tern::store
