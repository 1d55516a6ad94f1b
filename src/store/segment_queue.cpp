#include "store/segment_queue.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace tern::store {
namespace {

constexpr std::size_t name_size = 20;

}  // namespace

std::string segment_name(std::int64_t base) {
    std::string digits = std::to_string(base);
    return std::string(name_size - digits.size(), '0') + digits;
}

std::optional<std::int64_t> parse_segment_name(std::string_view name) {
    if (name.size() != name_size || !std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    return parse_number<std::int64_t>(name);
}

SegmentQueue::SegmentQueue(io::FileSystem& files, std::string directory, std::int64_t segment_size)
    : files_{files}, directory_{std::move(directory)}, segment_size_{segment_size} {
    TERN_ASSERT(segment_size_ > 0);
}

Result<> SegmentQueue::load(Mending mending) {
    segments_.clear();
    if (!files_.exists(directory_)) return {};
    auto entries = files_.list(directory_);
    if (!entries) return std::unexpected(entries.error());
    std::erase_if(*entries, [](const auto& e) { return e.is_directory || !parse_segment_name(e.name); });
    if (mending == Mending::none && !entries->empty() && entries->back().size == 0) {
        if (auto removed = files_.remove(directory_ + "/" + entries->back().name); !removed) return removed;
        entries->pop_back();
    }
    if (mending != Mending::none) {
        if (auto mended = mend(*entries, mending); !mended) return mended;
    }
    if (auto checked = check(*entries); !checked) return checked;
    segments_.reserve(entries->size());
    for (const auto& entry : *entries)
        segments_.push_back({*parse_segment_name(entry.name), nullptr, {}, false, false});
    // What a killed process made is there for us, and not yet for the start after a loss of power.
    names_changed_ = mending != Mending::none && !empty();
    return {};
}

Result<> SegmentQueue::mend(std::vector<io::DirectoryEntry>& entries, Mending mending) {
    if (mending == Mending::lengths_and_gaps) {
        std::size_t kept = 0;
        while (kept < entries.size() &&
               *parse_segment_name(entries[kept].name) ==
                   *parse_segment_name(entries[0].name) + static_cast<std::int64_t>(kept) * segment_size_)
            ++kept;
        for (std::size_t i = kept; i < entries.size(); ++i) {
            if (auto removed = files_.remove(directory_ + "/" + entries[i].name); !removed) return removed;
        }
        entries.resize(kept);
    }
    for (auto& entry : entries) {
        if (entry.size >= segment_size_) continue;
        auto file = files_.open(directory_ + "/" + entry.name, io::OpenMode::read_write);
        if (!file) return std::unexpected(file.error());
        if (auto sized = (*file)->set_size(segment_size_); !sized) return sized;
        if (auto synced = (*file)->sync_now(); !synced) return synced;
        entry.size = segment_size_;
    }
    return {};
}

Result<> SegmentQueue::check(const std::vector<io::DirectoryEntry>& entries) const {
    std::optional<std::int64_t> expected;
    for (const auto& entry : entries) {
        const std::string path = directory_ + "/" + entry.name;
        const std::int64_t base = *parse_segment_name(entry.name);
        if (entry.size != segment_size_)
            return failure(Errc::corrupt, path + ": has " + std::to_string(entry.size) +
                                              " bytes, the configured length is " +
                                              std::to_string(segment_size_) +
                                              ": open it with the sizes it was written with");
        if (base % segment_size_ != 0)
            return failure(Errc::corrupt,
                           path + ": begins inside a segment of " + std::to_string(segment_size_) + " bytes");
        if (expected && base != *expected)
            return failure(Errc::corrupt,
                           path + ": the segment before it is missing: " + segment_name(*expected));
        expected = base + segment_size_;
    }
    return {};
}

SegmentQueue::Segment& SegmentQueue::segment(std::int64_t offset) const {
    TERN_ASSERT(contains(offset));
    return segments_[static_cast<std::size_t>((offset - begin()) / segment_size_)];
}

Result<> SegmentQueue::open(Segment& segment) const {
    segment.used = true;
    if (segment.file) return {};
    auto file = files_.open(path(segment.base), io::OpenMode::read_write);
    if (!file) return std::unexpected(file.error());
    segment.file = std::move(*file);
    return {};
}

Result<std::string_view> SegmentQueue::read(std::int64_t offset) const {
    Segment& at = segment(offset);
    if (at.bytes.empty()) {
        if (auto opened = open(at); !opened) return std::unexpected(opened.error());
        auto mapped = at.file->map();
        if (!mapped) return std::unexpected(mapped.error());
        if (static_cast<std::int64_t>(mapped->size()) != segment_size_)
            return failure(Errc::corrupt,
                           path(at.base) + ": has " + std::to_string(mapped->size()) + " bytes now");
        at.bytes = *mapped;
    }
    at.used = true;
    return at.bytes.substr(static_cast<std::size_t>(offset - at.base));
}

Result<SharedFile> SegmentQueue::file(std::int64_t offset) const {
    Segment& at = segment(offset);
    if (auto opened = open(at); !opened) return std::unexpected(opened.error());
    return at.file;
}

Result<> SegmentQueue::write(std::int64_t offset, std::string_view bytes) {
    Segment& at = segment(offset);
    TERN_ASSERT(offset - at.base + static_cast<std::int64_t>(bytes.size()) <= segment_size_);
    if (auto opened = open(at); !opened) return opened;
    at.unsynced = true;
    return at.file->write_at(offset - at.base, bytes);
}

Result<> SegmentQueue::write_zeros(std::int64_t offset, std::int64_t size) {
    Segment& at = segment(offset);
    TERN_ASSERT(offset - at.base + size <= segment_size_);
    if (auto opened = open(at); !opened) return opened;
    at.unsynced = true;
    return at.file->write_zeros(offset - at.base, size);
}

Result<> SegmentQueue::create(std::int64_t base) {
    TERN_ASSERT(base % segment_size_ == 0 && (empty() || base == end()));
    auto file = files_.open(path(base), io::OpenMode::create_or_truncate);
    if (!file) return std::unexpected(file.error());
    if (auto sized = (*file)->set_size(segment_size_); !sized) return sized;
    names_changed_ = true;
    segments_.push_back({base, std::move(*file), {}, true, true});
    return {};
}

void SegmentQueue::adopt(std::int64_t base, SharedFile file) {
    TERN_ASSERT(base % segment_size_ == 0 && (empty() || base == end()));
    segments_.push_back({base, std::move(file), {}, true, true});
}

Result<> SegmentQueue::remove_below(std::int64_t offset) {
    while (!empty() && begin() + segment_size_ <= offset) {
        if (auto removed = files_.remove(path(begin())); !removed) return removed;
        segments_.erase(segments_.begin());
        names_changed_ = true;
        if (auto synced = files_.sync_directory(directory_); !synced) return synced;
    }
    return {};
}

Result<> SegmentQueue::remove_all() {
    return clear_from(begin());
}

Result<> SegmentQueue::clear_from(std::int64_t offset) {
    for (bool is_first = true; !empty() && segments_.back().base >= offset; is_first = false) {
        if (!is_first) {
            if (auto synced = files_.sync_directory(directory_); !synced) return synced;
        }
        if (auto removed = files_.remove(path(segments_.back().base)); !removed) return removed;
        segments_.pop_back();
        names_changed_ = true;
    }
    if (empty() || offset >= end()) return {};
    Segment& last = segments_.back();
    if (auto opened = open(last); !opened) return opened;
    if (auto shortened = last.file->set_size(offset - last.base); !shortened) return shortened;
    if (auto sized = last.file->set_size(segment_size_); !sized) return sized;
    last = {last.base, nullptr, {}, true, false};  // A mapping was made at another time.
    return {};
}

Result<std::vector<SharedFile>> SegmentQueue::take_unsynced() {
    std::vector<SharedFile> taken;
    for (Segment& segment : segments_) {
        if (!segment.unsynced) continue;
        if (auto opened = open(segment); !opened) return std::unexpected(opened.error());
        taken.push_back(segment.file);
        segment.unsynced = false;
    }
    return taken;
}

void SegmentQueue::mark_unsynced(std::int64_t from) {
    for (Segment& segment : segments_) {
        if (segment.base + segment_size_ > from) segment.unsynced = true;
    }
}

void SegmentQueue::release_idle() {
    for (Segment& segment : segments_) {
        if (!segment.used && !segment.unsynced) {
            segment.bytes = {};
            segment.file.reset();
        }
        segment.used = false;
    }
}

std::size_t SegmentQueue::open_files() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(segments_, [](const auto& s) { return s.file != nullptr; }));
}

}  // namespace tern::store
