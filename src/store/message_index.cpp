#include "store/message_index.hpp"

#include <algorithm>
#include <ctime>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace tern::store {
namespace {

constexpr std::size_t name_size = 17;

// yyyyMMddHHmmssSSS in local time, as Java names index files.
std::int64_t file_name_of(WallMillis now) {
    const std::time_t seconds = now / 1000;
    std::tm local{};
    ::localtime_r(&seconds, &local);
    std::int64_t name = local.tm_year + 1900;
    for (const int part : {local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec})
        name = name * 100 + part;
    return name * 1000 + now % 1000;
}

}  // namespace

MessageIndex::MessageIndex(const StoreConfig& config, io::FileSystem& files, Runtime runtime,
                           StoreProbe& probe)
    : files_{files},
      runtime_{runtime},
      probe_{probe},
      directory_{config.root + "/index"},
      shape_{config.index_slots, config.index_entries} {
    TERN_ASSERT(shape_.slots > 0 && shape_.entries > 1);
}

Result<> MessageIndex::load(Mending mending) {
    if (!files_.exists(directory_)) return {};
    const auto entries = files_.list(directory_);
    if (!entries) return std::unexpected(entries.error());
    for (const auto& entry : *entries) {
        const auto name =
            entry.name.size() == name_size ? parse_number<std::int64_t>(entry.name) : std::nullopt;
        if (entry.is_directory || !name) continue;
        std::string path = directory_ + "/" + entry.name;
        if (mending != Mending::none && entry.size != shape_.file_size()) {
            if (auto removed = files_.remove(path); !removed) return removed;
            continue;
        }
        auto file = IndexFile::open(files_, std::move(path), shape_);
        if (!file) return std::unexpected(file.error());
        parts_.push_back({*name, std::move(*file)});
    }
    names_unsynced_ = mending != Mending::none && !parts_.empty();
    find_covered();
    return {};
}

void MessageIndex::find_covered() {
    covered_ = PhysicalOffset{0};
    for (const Part& part : parts_) {
        const IndexHeader& header = part.file->header();
        if (header.next_entry > 1 || header.end_offset > 0) covered_ = PhysicalOffset{header.end_offset + 1};
    }
}

Result<> MessageIndex::add(std::span<const std::int32_t> key_hashes, PhysicalOffset record_at,
                           std::int64_t store_timestamp) {
    if (record_at < covered_) return {};
    covered_ = record_at + 1;
    for (const std::int32_t hash : key_hashes) {
        if (parts_.empty() || parts_.back().file->is_full()) {
            if (auto begun = begin_file(); !begun) return begun;
        }
        parts_.back().file->put(hash, record_at, store_timestamp);
        parts_.back().unsynced = true;
        ++probe_.index_entries;
    }
    return {};
}

// A clock that steps back must not put the new file before the older ones.
Result<> MessageIndex::begin_file() {
    if (auto created = files_.create_directories(directory_); !created) return created;
    std::int64_t name = file_name_of(runtime_.clock.wall_ms());
    if (!parts_.empty()) name = std::max(name, parts_.back().name + 1);
    const IndexHeader* full = parts_.empty() ? nullptr : &parts_.back().file->header();
    auto file = IndexFile::create(files_, directory_ + "/" + std::to_string(name), shape_, full);
    if (!file) return std::unexpected(file.error());
    parts_.push_back({name, std::move(*file), true});
    names_unsynced_ = true;
    ++probe_.index_files;
    return {};
}

KeyMatches MessageIndex::find(std::string_view topic, std::string_view key, std::size_t count,
                              std::int64_t begin, std::int64_t end) const {
    KeyMatches matches;
    if (parts_.empty()) return matches;
    matches.index_timestamp = parts_.back().file->header().end_timestamp;
    matches.index_offset = parts_.back().file->header().end_offset;
    const std::int32_t hash = index_key_hash(topic, key);
    for (auto part = parts_.rbegin(); part != parts_.rend() && matches.records.size() < count; ++part) {
        const IndexHeader& header = part->file->header();
        if (begin <= header.end_timestamp && end >= header.begin_timestamp)
            part->file->find(hash, begin, end, count, matches.records);
        if (header.begin_timestamp < begin) break;
    }
    std::ranges::sort(matches.records);
    return matches;
}

Result<std::vector<SharedFile>> MessageIndex::take_unsynced() {
    std::vector<SharedFile> unsynced;
    for (Part& part : parts_) {
        if (std::exchange(part.unsynced, false)) unsynced.push_back(part.file->file());
    }
    if (std::exchange(names_unsynced_, false)) {
        if (auto synced = files_.sync_directory(directory_); !synced) return std::unexpected(synced.error());
    }
    return unsynced;
}

IndexMark MessageIndex::mark() const {
    if (parts_.empty()) return {};
    return {parts_.back().name, parts_.back().file->header()};
}

Result<> MessageIndex::rewind(const IndexMark& mark, bool intact) {
    while (!parts_.empty() && parts_.back().name > mark.file) {
        if (auto removed = remove_last(); !removed) return removed;
    }
    if (mark.file != (parts_.empty() ? 0 : parts_.back().name))
        return failure(Errc::corrupt, directory_ + ": file missing: " + std::to_string(mark.file));
    if (!parts_.empty()) {
        IndexFile& last = *parts_.back().file;
        if (intact && last.header().next_entry < mark.header.next_entry)
            return failure(Errc::corrupt, last.path() + ": has fewer entries than " +
                                              std::to_string(mark.header.next_entry));
        if (intact) {
            last.undo_to(mark.header);
        } else {
            last.rebuild_from(mark.header);
        }
        parts_.back().unsynced = true;
    }
    find_covered();
    return {};
}

Result<> MessageIndex::truncate(PhysicalOffset from) {
    for (auto part = parts_.rbegin();
         part != parts_.rend() && part->file->header().end_offset >= from.value(); ++part) {
        part->file->truncate(from);
        part->unsynced = true;
    }
    while (parts_.size() > 1 && parts_.back().file->header().next_entry == 1) {
        if (auto removed = remove_last(); !removed) return removed;
    }
    find_covered();
    return {};
}

Result<> MessageIndex::remove_newer_than(std::int64_t timestamp) {
    while (!parts_.empty() && parts_.back().file->header().end_timestamp > timestamp) {
        if (auto removed = remove_last(); !removed) return removed;
    }
    find_covered();
    return {};
}

Result<> MessageIndex::remove_below(PhysicalOffset log_begin) {
    while (parts_.size() > 1 && parts_.front().file->header().end_offset < log_begin.value()) {
        if (auto removed = files_.remove(parts_.front().file->path()); !removed) return removed;
        parts_.erase(parts_.begin());
    }
    return {};
}

Result<> MessageIndex::remove_last() {
    names_unsynced_ = true;
    const std::string path = parts_.back().file->path();
    parts_.pop_back();
    return files_.remove(path);
}

Result<> MessageIndex::clear() {
    while (!parts_.empty()) {
        if (auto removed = remove_last(); !removed) return removed;
    }
    find_covered();
    return {};
}

}  // namespace tern::store
