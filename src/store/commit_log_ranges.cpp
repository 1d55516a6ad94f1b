// The commit log as ranges of whole entries: what goes to other members.
#include <algorithm>

#include "base/hash.hpp"
#include "store/commit_log.hpp"

namespace tern::store {
namespace {

constexpr std::int64_t mark_distance = 1024 * 1024;
constexpr std::size_t marks_max = 65'536;

}  // namespace

// Sizes alone: what lies below the log's end was checked when it came there.
Result<std::int64_t> CommitLog::entry_size(std::string_view bytes, PhysicalOffset at) const {
    const auto preamble = model::read_record_preamble(bytes);
    const std::int64_t to_segment_end = segments_.segment_end(at.value()) - at.value();
    if (preamble && preamble->magic == model::blank_magic) return to_segment_end;
    if (preamble && preamble->size > 0 && preamble->size <= to_segment_end) return preamble->size;
    return failure(Errc::corrupt, "commit log at " + std::to_string(at.value()) + ": no record begins here");
}

Result<CommitLog::Range> CommitLog::entries_from(PhysicalOffset from, std::int64_t limit) const {
    const auto bytes = bytes_at(from);
    if (!bytes) return std::unexpected(bytes.error());
    const auto all = std::min(static_cast<std::int64_t>(bytes->size()), end() - from);
    Range range{.last_at = from};
    for (std::int64_t size = 0; size < all;) {
        const PhysicalOffset at = from + size;
        const auto one = entry_size(bytes->substr(static_cast<std::size_t>(size)), at);
        if (!one) return std::unexpected(one.error());
        if (size > 0 && size + *one > limit) break;
        size += *one;
        range.last_at = at;
        range.bytes = bytes->substr(0, static_cast<std::size_t>(size));
    }
    return range;
}

PhysicalOffset CommitLog::known_entry_before(PhysicalOffset end) const {
    const PhysicalOffset begins{segments_.segment_begin(std::max(end, begin() + 1).value() - 1)};
    const auto mark = std::ranges::lower_bound(marks_, end);
    return std::max({begin(), begins, mark == marks_.begin() ? begins : *std::prev(mark)});
}

Result<PhysicalOffset> CommitLog::entry_before(PhysicalOffset end) const {
    if (end <= begin() || end > this->end())
        return failure(Errc::query_not_found,
                       "no entry of the commit log ends at " + std::to_string(end.value()));
    PhysicalOffset at = known_entry_before(end);
    while (true) {
        const auto bytes = bytes_at(at);
        if (!bytes) return std::unexpected(bytes.error());
        const auto size = entry_size(*bytes, at);
        if (!size) return std::unexpected(size.error());
        if (at + *size == end) return at;
        if (at + *size > end)
            return failure(Errc::query_not_found,
                           "offset " + std::to_string(end.value()) + " of the commit log lies in an entry");
        at += *size;
    }
}

Result<std::uint32_t> CommitLog::entry_checksum(PhysicalOffset at) const {
    const auto bytes = bytes_at(at);
    if (!bytes) return std::unexpected(bytes.error());
    const auto size = entry_size(*bytes, at);
    if (!size) return std::unexpected(size.error());
    const auto preamble = model::read_record_preamble(*bytes);
    const bool is_blank = preamble->magic == model::blank_magic;
    return crc32(
        bytes->substr(0, is_blank ? std::size_t{model::blank_size_min} : static_cast<std::size_t>(*size)));
}

Result<PhysicalOffset> CommitLog::mark_entries(PhysicalOffset from, PhysicalOffset to) {
    while (from < to) {
        const auto bytes = bytes_at(from);
        if (!bytes) return std::unexpected(bytes.error());
        const auto size = entry_size(*bytes, from);
        if (!size) return std::unexpected(size.error());
        mark_entry(from);
        from += *size;
    }
    return from;
}

// So that entry_before() need not walk from the begin of the segment.
void CommitLog::mark_entry(PhysicalOffset at) {
    const bool is_newest = marks_.empty() || marks_.back() < at;
    const auto next = is_newest ? marks_.end() : std::ranges::lower_bound(marks_, at);
    if (next != marks_.begin() && at - *std::prev(next) < mark_distance) return;
    if (next != marks_.end() && *next - at < mark_distance) return;
    marks_.insert(next, at);
    if (marks_.size() > marks_max) marks_.erase(marks_.begin(), marks_.begin() + marks_max / 2);
}

}  // namespace tern::store
