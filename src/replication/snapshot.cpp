#include "replication/snapshot.hpp"

#include <cstdio>

#include "base/assert.hpp"
#include "base/buffer.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

namespace tern::replication {
namespace {

constexpr std::string_view file_magic = "TERNSNA1";
constexpr std::string_view file_prefix = "snapshot-";
constexpr std::size_t tables_max = 64;
constexpr std::size_t kept = 2;

}  // namespace

std::string encode_snapshot(const Snapshot& snapshot) {
    TERN_ASSERT(snapshot.tables.size() <= tables_max);
    Buffer out;
    out.append(file_magic);
    out.append_be<std::int64_t>(snapshot.position.value());
    out.append_be<std::int64_t>(snapshot.epoch.value());
    out.append_be<std::int32_t>(static_cast<std::int32_t>(snapshot.tables.size()));
    for (const auto& table : snapshot.tables) {
        out.append_be<std::int32_t>(static_cast<std::int32_t>(table.name.size()));
        out.append(table.name);
        out.append_be<std::int64_t>(static_cast<std::int64_t>(table.text.size()));
        out.append(table.text);
    }
    out.append_be<std::uint32_t>(crc32(out.view()));
    return std::string{out.view()};
}

Result<Snapshot> decode_snapshot(std::string_view bytes) {
    const auto damaged = [&](const char* what) {
        return failure(Errc::corrupt,
                       std::string{"snapshot: "} + what + " in " + std::to_string(bytes.size()) + " bytes");
    };
    if (bytes.size() < file_magic.size() + 4 || !bytes.starts_with(file_magic)) return damaged("no magic");
    const auto content = bytes.substr(0, bytes.size() - 4);
    if (load_be<std::uint32_t>(bytes.data() + content.size()) != crc32(content))
        return damaged("wrong checksum");
    ByteReader reader{content.substr(file_magic.size())};
    const auto position = reader.read<std::int64_t>();
    const auto epoch = reader.read<std::int64_t>();
    const auto count = reader.read<std::int32_t>();
    if (!count || *count < 0 || static_cast<std::size_t>(*count) > tables_max)
        return damaged("wrong number of tables");
    Snapshot snapshot{PhysicalOffset{*position}, Epoch{*epoch}, {}};
    for (std::int32_t i = 0; i < *count; ++i) {
        const auto name_size = reader.read<std::int32_t>();
        if (!name_size || *name_size < 0) return damaged("a table without a name");
        const auto name = reader.read_bytes(static_cast<std::size_t>(*name_size));
        const auto text_size = name ? reader.read<std::int64_t>() : std::nullopt;
        if (!text_size || *text_size < 0) return damaged("a table without a text");
        const auto text = reader.read_bytes(static_cast<std::size_t>(*text_size));
        if (!text) return damaged("a table that is cut off");
        snapshot.tables.push_back({std::string{*name}, std::string{*text}});
    }
    if (!reader.rest().empty()) return damaged("bytes behind the last table");
    return snapshot;
}

std::string SnapshotFiles::path(PhysicalOffset position) const {
    char digits[24];
    std::snprintf(digits, sizeof digits, "%020lld", static_cast<long long>(position.value()));
    return directory_ + "/" + std::string{file_prefix} + digits;
}

std::vector<PhysicalOffset> SnapshotFiles::positions() const {
    std::vector<PhysicalOffset> found;
    const auto entries = files_.list(directory_);
    if (!entries) return found;
    for (const auto& entry : *entries) {
        std::string_view name = entry.name;
        if (!name.starts_with(file_prefix)) continue;
        name.remove_prefix(file_prefix.size());
        if (name.size() != 20) continue;
        if (const auto position = parse_number<std::int64_t>(name))
            found.push_back(PhysicalOffset{*position});
    }
    return found;
}

Result<std::optional<Snapshot>> SnapshotFiles::newest(PhysicalOffset log_end,
                                                      std::vector<std::string>& damaged) const {
    auto candidates = positions();
    while (!candidates.empty()) {
        const PhysicalOffset position = candidates.back();
        candidates.pop_back();
        if (position > log_end) continue;
        const auto bytes = io::read_file(files_, path(position));
        if (!bytes) return std::unexpected(bytes.error());
        auto snapshot = decode_snapshot(*bytes);
        if (snapshot && snapshot->position == position) return std::optional{std::move(*snapshot)};
        damaged.push_back(path(position) + ": " +
                          (snapshot ? "names another position" : snapshot.error().detail));
    }
    return std::optional<Snapshot>{};
}

void SnapshotFiles::write(const Snapshot& snapshot, io::Done done) {
    TERN_ASSERT(writing_ == nullptr);
    const std::string temporary = directory_ + "/snapshot.writing";
    auto file = files_.open(temporary, io::OpenMode::create_or_truncate);
    if (!file) return done(std::unexpected(file.error()));
    const auto written = (*file)->write_at(0, encode_snapshot(snapshot));
    if (!written) return done(std::unexpected(written.error()));
    writing_ = std::move(*file);
    writing_->sync([this, position = snapshot.position,
                    finished = std::make_unique<io::Done>(std::move(done))](Result<> synced) {
        writing_.reset();
        if (synced) synced = publish(directory_ + "/snapshot.writing", position);
        (*finished)(std::move(synced));
    });
}

Result<> SnapshotFiles::write_now(const Snapshot& snapshot) {
    const std::string temporary = directory_ + "/snapshot.stopping";
    auto file = files_.open(temporary, io::OpenMode::create_or_truncate);
    if (!file) return std::unexpected(file.error());
    if (auto written = (*file)->write_at(0, encode_snapshot(snapshot)); !written) return written;
    if (auto synced = (*file)->sync_now(); !synced) return synced;
    return publish(temporary, snapshot.position);
}

Result<> SnapshotFiles::publish(const std::string& temporary, PhysicalOffset position) {
    if (auto renamed = files_.rename(temporary, path(position)); !renamed) return renamed;
    if (auto synced = files_.sync_directory(directory_); !synced) return synced;
    const auto all = positions();
    for (std::size_t i = 0; i + kept < all.size(); ++i) {
        if (auto removed = files_.remove(path(all[i])); !removed) return removed;
    }
    return {};
}

Result<> SnapshotFiles::drop_below(PhysicalOffset bound) {
    for (const auto position : positions()) {
        if (position >= bound) continue;
        if (auto removed = files_.remove(path(position)); !removed) return removed;
    }
    return files_.sync_directory(directory_);
}

}  // namespace tern::replication
