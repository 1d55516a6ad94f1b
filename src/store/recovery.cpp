#include "store/recovery.hpp"

#include <algorithm>

#include "base/hash.hpp"
#include "store/sync_in_turn.hpp"

namespace tern::store {
namespace {

bool is_zero(std::string_view bytes) {
    return bytes.find_first_not_of('\0') == std::string_view::npos;
}

// How far bytes reach that are not zeros, up to a gap of zeros.
std::int64_t torn_tail_size(std::string_view bytes) {
    constexpr std::size_t gap = 65'536;
    std::size_t size = 0;
    for (std::size_t at = 0; at < bytes.size(); at += gap) {
        const auto last = bytes.substr(at, gap).find_last_not_of('\0');
        if (last == std::string_view::npos) break;
        size = at + last + 1;
    }
    return static_cast<std::int64_t>(size);
}

std::string log_path(const StoreConfig& config) {
    return config.commit_log_path.empty() ? config.root + "/commitlog" : config.commit_log_path;
}

}  // namespace

Recovery::Recovery(const Parts& parts, SessionMarks marks, std::uint64_t session)
    : parts_{parts},
      marks_{std::move(marks)},
      session_{session},
      segments_{parts.files, log_path(parts.config), parts.config.segment_size} {}

Result<Recovered> Recovery::run() {
    classify();
    position_ = lengths();
    if (auto fits = check_lengths(); !fits) return std::unexpected(fits.error());
    if (auto loaded = load(); !loaded) return std::unexpected(loaded.error());
    Result<> recovered;
    if (segments_.empty()) {
        recovered = recover_nothing();
    } else if (known_) {
        recovered = recover_by_position();
    } else {
        recovered = recover_as_java();
    }
    if (!recovered) return std::unexpected(recovered.error());
    if (auto rewritten = rewrite_unflushed(); !rewritten) return std::unexpected(rewritten.error());
    report_.log_end = end_;
    last_store_timestamp_ = std::max(last_store_timestamp_, last_.store_timestamp);
    return Recovered{{std::move(segments_), end_, flushed_, last_store_timestamp_},
                     dispatched_,
                     last_,
                     position_,
                     settle_,
                     std::move(report_)};
}

// Whether the last process was one of ours, and how it ended.
void Recovery::classify() {
    const auto& position = parts_.position.newest();
    const auto is_ours = [&position](std::uint64_t session) {
        return position && (session == position->session || session == position->previous_session);
    };
    const bool died = marks_.abort && is_ours(marks_.abort->session);
    const bool stopped = marks_.clean_stop && is_ours(marks_.clean_stop->session) &&
                         (!marks_.has_abort || (died && marks_.abort->session == marks_.clean_stop->session));
    if ((died || stopped) && position->knows_dispatched()) known_ = position;
    report_.clean = known_ ? stopped : !marks_.has_abort;
    report_.machine_restarted = !report_.clean && (!marks_.abort || parts_.config.boot_id.empty() ||
                                                   marks_.abort->boot_id != parts_.config.boot_id);
    if (!report_.clean && position && marks_.abort) mending_ = Mending::lengths_and_gaps;
    if (report_.clean && marks_.clean_stop && known_) report_.stop_note = marks_.clean_stop->note;
    if (position && !known_)
        report_.reason = "neither abort nor clean-stop is of the process that wrote the position";
}

StorePosition Recovery::lengths() const {
    StorePosition position;
    position.session = session_;
    // Not that of the newest position: its writer may have died before abort had its name, and then abort
    // names one further back, until a start comes so far.
    if (const auto& newest = parts_.position.newest()) position.previous_session = newest->session;
    if (known_)
        position.previous_session = (marks_.abort ? marks_.abort->session : marks_.clean_stop->session);
    position.segment_size = parts_.config.segment_size;
    position.queue_file_size = parts_.queues.file_size();
    position.index_slots = parts_.config.index_slots;
    position.index_entries = parts_.config.index_entries;
    return position;
}

Result<> Recovery::check_lengths() const {
    const auto& made = parts_.position.newest();
    if (!made) return {};
    const auto check = [this](const char* setting, std::int64_t then, std::int64_t now) -> Result<> {
        if (then == now) return {};
        return failure(Errc::invalid_argument, parts_.config.root + ": made with " + setting + "=" +
                                                   std::to_string(then) + ", configured is " +
                                                   std::to_string(now));
    };
    if (auto same = check("mappedFileSizeCommitLog", made->segment_size, position_.segment_size); !same)
        return same;
    if (auto same = check("mappedFileSizeConsumeQueue", made->queue_file_size, position_.queue_file_size);
        !same)
        return same;
    if (parts_.index == nullptr) return {};
    if (auto same = check("maxHashSlotNum", made->index_slots, position_.index_slots); !same) return same;
    return check("maxIndexNum", made->index_entries, position_.index_entries);
}

Result<> Recovery::load() {
    // A gap in the log is never mended: segments are durable before they are used.
    const Mending log_mending = mending_ == Mending::none ? Mending::none : Mending::lengths;
    if (auto loaded = segments_.load(log_mending); !loaded) return loaded;
    if (auto loaded = parts_.queues.load(mending_); !loaded) return loaded;
    if (parts_.index != nullptr) {
        if (auto loaded = parts_.index->load(mending_); !loaded) return loaded;
    }
    // What lies behind the position may have been written anew since.
    const PhysicalOffset intact = known_ && !segments_.empty() ? known_->flushed : PhysicalOffset{0};
    if (auto loaded = parts_.checksums.load(PhysicalOffset{segments_.begin()}, intact); !loaded)
        return loaded;
    return parts_.queues.load_deletions();
}

Result<> Recovery::recover_nothing() {
    if (known_ && known_->flushed.value() > 0)
        return failure(Errc::corrupt, segments_.directory() + ": empty, but the log was flushed up to " +
                                          std::to_string(known_->flushed.value()));
    if (auto cleared = parts_.queues.clear_all(); !cleared) return cleared;
    if (auto dropped = parts_.queues.drop_deletions(); !dropped) return dropped;
    if (parts_.index != nullptr) {
        if (auto cleared = parts_.index->clear(); !cleared) return cleared;
    }
    position_.dispatched = PhysicalOffset{0};
    return {};
}

Result<> Recovery::recover_by_position() {
    report_.basis = RecoveryReport::Basis::position;
    const auto begin = PhysicalOffset{segments_.begin()};
    if (known_->flushed.value() > segments_.end())
        return failure(Errc::corrupt, segments_.directory() + ": ends at " + std::to_string(segments_.end()) +
                                          ", but the log was flushed up to " +
                                          std::to_string(known_->flushed.value()));
    auto contradicted = contradiction();
    if (!contradicted) return std::unexpected(contradicted.error());
    if (!contradicted->empty()) {
        report_.reason = std::move(*contradicted);
        return recover_whole_log();
    }
    flushed_ = known_->flushed;
    position_.dispatched = known_->dispatched;
    position_.flushed = known_->flushed;
    position_.last_record = known_->last_record;
    position_.last_record_crc = known_->last_record_crc;
    position_.queues = known_->queues;
    position_.index = known_->index;
    if (auto corrected = parts_.queues.correct_mins(begin); !corrected) return corrected;
    if (auto applied = parts_.queues.apply_deletions(); !applied) return applied;

    const PhysicalOffset from = std::max(known_->dispatched, begin);
    if (auto scanned = scan(from, from, parts_.config.dispatch_at_open); !scanned) return scanned;
    if (auto checked = check_flushed(); !checked) return checked;
    const bool grew = report_.clean && end_ > marks_.clean_stop->log_end;
    report_.written_by_another = grew;
    return cut(grew || (!report_.clean && report_.machine_restarted));
}

// Brings queues and index to the position; what does not fit it cannot be, unless somebody removed files to
// have them built anew.
Result<std::string> Recovery::contradiction() {
    // Says nothing of the records behind the position: the checkpoint may be newer, of a moment at which the
    // power went before the position was on the disk.
    last_.store_timestamp = parts_.checkpoint.content().queues_timestamp;
    if (known_->last_record.value() >= segments_.begin()) {
        last_.record = known_->last_record;
        const auto bytes = segments_.read(last_.record.value());
        if (!bytes) return std::unexpected(bytes.error());
        const auto record = model::decode_record(*bytes, model::VerifyBody::no);
        if (!record || crc32(record->bytes) != known_->last_record_crc)
            return "the last dispatched record, at " + std::to_string(last_.record.value()) +
                   ", is another one now";
        last_.store_timestamp = last_store_timestamp_ = record->store_timestamp;
    }
    if (known_->queues > 0 && parts_.queues.all().empty()) return "the consume queues are gone";
    const bool intact = report_.clean || !report_.machine_restarted;
    const auto names_record = intact ? ConsumeQueue::RecordCheck{}
                                     : [this](const ConsumeQueue& queue, const ConsumeQueueEntry& entry) {
                                           return is_entry_of(queue, entry);
                                       };
    if (auto found = parts_.queues.find_ends_below(known_->dispatched, names_record); !found)
        return std::unexpected(found.error());
    if (parts_.index == nullptr) return std::string{};
    const auto rewound = parts_.index->rewind(known_->index, intact);
    if (!rewound && rewound.error().code != Errc::corrupt) return std::unexpected(rewound.error());
    return rewound ? std::string{} : rewound.error().detail;
}

bool Recovery::is_entry_of(const ConsumeQueue& queue, const ConsumeQueueEntry& entry) const {
    if (entry.record_at.value() < segments_.begin())  // Gone with its segment. Torn filler has no such size.
        return entry.record_at.value() % segments_.segment_size() + entry.record_size <=
               segments_.segment_size();
    if (!segments_.contains(entry.record_at.value())) return false;
    const PhysicalOffset segment_end{segments_.segment_end(entry.record_at.value())};
    const auto changed =
        changed_block(entry.record_at, std::min(entry.record_at + entry.record_size, segment_end));
    if (changed && *changed) return true;  // Nobody can tell.
    const auto bytes = segments_.read(entry.record_at.value());
    const auto record =
        bytes ? model::decode_record(*bytes, model::VerifyBody::no) : std::unexpected(bytes.error());
    return record && record->size == entry.record_size && record->queue_id == queue.id() &&
           record->topic == queue.topic();
}

Result<> Recovery::recover_whole_log() {
    report_.basis = RecoveryReport::Basis::whole_log;
    const auto begin = PhysicalOffset{segments_.begin()};
    position_.dispatched = begin;
    position_.flushed = flushed_ = std::max(known_->flushed, begin);
    if (auto claimed = claim(position_); !claimed) return claimed;
    if (auto cleared = parts_.queues.clear_all(); !cleared) return cleared;
    if (auto applied = parts_.queues.apply_deletions(); !applied) return applied;
    if (parts_.index != nullptr) {
        if (auto cleared = parts_.index->clear(); !cleared) return cleared;
    }
    last_ = {};
    last_store_timestamp_ = 0;
    if (auto scanned = scan(begin, begin, parts_.config.dispatch_at_open); !scanned) return scanned;
    if (auto checked = check_flushed(); !checked) return checked;
    return cut(!report_.clean);
}

Result<> Recovery::recover_as_java() {
    report_.basis = RecoveryReport::Basis::java_checkpoint;
    report_.written_by_another = true;
    if (auto claimed = claim(position_); !claimed) return claimed;
    const auto begin = PhysicalOffset{segments_.begin()};
    if (auto dropped = parts_.queues.drop_deletions(); !dropped) return dropped;
    if (auto found = parts_.queues.find_ends(); !found) return found;
    PhysicalOffset dispatched = begin;
    for (const QueueRef queue : parts_.queues.all()) dispatched = std::max(dispatched, queue->covered());
    if (auto corrected = parts_.queues.correct_mins(begin); !corrected) return corrected;
    if (parts_.index != nullptr && !report_.clean) {
        if (auto removed = parts_.index->remove_newer_than(parts_.checkpoint.content().index_timestamp);
            !removed)
            return removed;
    }
    const auto from = java_start(dispatched);
    if (!from) return std::unexpected(from.error());
    flushed_ = *from;
    if (auto scanned = scan(*from, report_.clean ? dispatched : *from, true); !scanned) return scanned;
    if (auto cut = parts_.queues.truncate(end_); !cut) return cut;
    if (parts_.index != nullptr) {
        if (auto cut = parts_.index->truncate(end_); !cut) return cut;
    }
    settle_ = true;
    return cut(true);
}

// Until the start is complete the disk says so: a process that dies in between leaves no doubt that recovery
// has to be done again, and without trust in what was not synced, because no start of the machine is named.
Result<> Recovery::claim(StorePosition position) {
    if (auto written = parts_.position.write(position); !written) return written;
    if (auto synced = parts_.position.file()->sync_now(); !synced) return synced;
    return io::replace_file(parts_.files, parts_.config.root + "/abort", encode_abort({session_, ""}));
}

// The newest segment whose first record was certainly dispatched and flushed.
Result<PhysicalOffset> Recovery::java_start(PhysicalOffset dispatched) const {
    for (std::int64_t base = segments_.end() - segments_.segment_size(); base > segments_.begin();
         base -= segments_.segment_size()) {
        const auto bytes = segments_.read(base);
        if (!bytes) return std::unexpected(bytes.error());
        const auto first =
            read_log_entry(*bytes, PhysicalOffset{base}, segments_.segment_size(), model::VerifyBody::yes);
        if (first.kind != LogEntry::Kind::record || first.record.store_timestamp == 0) continue;
        const bool done =
            report_.clean ? PhysicalOffset{base} <= dispatched
                          : first.record.store_timestamp <= parts_.checkpoint.content().restart_timestamp();
        if (done) return PhysicalOffset{base};
    }
    return PhysicalOffset{segments_.begin()};
}

Result<> Recovery::scan(PhysicalOffset from, PhysicalOffset dispatch_from, bool dispatch) {
    const auto verify = parts_.config.check_crc_on_recover ? model::VerifyBody::yes : model::VerifyBody::no;
    report_.scanned_from = end_ = from;
    while (segments_.contains(end_.value())) {
        const auto bytes = segments_.read(end_.value());
        if (!bytes) return std::unexpected(bytes.error());
        auto entry = read_log_entry(*bytes, end_, segments_.segment_size(), verify);
        if (entry.kind == LogEntry::Kind::record && end_ >= flushed_ && !report_.clean &&
            !report_.written_by_another) {
            entry.why = doubt(entry.record);
            if (!entry.why.empty()) entry.kind = LogEntry::Kind::nothing;
        }
        if (entry.kind == LogEntry::Kind::nothing) {
            report_.stopped_by = entry.why;
            break;
        }
        if (entry.kind == LogEntry::Kind::record) {
            const auto& record = entry.record;
            if (auto checked = check_blocks(end_, entry.next); !checked) return checked;
            ++report_.scanned_records;
            last_store_timestamp_ = std::max(last_store_timestamp_, record.store_timestamp);
            if (dispatch && end_ >= dispatch_from) {
                if (auto dispatched = parts_.dispatcher.dispatch(parts_.dispatcher.entry_of(record));
                    !dispatched)
                    return dispatched;
            } else if (!dispatch && has_queue_place(record)) {
                if (QueueRef queue = parts_.queues.find_or_create(record.topic, record.queue_id))
                    queue->set_next(record.queue_offset + 1);
            }
            if (dispatch) last_ = {end_, record.store_timestamp};
        }
        end_ = entry.next;
    }
    dispatched_ = dispatch ? end_ : dispatch_from;
    return {};
}

// What queues are made of has to be what was written: of the rest of the log others tell it later.
Result<> Recovery::check_blocks(PhysicalOffset from, PhysicalOffset to) {
    from = std::max(from, checked_blocks_);
    if (from >= to) return {};
    checked_blocks_ = parts_.checksums.block_end(to - 1);
    const auto changed = changed_block(from, to);
    if (!changed) return std::unexpected(changed.error());
    if (!*changed) return {};
    return failure(Errc::corrupt,
                   segments_.directory() + ": the disk has changed what was written at " +
                       std::to_string((*changed)->value()) + " to " +
                       std::to_string(parts_.checksums.block_end(**changed).value()) +
                       ", and queues have to be made of it: restore the file, or empty the store of a member "
                       "whose group has the rest");
}

// The first of those with bytes in there; all in one segment.
Result<std::optional<PhysicalOffset>> Recovery::changed_block(PhysicalOffset from, PhysicalOffset to) const {
    const auto& checksums = parts_.checksums;
    const PhysicalOffset begin = checksums.block_begin(from);
    const auto bytes = segments_.read(begin.value());
    if (!bytes) return std::unexpected(bytes.error());
    const auto size = static_cast<std::size_t>(checksums.block_end(to - 1) - begin);
    return checksums.first_changed(begin, bytes->substr(0, size));
}

// Only the body has a checksum. Of the rest a lost or torn sector leaves zeros, which our records do not have
// there: no zero is in topic or properties, store timestamps do not fall, and offsets follow in their queues.
// A record that a flush has covered is past such doubt.
std::string Recovery::doubt(const model::RecordView& record) const {
    if (record.topic.find('\0') != std::string_view::npos ||
        record.properties.find('\0') != std::string_view::npos)
        return "message record: zeros in its topic or properties";
    if (record.born_host.port() == 0 || record.store_host.port() == 0)
        return "message record: zeros in the hosts of its head";
    if (record.store_timestamp < last_store_timestamp_)
        return "message record: stored before the one in front of it";
    QueueOffset expected;
    if (has_queue_place(record)) {
        if (parts_.queues.is_deleted(record.topic)) return {};  // Its queues may begin anywhere.
        const QueueRef queue = parts_.queues.find(record.topic, record.queue_id);
        if (queue != nullptr) expected = queue->next();
        // What came before it may have gone with the log's begin, and its queue's files with the power.
        const bool is_first = queue == nullptr || queue->min() == queue->next();
        if (is_first && segments_.begin() > 0 && record.queue_offset > expected) return {};
    }
    if (record.queue_offset == expected) return {};
    return "message record: its queue offset is " + std::to_string(record.queue_offset.value()) +
           ", to follow is " + std::to_string(expected.value());
}

Result<> Recovery::check_flushed() const {
    if (end_ >= flushed_) return {};
    return failure(Errc::corrupt,
                   segments_.directory() + ": no record at " + std::to_string(end_.value()) + " (" +
                       (report_.stopped_by.empty() ? "zeros" : report_.stopped_by) +
                       "), but the log was flushed up to " + std::to_string(flushed_.value()) +
                       ": acknowledged messages are damaged; restore the file or take the member out");
}

// Behind the end nothing may lie that a later start could take for a record: neither in the log nor in the
// queues.
Result<> Recovery::cut(bool clear) {
    if (segments_.contains(end_.value())) {
        const auto behind = segments_.read(end_.value());
        if (!behind) return std::unexpected(behind.error());
        report_.cut_bytes = torn_tail_size(*behind);
        // After the death of the process alone the log is what was written, in order: zeros are followed by
        // zeros.
        clear = clear || !is_zero(behind->substr(0, model::blank_size_min));
    }
    const auto before = static_cast<std::int64_t>(segments_.size());
    const std::int64_t segment_end =
        segments_.contains(end_.value()) ? segments_.segment_end(end_.value()) : end_.value();
    if (auto removed = segments_.clear_from(segment_end); !removed) return removed;
    report_.removed_segments = before - static_cast<std::int64_t>(segments_.size());
    if (clear) {
        if (auto cleared = segments_.clear_from(end_.value()); !cleared) return cleared;
        if (auto cleared = parts_.queues.clear_behind_ends(); !cleared) return cleared;
    }
    if (report_.removed_segments > 0 || clear) {
        const auto unsynced = segments_.take_unsynced();
        if (!unsynced) return std::unexpected(unsynced.error());
        if (auto synced = sync_now(*unsynced); !synced) return synced;
        return parts_.files.sync_directory(segments_.directory());
    }
    return {};
}

// The process before may have died of a sync that failed. What that one covered is still read from memory,
// but need not be on the disk, and no later sync brings it there: only what is written anew is dirty again.
Result<> Recovery::rewrite_unflushed() {
    constexpr std::size_t piece_max = 1024 * 1024;
    if (report_.clean || report_.machine_restarted || segments_.empty()) return {};
    for (PhysicalOffset at = std::max(flushed_, PhysicalOffset{segments_.begin()}); at < end_;) {
        const auto bytes = segments_.read(at.value());
        if (!bytes) return std::unexpected(bytes.error());
        // A copy, because what is read is a mapping of the pages that are written.
        const std::string piece{
            bytes->substr(0, std::min({bytes->size(), piece_max, static_cast<std::size_t>(end_ - at)}))};
        if (auto written = segments_.write(at.value(), piece); !written) return written;
        at += static_cast<std::int64_t>(piece.size());
    }
    return {};
}

}  // namespace tern::store
