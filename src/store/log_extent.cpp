#include "store/log_extent.hpp"

#include <algorithm>
#include <optional>

#include "store/log_entry.hpp"
#include "store/position_file.hpp"
#include "store/segment_queue.hpp"
#include "store/session_marks.hpp"

namespace tern::store {
namespace {

Result<std::optional<StorePosition>> newest_position(io::FileSystem& files, const std::string& root) {
    const std::string path = root + "/tern/position";
    if (!files.exists(path)) return std::nullopt;
    const auto bytes = io::read_file(files, path);
    if (!bytes) return std::unexpected(bytes.error());
    std::optional<PositionSlot> newest;
    for (const std::size_t place :
         {std::size_t{0}, static_cast<std::size_t>(io::TwoSlotFile::slot_distance)}) {
        if (bytes->size() < place + position_slot_size) continue;
        const auto slot = decode_position_slot(std::string_view{*bytes}.substr(place, position_slot_size));
        if (slot && (!newest || slot->sequence > newest->sequence)) newest = slot;
    }
    if (!newest) return std::nullopt;
    return newest->position;
}

}  // namespace

Result<LogExtent> find_log_extent(io::FileSystem& files, const std::string& root,
                                  const std::string& commit_log_path, std::int64_t segment_size) {
    const auto position = newest_position(files, root);
    if (!position) return std::unexpected(position.error());
    const auto marks = read_session_marks(files, root);
    if (!marks) return std::unexpected(marks.error());
    LogExtent extent;
    extent.clean = marks->clean_stop && !marks->has_abort;
    if (*position) segment_size = (*position)->segment_size;
    SegmentQueue segments{files, commit_log_path.empty() ? root + "/commitlog" : commit_log_path,
                          segment_size};
    if (auto loaded = segments.load(Mending::none); !loaded) return std::unexpected(loaded.error());
    extent.begin = extent.end = PhysicalOffset{segments.begin()};
    if (*position && (*position)->knows_dispatched()) {
        extent.dispatched = std::max((*position)->dispatched, extent.begin);
        extent.flushed = (*position)->flushed;
        extent.end = extent.dispatched;
    }
    while (segments.contains(extent.end.value())) {
        const auto bytes = segments.read(extent.end.value());
        if (!bytes) return std::unexpected(bytes.error());
        const auto entry = read_log_entry(*bytes, extent.end, segment_size, model::VerifyBody::yes);
        if (entry.kind == LogEntry::Kind::nothing) {
            extent.stopped_by = entry.why;
            break;
        }
        if (entry.kind == LogEntry::Kind::record) extent.last_store_timestamp = entry.record.store_timestamp;
        extent.end = entry.next;
    }
    return extent;
}

}  // namespace tern::store
