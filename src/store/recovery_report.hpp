// What a start has found, for the log and for the parts that have state of their own beside the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/strong.hpp"

namespace tern::store {

struct RecoveryReport {
    enum class Basis {
        nothing,          // A new store.
        position,         // Our position file: only what lies behind it was looked at.
        whole_log,        // It did not fit what lies on the disk, so queues and index were built anew.
        java_checkpoint,  // Java's rules: another program wrote the store last.
    };

    Basis basis{Basis::nothing};
    std::string reason;              // Why not by position, when there was one.
    bool clean{false};               // The last process stopped as it should.
    bool written_by_another{false};  // It was none of ours: what we keep beside the log is stale.
    bool machine_restarted{false};   // Or is not known not to have: unsynced bytes may be lost or torn.
    PhysicalOffset scanned_from;
    PhysicalOffset log_end;
    std::int64_t scanned_records{0};
    std::string stopped_by;            // What is wrong with the bytes at log_end; empty when they are zeros.
    std::int64_t cut_bytes{0};         // Found behind log_end: a torn tail. Counted up to a gap of zeros.
    std::int64_t removed_segments{0};  // Behind the one that the log ends in.
    std::optional<std::string> stop_note;  // What the caller gave to close() at the last clean stop.
};

}  // namespace tern::store
