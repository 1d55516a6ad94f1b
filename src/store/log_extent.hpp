// How far the log of a store reaches that no process has open: what a person wants to know before he decides
// about it. Nothing is changed. A start may find less: after a loss of power it doubts more.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "io/file_system.hpp"

namespace tern::store {

struct LogExtent {
    PhysicalOffset begin;
    PhysicalOffset end;                    // Of the last whole record.
    PhysicalOffset flushed;                // As far as is known.
    PhysicalOffset dispatched;             // The same; what is dispatched was committed.
    std::int64_t last_store_timestamp{0};  // Of the last record that was looked at; 0: none was.
    bool clean{false};                     // The last process stopped as it should.
    std::string stopped_by;  // What is wrong with the bytes at the end; empty when they are zeros.
};

// segment_size is what a store has that does not say it itself: one of Java's, or one that died at its begin.
Result<LogExtent> find_log_extent(io::FileSystem& files, const std::string& root,
                                  const std::string& commit_log_path, std::int64_t segment_size);

}  // namespace tern::store
