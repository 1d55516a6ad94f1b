// What lies at one place of the commit log: a record, the blank that closes a segment, or nothing that can be
// read.
#pragma once

#include <string>
#include <string_view>

#include "base/strong.hpp"
#include "model/message_record.hpp"

namespace tern::store {

struct LogEntry {
    enum class Kind { record, blank, nothing };

    Kind kind{Kind::nothing};
    PhysicalOffset next;       // Where the entry behind this one begins; of nothing: its own place.
    model::RecordView record;  // Of a record.
    std::string why;           // Of nothing, when there are bytes: what is wrong with them.
};

// bytes reach from place `at` to the end of its segment, or of what was written.
inline void read_log_entry(std::string_view bytes, PhysicalOffset at, std::int64_t segment_size,
                           model::VerifyBody verify, LogEntry& entry) {
    entry.kind = LogEntry::Kind::nothing;
    entry.next = at;
    const auto preamble = model::read_record_preamble(bytes);
    if (!preamble || (preamble->size == 0 && preamble->magic == 0)) return;
    if (preamble->magic == model::blank_magic) {
        entry.kind = LogEntry::Kind::blank;
        entry.next = at + (segment_size - at.value() % segment_size);
        return;
    }
    if (auto decoded = model::decode_record(bytes, verify, entry.record); !decoded) {
        entry.why = std::move(decoded.error().detail);
    } else if (entry.record.physical_offset != at) {
        entry.why = "message record: says it lies at " + std::to_string(entry.record.physical_offset.value());
    } else {
        entry.kind = LogEntry::Kind::record;
        entry.next = at + entry.record.size;
    }
}
inline LogEntry read_log_entry(std::string_view bytes, PhysicalOffset at, std::int64_t segment_size,
                               model::VerifyBody verify) {
    LogEntry entry;
    read_log_entry(bytes, at, segment_size, verify, entry);
    return entry;
}

}  // namespace tern::store
