#include "replication/catch_up_reads.hpp"

#include <algorithm>

namespace tern::replication {
namespace {

constexpr std::int64_t read_size = 1024 * 1024;

}  // namespace

PhysicalOffset CatchUpReads::read_to(raft::MemberId member, PhysicalOffset from, PhysicalOffset to) {
    auto& reading = readings_[member];
    if (!reading || from < reading->begin || from > std::max(reading->first, reading->end) ||
        reading->begin < log_.begin()) {
        if (reading) reading->forgotten = true;
        const PhysicalOffset entry = log_.known_entry_before(from);
        const PhysicalOffset begin = std::max(checksums_.block_begin(entry), log_.begin());
        reading = std::make_shared<Reading>(Reading{
            .member = member, .begin = begin, .first = from, .walked = entry, .end = begin, .wanted = begin});
    }
    reading->wanted = std::min(checksums_.block_end(std::max(to, from + read_ahead)), log_.written());
    const PhysicalOffset read = reading->end;
    if (!reading->under_way) read_on(reading);
    return read;
}

void CatchUpReads::forget(raft::MemberId member) {
    const auto found = readings_.find(member);
    if (found == readings_.end()) return;
    found->second->forgotten = true;
    readings_.erase(found);
}

void CatchUpReads::forget_all() {
    for (const auto& [member, reading] : readings_) reading->forgotten = true;
    readings_.clear();
}

void CatchUpReads::read_on(const std::shared_ptr<Reading>& reading) {
    const PhysicalOffset end = std::min(reading->wanted, log_.segment_end(reading->end));
    const auto size = std::min(end - reading->end, read_size);
    if (size <= 0) return;
    reading->under_way = true;
    log_.read_cold(reading->end, static_cast<std::size_t>(size), reading->bytes,
                   [this, reading, size](const Result<>& read) {
                       if (reading->forgotten) return;
                       reading->under_way = false;
                       if (!read) return ended_(reading->member, read);
                       if (reading->begin < log_.begin()) {  // Its segment is gone: who asks begins anew.
                           forget(reading->member);
                           return ended_(reading->member, {});
                       }
                       if (const auto damaged = checksums_.first_changed(reading->end, reading->bytes)) {
                           forget(reading->member);
                           return on_damage_(*damaged);
                       }
                       reading->end += size;
                       bytes_read_ += static_cast<std::uint64_t>(size);
                       if (auto walked = walk(*reading); !walked) return ended_(reading->member, walked);
                       read_on(reading);
                       ended_(reading->member, {});
                   });
}

// So that the entry before the first one is found without a long walk.
Result<> CatchUpReads::walk(Reading& reading) {
    const PhysicalOffset to = std::min(reading.end, reading.first);
    if (reading.walked >= to) return {};
    const auto walked = log_.mark_entries(reading.walked, to);
    if (!walked) return std::unexpected(walked.error());
    reading.walked = *walked;
    return {};
}

}  // namespace tern::replication
