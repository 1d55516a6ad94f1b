// A table is a fold over the log: the same records in the same order give the same table, on every member and
// after every restart. Its text is the JSON that the Java broker keeps in config/, and is its snapshot too.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "model/message_record.hpp"
#include "replication/internal_record.hpp"

namespace tern::replication {

// Where and when a record stands. The time is the record's own: apply reads no clock.
struct AppliedAt {
    PhysicalOffset offset;
    Epoch epoch;
    std::int64_t store_timestamp{};
};

class Table {
public:
    virtual ~Table() = default;

    // The file's name under config/, "topics.json"; also the table's name in a snapshot.
    virtual std::string_view file_name() const = 0;
    // Whether Java knows the file; others exist in snapshots only.
    virtual bool java_file() const { return true; }

    virtual void apply(const InternalRecord&, const AppliedAt&) {}
    // A message that carries the progress it implies (a delivered delayed message).
    virtual void apply(const model::RecordView&, const AppliedAt&) {}

    virtual std::string text() const = 0;
    // Replaces all that the table holds. On failure the table is unchanged.
    virtual Result<> restore(std::string_view text) = 0;
    virtual void clear() = 0;
    // Changes whenever the content does, so that unchanged tables are not written again.
    virtual std::uint64_t revision() const = 0;
};

}  // namespace tern::replication
