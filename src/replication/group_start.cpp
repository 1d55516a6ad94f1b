// How a reign begins and ends: the tables restored, a new epoch, and at the end everything durable.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "replication/group.hpp"

namespace tern::replication {

bool Group::votes() const {
    const auto self = std::ranges::find(config_.members, config_.self, &raft::Member::id);
    return self != config_.members.end() && self->kind == raft::MemberKind::voter;
}

bool Group::is_only_voter() const {
    const auto voters = std::ranges::count(config_.members, raft::MemberKind::voter, &raft::Member::kind);
    return voters == 1 && votes();
}

Result<> Group::start() {
    starting_ = true;
    auto epochs = EpochTable::load(files_, config_.directory + "/epochs");
    if (!epochs) return std::unexpected(epochs.error());
    epochs_ = std::move(*epochs);
    if (auto opened = open_vote_file(); !opened) return opened;
    if (auto noted = note_lost_memory(); !noted) return noted;
    // Recovery has found the end of the log, and it is on the disk: a restart after the death of the process
    // alone must not promise more than the disk holds.
    auto& log = store_.commit_log();
    if (auto synced = log.sync_now(); !synced) return synced;
    if (auto cut = epochs_.cut(log.flushed()); !cut) return cut;
    epoch_ = epochs_.last();
    // Nobody else can have cut what the only voter has written, but a loss of power may have changed it. Of
    // others' logs only that is known to be committed which was dispatched or has gone into a snapshot.
    const bool is_known = is_only_voter() && !has_lost_tail();
    committed_ = is_known ? log.flushed() : std::max(store_.dispatched(), log.begin());
    if (auto restored = restore_tables(); !restored) return restored;
    if (auto dispatched = store_.dispatch_to(committed_); !dispatched) return dispatched;

    written_revisions_.assign(tables_.size(), 0);
    start_upkeep();
    return start_node();
}

// The member's name and its vote. One that is not there yet belongs to a new member, to one that nobody ever
// asked for its vote, or to one whose disk was emptied: what that one had acknowledged nobody here can say,
// so it stands back as one that lost its memory does.
Result<> Group::open_vote_file() {
    const std::string path = config_.directory + "/vote";
    const bool elects = votes() && !is_only_voter();
    if (!files_.exists(path)) {
        if (elects && store_.commit_log().end() > PhysicalOffset{0})
            return failure(
                Errc::corrupt,
                path +
                    ": missing beside a log; a member that forgot its vote could vote twice. Restore "
                    "the file, or empty " +
                    config_.directory + " and the store so that the member begins anew");
        const MemberState state{.member = config_.self, .term = epochs_.last(), .memory_lost = elects};
        if (elects)
            runtime_.log.info("new_member", {{"member", config_.self.value()},
                                             {"vote_counts", "once it has caught up, or with all others'"}});
        if (auto created = VoteFile::create(files_, path, state); !created) return created;
    }
    auto opened = VoteFile::open(files_, runtime_.executor, path);
    if (!opened) return std::unexpected(opened.error());
    vote_file_ = std::move(*opened);
    const MemberState found = vote_file_->state();
    if (found.member == config_.self) return {};
    if (elects)
        return failure(Errc::invalid_argument, path + ": the store is of member " +
                                                   std::to_string(found.member.value()) + ", configured is " +
                                                   std::to_string(config_.self.value()));
    MemberState renamed = found;
    renamed.member = config_.self;
    renamed.vote.reset();
    vote_file_.reset();
    if (auto written = VoteFile::replace(files_, path, renamed); !written) return written;
    auto again = VoteFile::open(files_, runtime_.executor, path);
    if (!again) return std::unexpected(again.error());
    vote_file_ = std::move(*again);
    return {};
}

// What only memory had went with the machine, and others may count on it. Said on the disk before this member
// says anything to them.
Result<> Group::note_lost_memory() {
    MemberState state = vote_file_->state();
    if (flushes_at_once() || (is_only_voter() && state.slaves == 0)) return {};
    const auto& recovery = store_.recovery();
    const auto boot = crc32(store_.config().boot_id);
    // The first start after the machine's may have died before it came here.
    const bool is_another_boot = state.boot != 0 && state.boot != boot && !recovery.clean;
    const bool is_lost = recovery.machine_restarted || is_another_boot;
    if (is_lost) runtime_.log.warning("memory_lost", {{"end", store_.commit_log().end().value()}});
    if (!is_lost && state.boot == boot) return {};
    state.memory_lost = state.memory_lost || is_lost;
    state.boot = boot;
    return vote_file_->write_now(state);
}

Result<> Group::start_node() {
    const auto& log = store_.commit_log();
    std::vector<raft::TermStart> starts;
    for (const auto& entry : epochs_.entries()) starts.push_back({entry.epoch, entry.start});
    const MemberState& state = vote_file_->state();
    // Heads of records have no checksum of their own, and were not all on the disk.
    const bool machine_has_died = state.memory_lost || store_.recovery().machine_restarted;
    const bool compares = machine_has_died && (!is_only_voter() || has_lost_tail());
    node_.start({.term = state.term,
                 .vote = state.vote,
                 .begin = log.begin(),
                 .end = log.end(),
                 .durable = log.flushed(),
                 .committed = committed_,
                 .terms = raft::TermTable{std::move(starts)},
                 .memory_lost = is_only_voter() ? has_lost_tail() : state.memory_lost,
                 .doubted_from = compares ? std::optional{committed_} : std::nullopt},
                runtime_.clock.now());
    carry_out();
    if (has_lost_tail()) {
        starting_ = false;
        begin_search();
        return {};
    }
    // With nobody to ask it leads at once.
    if (is_only_voter()) {
        node_.tick(runtime_.clock.now());
        carry_out();
        auto& own = store_.commit_log();
        if (auto written = own.write_pending(); !written) return written;
        if (flushes_at_once()) {
            if (auto synced = own.sync_now(); !synced) return synced;
        }
        tell_stored();
        carry_out();
    }
    starting_ = false;
    if (poisoned_) return failure(Errc::io_failed, "the group did not start: the store failed");
    TERN_ASSERT(reigning_ || !is_only_voter());
    return {};
}

// What was found in Java's files goes into a snapshot at once. From now on they are written from the tables,
// so a later replay onto them would count changes twice, and put old ones on top of what Java had made of
// them.
Result<> Group::restore_tables() {
    const auto& recovery = store_.recovery();
    const auto fingerprint = fingerprint_java_files();
    if (!fingerprint) return std::unexpected(fingerprint.error());
    const bool files_changed = recovery.stop_note && *recovery.stop_note != *fingerprint;
    const bool is_changed = recovery.written_by_another || files_changed;
    if (is_changed && votes() && !is_only_voter()) {
        if (recovery.written_by_another && store_.commit_log().end() > PhysicalOffset{0})
            return failure(
                Errc::invalid_argument,
                config_.config_directory +
                    ": another program wrote the store, which cannot join a group of several members "
                    "with it. Start it alone once, then the group with this member's store, and the "
                    "others' empty");
        runtime_.log.warning("config_files_ignored", {{"why", "the group's log says what its tables are"}});
    } else if (is_changed) {
        runtime_.log.warning("another_program_wrote_the_store",
                             {{"end", committed_.value()}, {"config_changed", files_changed ? "yes" : "no"}});
        if (auto dropped = snapshots_.drop_all(); !dropped) return dropped;
        if (auto restored = restore_from_java_files(); !restored) return restored;
        return snapshots_.write_now(capture());
    }
    std::vector<std::string> damaged;
    // Another voter's log has what is missing of this one behind it, as where a snapshot was installed; an
    // only voter has nobody to get it from.
    const auto& log = store_.commit_log();
    auto snapshot = snapshots_.newest(is_only_voter() ? log.end() : PhysicalOffset{INT64_MAX}, damaged);
    if (!snapshot) return std::unexpected(snapshot.error());
    if (*snapshot && (*snapshot)->position <= log.end())
        committed_ = std::max(committed_, (*snapshot)->position);
    for (const auto& why : damaged) runtime_.log.warning("snapshot_damaged", {{"why", why}});
    if (!snapshot->has_value()) {
        if (!is_only_voter() && !damaged.empty() && log.begin() > PhysicalOffset{0})
            return failure(Errc::corrupt, damaged.back() + ". No other tells what the log before " +
                                              std::to_string(log.begin().value()) +
                                              " did. Empty the member's store: it gets all from the others");
        if (is_only_voter() && damaged.empty() && !snapshots_.positions().empty())
            return failure(Errc::corrupt,
                           config_.directory + ": the log ends at " + std::to_string(log.end().value()) +
                               ", but the tables are those of " +
                               std::to_string(snapshots_.positions().front().value()) +
                               ": the log has lost its end, or was never complete. Let the member catch "
                               "up with its group before it is on its own");
        // A new store, one of Java's, or one of ours that never lived to its first snapshot: only what was
        // written under an epoch can hold internal records.
        if (auto restored = restore_from_java_files(); !restored) return restored;
        if (!epochs_.entries().empty()) {
            const auto from = std::max(store_.commit_log().begin(), epochs_.entries().front().start);
            if (auto replayed = replay(from); !replayed) return replayed;
        }
        return snapshots_.write_now(capture());
    }
    if (auto restored = restore_tables_from(**snapshot); !restored) return restored;
    snapshot_at_ = (*snapshot)->position;
    return replay(snapshot_at_);
}

Result<> Group::restore_tables_from(const Snapshot& snapshot) {
    for (Table* table : tables_) {
        table->clear();
        for (const auto& part : snapshot.tables) {
            if (part.name != table->file_name()) continue;
            if (auto restored = table->restore(part.text); !restored)
                return failure(restored.error().code, "snapshot " +
                                                          std::to_string(snapshot.position.value()) + ", " +
                                                          part.name + ": " + restored.error().detail);
        }
    }
    return {};
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

// Queues and index may have been brought up by the store's own recovery already.
Result<> Group::replay(PhysicalOffset from) {
    std::uint64_t records = 0;
    Result<> folded;
    const auto fold_one = [&](const model::RecordView& record) {
        ++records;
        if (folded) folded = fold(record);
        return folded;
    };
    if (auto scanned = store_.commit_log().scan(from, std::min(store_.dispatched(), committed_), fold_one);
        !scanned)
        return scanned;
    const auto fold_read = [&](const store::Dispatched& dispatched) {
        if (dispatched.record != nullptr) (void)fold_one(*dispatched.record);
    };
    if (auto dispatched = store_.dispatch_to(committed_, fold_read); !dispatched) return dispatched;
    if (!folded) return folded;
    runtime_.log.info(
        "tables_restored",
        {{"snapshot", snapshot_at_.value()}, {"end", committed_.value()}, {"replayed", records}});
    return {};
}

Result<> Group::flush_for_stop() {
    if (poisoned_)
        return failure(Errc::service_not_available, "the store is poisoned; nothing was written at the stop");
    auto& log = store_.commit_log();
    if (auto written = log.write_pending(); !written) return written;
    if (auto synced = log.sync_now(); !synced) return synced;
    settle(written_waiting_, log.written(), Outcome::promised);
    tell_stored();
    feed_members();
    carry_out();
    return {};
}

// First they have to have it, for a heartbeat tells of no more than they have.
bool Group::all_know_all() {
    if (!reigning_ || poisoned_) return true;
    const PhysicalOffset end = store_.commit_log().end();
    const bool all_have_all = std::ranges::all_of(node_.members(), [&](const raft::Member& member) {
        const auto* progress = node_.progress(member.id);
        return progress == nullptr || !progress->linked || progress->matched >= end;
    });
    if (!all_have_all) return false;
    if (!last_round_) {
        last_round_ = node_.tell_all(runtime_.clock.now());
        carry_out();
    }
    return node_.all_have_heard(*last_round_);
}

Result<> Group::stop() {
    TERN_ASSERT(!stopped_);
    for (TimerId* timer : {&flush_timer_, &tick_timer_, &checkpoint_timer_, &table_timer_, &soon_timer_,
                           &node_timer_, &feed_timer_, &lost_tail_timer_})
        runtime_.timers.cancel(std::exchange(*timer, 0));
    if (auto flushed = flush_for_stop(); !flushed) return flushed;
    stopped_ = true;
    lost_tail_.reset();
    runtime_.timers.cancel(std::exchange(node_timer_, 0));
    fail_confirmations();
    // What the others have not agreed to by now they may or may not.
    drop_waiting_behind(committed_);
    if (committed_ > snapshot_at_) {
        if (auto saved = snapshots_.write_now(capture()); !saved) return saved;
    }
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
