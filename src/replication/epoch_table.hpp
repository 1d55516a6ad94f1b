// Which reign wrote which bytes: epoch → the offset of its first record, both rising. It fences logs that
// differ (docs/decisions/0003-epochs.md) and is small enough to be replaced whole. File: <root>/tern/epochs,
// docs/formats/epochs.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "io/file_system.hpp"
#include "raft/term_table.hpp"

namespace tern::replication {

struct EpochEntry {
    Epoch epoch;
    PhysicalOffset start;
    friend bool operator==(const EpochEntry&, const EpochEntry&) = default;
};

class EpochTable {
public:
    EpochTable() = default;  // Empty, of no file; load() gives one that can change.
    // An absent file is an empty table; a damaged one is an error that names it.
    static Result<EpochTable> load(io::FileSystem& files, const std::string& path);

    const std::vector<EpochEntry>& entries() const { return entries_; }
    // Epoch 0 when nothing was ever written under an epoch.
    Epoch last() const { return entries_.empty() ? Epoch{} : entries_.back().epoch; }
    Epoch epoch_at(PhysicalOffset offset) const;

    // Adds a reign, newer than all, at the log's end, and makes it durable before returning.
    Result<> begin(Epoch epoch, PhysicalOffset start);
    // Forgets reigns that began at or behind the log's end. That no epoch is used twice is the vote file's
    // to know.
    Result<> cut(PhysicalOffset end);
    // Another log takes this one's place.
    Result<> replace(const std::vector<raft::TermStart>& terms);

    std::string encode() const;
    static Result<std::vector<EpochEntry>> decode(std::string_view bytes);

private:
    EpochTable(io::FileSystem& files, std::string path) : files_{&files}, path_{std::move(path)} {}

    io::FileSystem* files_{nullptr};
    std::string path_;
    std::vector<EpochEntry> entries_;
};

}  // namespace tern::replication
