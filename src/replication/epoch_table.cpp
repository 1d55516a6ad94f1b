#include "replication/epoch_table.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/buffer.hpp"
#include "base/hash.hpp"

namespace tern::replication {
namespace {

constexpr std::string_view file_magic = "TERNEPO1";

}  // namespace

Result<EpochTable> EpochTable::load(io::FileSystem& files, const std::string& path) {
    EpochTable table{files, path};
    if (!files.exists(path)) return table;
    const auto bytes = io::read_file(files, path);
    if (!bytes) return std::unexpected(bytes.error());
    auto entries = decode(*bytes);
    if (!entries) return failure(entries.error().code, path + ": " + entries.error().detail);
    table.entries_ = std::move(*entries);
    return table;
}

Epoch EpochTable::epoch_at(PhysicalOffset offset) const {
    const auto behind =
        std::upper_bound(entries_.begin(), entries_.end(), offset,
                         [](PhysicalOffset at, const EpochEntry& entry) { return at < entry.start; });
    return behind == entries_.begin() ? Epoch{} : std::prev(behind)->epoch;
}

Result<> EpochTable::begin(Epoch epoch, PhysicalOffset start) {
    TERN_ASSERT(epoch > last());
    auto entries = entries_;
    TERN_ASSERT(entries.empty() || entries.back().start < start);
    entries.push_back({epoch, start});
    std::swap(entries_, entries);
    auto saved = io::replace_file(*files_, path_, encode());
    if (!saved) std::swap(entries_, entries);
    return saved;
}

Result<> EpochTable::cut(PhysicalOffset end) {
    if (entries_.empty() || entries_.back().start < end) return {};
    while (!entries_.empty() && entries_.back().start >= end) entries_.pop_back();
    return io::replace_file(*files_, path_, encode());
}

Result<> EpochTable::replace(const std::vector<raft::TermStart>& terms) {
    entries_.clear();
    for (const auto& term : terms) entries_.push_back({term.term, term.start});
    return io::replace_file(*files_, path_, encode());
}

std::string EpochTable::encode() const {
    Buffer out;
    out.append(file_magic);
    out.append_be<std::int32_t>(static_cast<std::int32_t>(entries_.size()));
    for (const auto& entry : entries_) {
        out.append_be<std::int64_t>(entry.epoch.value());
        out.append_be<std::int64_t>(entry.start.value());
    }
    out.append_be<std::uint32_t>(crc32(out.view()));
    return std::string{out.view()};
}

Result<std::vector<EpochEntry>> EpochTable::decode(std::string_view bytes) {
    const auto damaged = [&](const char* what) {
        return failure(Errc::corrupt, std::string{"epoch table: "} + what + " in " +
                                          std::to_string(bytes.size()) + " bytes");
    };
    if (bytes.size() < file_magic.size() + 8 || !bytes.starts_with(file_magic)) return damaged("no magic");
    const auto content = bytes.substr(0, bytes.size() - 4);
    if (load_be<std::uint32_t>(bytes.data() + content.size()) != crc32(content))
        return damaged("wrong checksum");
    ByteReader reader{content.substr(file_magic.size())};
    const auto count = reader.read<std::int32_t>();
    if (!count || *count < 0 || reader.rest().size() != static_cast<std::size_t>(*count) * 16)
        return damaged("wrong number of entries");
    std::vector<EpochEntry> entries;
    for (std::int32_t i = 0; i < *count; ++i) {
        const EpochEntry entry{Epoch{*reader.read<std::int64_t>()},
                               PhysicalOffset{*reader.read<std::int64_t>()}};
        if (!entries.empty() && (entry.epoch <= entries.back().epoch || entry.start <= entries.back().start))
            return damaged("entries that do not rise");
        entries.push_back(entry);
    }
    return entries;
}

}  // namespace tern::replication
