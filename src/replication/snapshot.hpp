// Snapshots of all tables at one position of the log, so that a start need not replay the log from its
// beginning. A snapshot never covers bytes that are not flushed; two are kept, the newest whole one is used.
// Files: <root>/tern/snapshot-<position, 20 digits>, docs/formats/snapshot.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "io/file_system.hpp"

namespace tern::replication {

struct TableText {
    std::string name;
    std::string text;
};

struct Snapshot {
    PhysicalOffset position;  // Every record that begins below it is folded in, none at or behind it.
    Epoch epoch;
    std::vector<TableText> tables;
};

std::string encode_snapshot(const Snapshot& snapshot);
Result<Snapshot> decode_snapshot(std::string_view bytes);

class SnapshotFiles {
public:
    SnapshotFiles(io::FileSystem& files, std::string directory)
        : files_{files}, directory_{std::move(directory)} {}

    // The newest whole snapshot at or below the log's end; damaged ones are passed over and named in damaged.
    Result<std::optional<Snapshot>> newest(PhysicalOffset log_end, std::vector<std::string>& damaged) const;
    // Durable when done runs without an error. Older ones than the previous are removed then. One at a time.
    void write(const Snapshot& snapshot, io::Done done);
    // The same, waiting; for a stop.
    Result<> write_now(const Snapshot& snapshot);
    // Removes those of older positions; all when another program wrote the log since.
    Result<> drop_below(PhysicalOffset position);
    Result<> drop_all() { return drop_below(PhysicalOffset{INT64_MAX}); }
    // Positions of the snapshots there are, rising.
    std::vector<PhysicalOffset> positions() const;

private:
    std::string path(PhysicalOffset position) const;
    Result<> publish(const std::string& temporary, PhysicalOffset position);

    io::FileSystem& files_;
    std::string directory_;
    std::unique_ptr<io::File> writing_;
};

}  // namespace tern::replication
