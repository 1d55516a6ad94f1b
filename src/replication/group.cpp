// The append path of a broker group: propose, append, durable, committed, dispatched, answered.
#include "replication/group.hpp"

#include <limits>
#include <utility>

#include "base/assert.hpp"

namespace tern::replication {

Group::Group(GroupConfig config, Runtime runtime, io::FileSystem& files, store::MessageStore& store,
             std::vector<Table*> tables, Watcher& watcher)
    : config_{std::move(config)},
      runtime_{runtime},
      files_{files},
      store_{store},
      tables_{std::move(tables)},
      watcher_{watcher},
      node_{config_.self, config_.members, config_.raft, runtime.random},
      snapshots_{files, config_.directory},
      catch_up_reads_{store.commit_log(), store.block_checksums(),
                      [this](raft::MemberId to, const Result<>& read) { read_for_catch_up(to, read); },
                      [this](PhysicalOffset block) { note_damage(block); }},
      catch_up_rate_{config_.catch_up_bytes_per_s} {
    tables_.push_back(&level_);
    store.scrub().when_damaged([this](PhysicalOffset block) { note_damage(block); });
}

Group::~Group() {
    *alive_ = false;
    store_.scrub().when_damaged([](PhysicalOffset) {});
    for (const TimerId timer : {flush_timer_, tick_timer_, checkpoint_timer_, table_timer_, soon_timer_,
                                node_timer_, feed_timer_, lost_tail_timer_})
        runtime_.timers.cancel(timer);
}

Result<Appended> Group::propose(std::span<const model::RecordDraft> drafts, store::QueueRef queue) {
    if (auto bound = check_bound(); !bound) return std::unexpected(bound.error());
    if (config_.replicas.least > 1 && in_sync() < config_.replicas.least) [[unlikely]]
        return failure(Errc::service_not_available, std::to_string(in_sync()) +
                                                        " in sync, minInSyncReplicas is " +
                                                        std::to_string(config_.replicas.least));
    arm();
    const auto placed = store_.append(drafts, queue, batch_.wall_ms);
    if (!placed) return std::unexpected(refused(placed.error()));
    probe_.proposals += drafts.size();
    node_.appended(placed->end);
    return Appended{placed->record_at, placed->end, placed->queue_at, placed->store_timestamp};
}

Result<Appended> Group::propose(const InternalRecord& change) {
    if (auto bound = check_bound(); !bound) return std::unexpected(bound.error());
    return append(change);
}

std::int32_t Group::level_of_all() const {
    std::int32_t level = config_.feature_level;
    for (const auto& member : node_.members()) {
        if (member.id == config_.self) continue;
        const auto said = levels_said_.find(member.id);
        level = std::min(level, said == levels_said_.end() ? level_.value() : said->second);
    }
    return level;
}

Result<Appended> Group::append(const InternalRecord& change) {
    if (change.level > level_of_all())
        return failure(Errc::not_supported, "the change needs feature level " + std::to_string(change.level) +
                                                ", and not all members of the group are known to have more "
                                                "than " +
                                                std::to_string(level_of_all()) +
                                                ": let all run the newer version and be linked");
    arm();
    const std::string body = encode_internal(change);
    if (body.size() > internal_record_max) {
        ++probe_.changes_too_long;
        return failure(Errc::limit_exceeded,
                       "the change of " + std::to_string(body.size()) + " bytes is longer than " +
                           std::to_string(internal_record_max) + ": ask for less at a time");
    }
    const auto draft = internal_draft(body, config_.store_host, batch_.wall_ms);
    const auto placed = store_.append_outside_queues(draft, batch_.wall_ms);
    if (!placed) return std::unexpected(refused(placed.error()));
    ++probe_.internal_records;
    node_.appended(placed->end);
    return Appended{placed->record_at, placed->end, placed->queue_at, placed->store_timestamp};
}

// An append that failed because of the disk is the end of the reign; any other refusal is between us and the
// caller.
Error Group::refused(Error error) {
    if (store_.commit_log().poisoned()) poison(error);
    return error;
}

Result<> Group::check_bound() {
    if (poisoned_ || stopped_) return failure(Errc::service_not_available, "the store takes no writes");
    if (auto may = node_.may_propose(); !may) return may;
    if (!reigning_) return failure(Errc::service_not_available, "the leader has only just been elected");
    if (!closed_because_.empty()) return failure(Errc::service_not_available, closed_because_);
    const std::int64_t uncommitted = store_.commit_log().end() - committed_;
    if (uncommitted >= config_.uncommitted_bytes_max) {
        ++probe_.refused_for_bound;
        return failure(Errc::busy,
                       "[PCBUSY_CLEAN_QUEUE]broker busy: uncommitted bytes: " + std::to_string(uncommitted));
    }
    return {};
}

// Posting once a turn is what makes the batches: everything that the loop reads before the task runs is
// written, flushed and answered together. So one look at the clock does for all of them.
void Group::arm() {
    if (armed_ || stopped_) return;
    armed_ = true;
    batch_ = {runtime_.clock.now(), runtime_.clock.wall_ms()};
    runtime_.executor.post([this, alive = alive_] {
        if (!*alive) return;
        armed_ = false;
        advance();
    });
}

void Group::end_batch_if_large() {
    const auto& log = store_.commit_log();
    if (log.end() - log.written() >= batch_bytes_max) [[unlikely]]
        advance();
}

void Group::advance() {
    if (poisoned_ || stopped_) return;
    auto& log = store_.commit_log();
    if (auto written = log.write_pending(); !written) return poison(written.error());
    settle(written_waiting_, log.written(), Outcome::promised);
    tell_stored();
    feed_members();
    if (flushes_at_once()) begin_flush();
    carry_out();
}

// One flush at a time; the next starts when it ends, and covers all that was written meanwhile.
void Group::begin_flush() {
    auto& log = store_.commit_log();
    if (flushing_ || poisoned_ || log.flushed() >= log.written()) return;
    flushing_ = true;
    flush_began_at_ = runtime_.clock.now();
    log.sync([this, alive = alive_](Result<> synced) {
        if (!*alive) return;
        flushing_ = false;
        if (!synced) return poison(synced.error());
        advance();
        take_snapshot_if_due();
    });
}

void Group::commit(PhysicalOffset end) {
    if (end <= committed_ || poisoned_) return;
    auto& log = store_.commit_log();
    // A follower may hear of it before it has written what it took.
    if (end > log.written()) {
        if (auto written = log.write_pending(); !written) return poison(written.error());
    }
    committed_ = end;
    if (auto dispatched = store_.dispatch_to(end, [this](const store::Dispatched& record) { apply(record); });
        !dispatched)
        return poison(dispatched.error());
    if (poisoned_) return;
    if (reign_opens_at_ && *reign_opens_at_ <= end) {
        reign_opens_at_.reset();
        reigning_ = true;
        watcher_.on_reign_began();
    }
    settle_promised();
}

void Group::settle_promised() {
    const auto& policy = config_.replicas;
    if (!policy.waits() || !reigning_) return settle(promised_waiting_, committed_, Outcome::promised);
    note_caught_up();
    while (!promised_waiting_.empty() && promised_waiting_.front().end <= committed_) {
        const PhysicalOffset end = promised_waiting_.front().end;
        const int there = in_sync();
        const int needed = policy.needed(there);
        const bool is_replicated =
            1 + slaves_at(end) >= needed && (!policy.all_in_sync || all_in_sync_have(end));
        const bool is_hopeless = there < needed;
        if (!is_replicated && !is_hopeless) return;
        Waiting first = promised_waiting_.pop();
        settling_at_ = runtime_.clock.now();
        settle(first, is_replicated ? Outcome::promised : Outcome::slave_missing);
    }
}

void Group::apply(const store::Dispatched& dispatched) {
    // We wrote it and its checksum holds: what cannot be read is our own mistake, or a newer member's record.
    // A plain message means nothing to the tables.
    if (dispatched.record != nullptr) {
        if (auto folded = fold(*dispatched.record); !folded) {
            runtime_.log.error("internal_record_unreadable",
                               {{"offset", dispatched.record_at.value()}, {"why", folded.error().detail}});
            return poison(folded.error());
        }
    }
    watcher_.on_committed(dispatched);
}

// What a committed record means for the tables; the same at its commit and in a replay.
Result<> Group::fold(const model::RecordView& record) {
    const bool carries_progress = record.prepared_transaction_offset != 0 && record.transaction_type() == 0;
    if (!is_internal(record) && !carries_progress) return {};
    // An installed snapshot is ahead of the log that follows it.
    const bool has_it = record.physical_offset < snapshot_at_;
    const AppliedAt at{record.physical_offset, epochs_.epoch_at(record.physical_offset),
                       record.store_timestamp};
    if (is_internal(record)) {
        const auto change = decode_internal(record.body, config_.feature_level);
        if (!change) return std::unexpected(change.error());
        if (change->epoch_start)
            adopt_group(GroupId{static_cast<std::uint64_t>(change->epoch_start->group)}, at.epoch);
        if (has_it) return watcher_.on_change(*change, at);
        for (Table* table : tables_) table->apply(*change, at);
        if (change->topics || change->deleted_topics || change->groups || change->deleted_groups)
            write_tables_soon();
        return watcher_.on_change(*change, at);
    }
    if (has_it) return {};
    for (Table* table : tables_) table->apply(record, at);
    return {};
}

// The first leader of a group gives it its id, and only the loss of a majority makes it another one: then the
// log has starts under both (group_recovery.hpp).
void Group::adopt_group(GroupId named, Epoch since) {
    if (named == GroupId{} || group_id() == named) return;
    if (group_id() != GroupId{}) {
        if (since < vote_file_->state().group_since) return;
        runtime_.log.error("log_of_another_group", {{"group", group_id().value()}, {"log", named.value()}});
        return;
    }
    MemberState state = vote_file_->state();
    state.group = named;
    state.group_since = since;
    remember(state);
}

void Group::settle(Waiting& one, Outcome outcome) {
    settling_since_ = one.since;
    one.settled(outcome);
}

void Group::settle(Ring<Waiting>& waiting, PhysicalOffset end, Outcome outcome) {
    if (waiting.empty()) return;
    settling_at_ = runtime_.clock.now();
    // Mostly all of them, and these are called where they lie: what they propose goes to another ring
    // meanwhile.
    if (waiting[waiting.size() - 1].end <= end) {
        Ring<Waiting> settling;
        std::swap(settling, waiting);
        for (; !settling.empty(); settling.drop()) {
            settle(settling.front(), outcome);
            settling.front().settled = nullptr;
        }
        if (waiting.empty()) std::swap(settling, waiting);  // Its storage has found its size.
        return;
    }
    while (!waiting.empty() && waiting.front().end <= end) {
        Waiting first = waiting.pop();
        settle(first, outcome);
    }
}

// Those of entries that the log does not have any more: another leader may have them, in another place.
void Group::drop_waiting_behind(PhysicalOffset end) {
    for (auto* waiting : {&written_waiting_, &promised_waiting_}) {
        Ring<Waiting> kept;
        Ring<Waiting> dropped;
        while (!waiting->empty()) {
            Waiting one = waiting->pop();
            Waiting& place = (one.end <= end ? kept : dropped).push_slot();
            place = std::move(one);
        }
        std::swap(*waiting, kept);
        settle(dropped, store_.commit_log().end() + std::numeric_limits<std::int32_t>::max(),
               Outcome::unknown);
    }
}

void Group::poison(const Error& error) {
    if (poisoned_) return;
    poisoned_ = true;
    // Nothing leaves any more: no heartbeat, no range, no answer to a vote.
    const bool has_reigned = std::exchange(reigning_, false);
    reign_opens_at_.reset();
    runtime_.log.error("store_poisoned", {{"why", error.detail}, {"committed", committed_.value()}});
    // Later, for the one whose call met the failure is not done with it yet.
    runtime_.executor.post([this, alive = alive_, has_reigned, why = error.detail] {
        if (!*alive) return;
        // Their messages may be on the disk or not; an outcome that says so is all that is true.
        const PhysicalOffset everything = store_.commit_log().end();
        settle(written_waiting_, everything, Outcome::unknown);
        settle(promised_waiting_, everything, Outcome::unknown);
        fail_confirmations();
        if (has_reigned) watcher_.on_reign_ended();
        watcher_.on_poisoned({Errc::io_failed, why});
    });
}

}  // namespace tern::replication
