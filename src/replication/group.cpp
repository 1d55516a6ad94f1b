// The append path of a broker group: propose, append, durable, committed, dispatched, answered.
#include "replication/group.hpp"

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
      policy_{config_.sync_flush},
      snapshots_{files, config_.directory} {}

Group::~Group() {
    *alive_ = false;
    for (const TimerId timer : {flush_timer_, timeout_timer_, checkpoint_timer_, table_timer_, soon_timer_})
        runtime_.timers.cancel(timer);
}

Result<Appended> Group::propose(std::span<const model::RecordDraft> drafts, store::QueueRef queue) {
    std::size_t bytes = 0;
    for (const auto& draft : drafts) bytes += model::record_size(draft);
    if (auto bound = check_bound(bytes); !bound) return std::unexpected(bound.error());
    const auto placed = store_.append(drafts, queue, runtime_.clock.wall_ms());
    if (!placed) return std::unexpected(refused(placed.error()));
    probe_.proposals += drafts.size();
    arm();
    return Appended{placed->record_at, placed->end, placed->queue_at, placed->store_timestamp};
}

Result<Appended> Group::propose(const InternalRecord& change) {
    const std::string body = encode_internal(change);
    const auto draft = internal_draft(body, config_.store_host, runtime_.clock.wall_ms());
    if (auto bound = check_bound(model::record_size(draft)); !bound) return std::unexpected(bound.error());
    const auto placed = store_.append_outside_queues(draft, runtime_.clock.wall_ms());
    if (!placed) return std::unexpected(refused(placed.error()));
    ++probe_.internal_records;
    arm();
    return Appended{placed->record_at, placed->end, placed->queue_at, placed->store_timestamp};
}

void Group::when_settled(const Appended& appended, WaitFor wait, Settled settled) {
    auto& waiting = wait == WaitFor::promise ? promised_waiting_ : written_waiting_;
    Waiting& last = waiting.push_slot();
    last.end = appended.end;
    last.since = runtime_.clock.now();
    last.settled = std::move(settled);
}

// An append that failed because of the disk is the end of the reign; any other refusal is between us and the
// caller.
Error Group::refused(Error error) {
    if (store_.commit_log().poisoned()) poison(error);
    return error;
}

Result<> Group::check_bound(std::size_t bytes) {
    if (poisoned_ || stopped_) return failure(Errc::service_not_available, "the store takes no writes");
    if (!closed_because_.empty()) return failure(Errc::service_not_available, closed_because_);
    const std::int64_t uncommitted = store_.commit_log().end() - committed_;
    if (uncommitted + static_cast<std::int64_t>(bytes) > config_.uncommitted_bytes_max && uncommitted > 0) {
        ++probe_.refused_for_bound;
        return failure(Errc::busy,
                       "[PCBUSY_CLEAN_QUEUE]broker busy: uncommitted bytes: " + std::to_string(uncommitted));
    }
    return {};
}

// Posting once a turn is what makes the batches: everything that the loop reads before the task runs is
// written, flushed and answered together.
void Group::arm() {
    if (armed_ || stopped_) return;
    armed_ = true;
    runtime_.executor.post([this, alive = alive_] {
        if (!*alive) return;
        armed_ = false;
        advance();
    });
}

void Group::advance() {
    if (poisoned_) return;
    auto& log = store_.commit_log();
    if (auto written = log.write_pending(); !written) return poison(written.error());
    settle(written_waiting_, log.written(), Outcome::promised);
    if (policy_.flush_at_once()) begin_flush();
    commit(policy_.committed({log.written(), log.flushed()}));
}

// One flush at a time; the next starts when it ends, and covers all that was written meanwhile.
void Group::begin_flush() {
    auto& log = store_.commit_log();
    if (flushing_ || poisoned_ || log.flushed() >= log.written()) return;
    flushing_ = true;
    log.sync([this, alive = alive_](Result<> synced) {
        if (!*alive) return;
        flushing_ = false;
        if (!synced) return poison(synced.error());
        advance();
        take_snapshot_if_due();
    });
}

void Group::commit(PhysicalOffset end) {
    if (end <= committed_) return;
    committed_ = end;
    if (auto dispatched = store_.dispatch_to(end, [this](const model::RecordView& record) { apply(record); });
        !dispatched)
        return poison(dispatched.error());
    settle(promised_waiting_, end, Outcome::promised);
}

void Group::apply(const model::RecordView& record) {
    // We wrote it and its checksum holds: what cannot be read is our own mistake, or a newer member's record.
    if (auto folded = fold(record, epoch_); !folded) {
        runtime_.log.error("internal_record_unreadable",
                           {{"offset", record.physical_offset.value()}, {"why", folded.error().detail}});
        return poison(folded.error());
    }
    watcher_.on_committed(record);
}

// What a committed record means for the tables; the same at its commit and in a replay.
Result<> Group::fold(const model::RecordView& record, Epoch epoch) {
    const AppliedAt at{record.physical_offset, epoch, record.store_timestamp};
    if (is_internal(record)) {
        const auto change = decode_internal(record.body);
        if (!change) return std::unexpected(change.error());
        for (Table* table : tables_) table->apply(*change, at);
        if (change->topics || change->deleted_topics || change->groups || change->deleted_groups)
            write_tables_soon();
        return watcher_.on_change(*change, at);
    }
    if (record.prepared_transaction_offset != 0 && record.transaction_type() == 0) {
        for (Table* table : tables_) table->apply(record, at);
    }
    return {};
}

void Group::settle(Ring<Waiting>& waiting, PhysicalOffset end, Outcome outcome) {
    while (!waiting.empty() && waiting.front().end <= end) {
        Waiting first = waiting.pop();
        first.settled(outcome);
    }
}

void Group::poison(const Error& error) {
    if (poisoned_) return;
    poisoned_ = true;
    runtime_.log.error("store_poisoned", {{"why", error.detail}, {"committed", committed_.value()}});
    // Later, for the one whose call met the failure is not done with it yet.
    runtime_.executor.post([this, alive = alive_, why = error.detail] {
        if (!*alive) return;
        // Their messages may be on the disk or not; an outcome that says so is all that is true.
        const PhysicalOffset everything = store_.commit_log().end();
        settle(written_waiting_, everything, Outcome::unknown);
        settle(promised_waiting_, everything, Outcome::unknown);
        watcher_.on_poisoned({Errc::io_failed, why});
    });
}

}  // namespace tern::replication
