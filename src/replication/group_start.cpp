// How a reign begins and ends: the tables restored, a new epoch, and at the end everything durable.
#include <utility>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "replication/group.hpp"

namespace tern::replication {

Result<> Group::start() {
    auto epochs = EpochTable::load(files_, config_.directory + "/epochs");
    if (!epochs) return std::unexpected(epochs.error());
    epochs_ = std::move(*epochs);
    // Recovery has found the end of the log; all of it is ours alone to vouch for, and it is on the disk: a
    // restart after the death of the process alone must not promise more than the disk holds.
    if (auto synced = store_.commit_log().sync_now(); !synced) return synced;
    committed_ = store_.commit_log().flushed();
    if (auto cut = epochs_.cut(committed_); !cut) return cut;
    epoch_ = epochs_.last();
    if (auto restored = restore_tables(); !restored) return restored;
    if (auto begun = begin_epoch(); !begun) return begun;

    written_revisions_.assign(tables_.size(), 0);
    every(config_.flush_interval, &Group::flush_in_background, flush_timer_);
    every(100ms, &Group::check_flush_timeouts, timeout_timer_);
    every(config_.checkpoint_interval, &Group::checkpoint, checkpoint_timer_);
    every(config_.table_interval, &Group::write_changed_tables, table_timer_);
    return {};
}

Result<> Group::restore_tables() {
    const auto& recovery = store_.recovery();
    const auto fingerprint = fingerprint_java_files();
    if (!fingerprint) return std::unexpected(fingerprint.error());
    const bool files_changed = recovery.stop_note && *recovery.stop_note != *fingerprint;
    if (recovery.written_by_another || files_changed) {
        runtime_.log.warning("another_program_wrote_the_store",
                             {{"end", committed_.value()}, {"config_changed", files_changed ? "yes" : "no"}});
        if (auto dropped = snapshots_.drop_all(); !dropped) return dropped;
        return restore_from_java_files();
    }
    std::vector<std::string> damaged;
    auto snapshot = snapshots_.newest(committed_, damaged);
    if (!snapshot) return std::unexpected(snapshot.error());
    for (const auto& why : damaged) runtime_.log.warning("snapshot_damaged", {{"why", why}});
    if (!snapshot->has_value()) {
        // A new store, one of Java's, or one of ours that never lived to its first snapshot: only what was
        // written under an epoch can hold internal records.
        if (auto restored = restore_from_java_files(); !restored) return restored;
        if (epochs_.entries().empty()) return {};
        return replay(std::max(store_.commit_log().begin(), epochs_.entries().front().start));
    }
    for (Table* table : tables_) {
        table->clear();
        for (const auto& part : (*snapshot)->tables) {
            if (part.name != table->file_name()) continue;
            if (auto restored = table->restore(part.text); !restored)
                return failure(restored.error().code, "snapshot " +
                                                          std::to_string((*snapshot)->position.value()) +
                                                          ", " + part.name + ": " + restored.error().detail);
        }
    }
    snapshot_at_ = (*snapshot)->position;
    return replay(snapshot_at_);
}

// Java's rule: the file, or where it is missing, empty or unreadable its backup, or nothing.
Result<> Group::restore_from_java_files() {
    for (Table* table : tables_) {
        table->clear();
        if (!table->java_file()) continue;
        const std::string path = config_.config_directory + "/" + std::string{table->file_name()};
        for (const auto& candidate : {path, path + ".bak"}) {
            if (!files_.exists(candidate)) continue;
            const auto text = io::read_file(files_, candidate);
            if (!text) return std::unexpected(text.error());
            const auto restored = text->empty() ? failure(Errc::malformed, "empty") : table->restore(*text);
            if (restored) break;
            runtime_.log.warning("config_file_unreadable",
                                 {{"file", candidate}, {"why", restored.error().detail}});
        }
    }
    return {};
}

// Of the JSON files as they lie there. Kept at a clean stop: if it differs at the next start, somebody has
// changed them, and what he wrote counts (docs/decisions/0005-if-java-ran-in-between.md).
// A file that cannot be read is not another file: whoever asks must not go on.
Result<std::string> Group::fingerprint_java_files() const {
    std::uint32_t sum = 0;
    for (const Table* table : tables_) {
        if (!table->java_file()) continue;
        const std::string path = config_.config_directory + "/" + std::string{table->file_name()};
        std::string text = "absent";
        if (files_.exists(path)) {
            auto found = io::read_file(files_, path);
            if (!found) return std::unexpected(found.error());
            text = std::move(*found);
        }
        sum = crc32(text, crc32(table->file_name(), sum));
    }
    return std::to_string(sum);
}

// Queues and index have been brought up by the store's own recovery; here only the tables catch up.
Result<> Group::replay(PhysicalOffset from) {
    std::uint64_t records = 0;
    auto scanned = store_.commit_log().scan(from, committed_, [&](const model::RecordView& record) {
        ++records;
        return fold(record, epochs_.epoch_at(record.physical_offset));
    });
    if (!scanned) return scanned;
    runtime_.log.info(
        "tables_restored",
        {{"snapshot", snapshot_at_.value()}, {"end", committed_.value()}, {"replayed", records}});
    return {};
}

Result<> Group::begin_epoch() {
    epoch_ = epochs_.last() + 1;
    const PhysicalOffset start = store_.commit_log().end();
    if (auto begun = epochs_.begin(epoch_, start); !begun) return begun;
    InternalRecord change;
    change.epoch_start = EpochStart{epoch_.value(), config_.store_host.text()};
    if (auto proposed = propose(change); !proposed) return std::unexpected(proposed.error());
    auto& log = store_.commit_log();
    if (auto written = log.write_pending(); !written) return written;
    if (policy_.flush_at_once()) {
        if (auto synced = log.sync_now(); !synced) return synced;
    }
    commit(policy_.committed({log.written(), log.flushed()}));
    runtime_.log.info("epoch_begun", {{"epoch", epoch_.value()}, {"start", start.value()}});
    return {};
}

Result<> Group::stop() {
    TERN_ASSERT(!stopped_);
    for (TimerId* timer : {&flush_timer_, &timeout_timer_, &checkpoint_timer_, &table_timer_, &soon_timer_})
        runtime_.timers.cancel(std::exchange(*timer, 0));
    if (poisoned_)
        return failure(Errc::service_not_available, "the store is poisoned; nothing was written at the stop");
    auto& log = store_.commit_log();
    if (auto written = log.write_pending(); !written) return written;
    if (auto synced = log.sync_now(); !synced) return synced;
    settle(written_waiting_, log.written(), Outcome::promised);
    commit(log.flushed());
    stopped_ = true;
    if (auto saved = snapshots_.write_now(capture()); !saved) return saved;
    for (const Table* table : tables_) {
        if (!table->java_file()) continue;
        const std::string path = config_.config_directory + "/" + std::string{table->file_name()};
        if (auto saved = io::replace_file_keeping_backup(files_, path, table->text()); !saved) return saved;
    }
    const auto fingerprint = fingerprint_java_files();
    if (!fingerprint) return std::unexpected(fingerprint.error());
    return store_.close(*fingerprint);
}

}  // namespace tern::replication
