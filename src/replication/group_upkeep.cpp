// What a group does from time to time: flush in the background, checkpoint, snapshot, and write Java's JSON
// files. None of it waits for the disk.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "replication/group.hpp"

namespace tern::replication {
namespace {

constexpr Duration ask_to_lead_interval = 10s;  // When nobody has room.

}  // namespace

void Group::every(Duration interval, void (Group::*work)(), TimerId& timer) {
    timer = runtime_.timers.after(interval, [this, interval, work, &timer] {
        (this->*work)();
        if (!stopped_) every(interval, work, timer);
    });
}

Result<> Group::configure(const GroupConfig& config) {
    if (auto configured = node_.configure(config.raft); !configured) return configured;
    config_.raft = config.raft;
    config_.replicas = config.replicas;
    config_.lost_tail_timeout = config.lost_tail_timeout;
    config_.slave_lag_max = config.slave_lag_max;
    config_.slave_timeout = config.slave_timeout;
    config_.leaderless_timeout = config.leaderless_timeout;
    config_.flush_timeout = config.flush_timeout;
    config_.disk_stall_limit = config.disk_stall_limit;
    config_.flush_interval = config.flush_interval;
    config_.checkpoint_interval = config.checkpoint_interval;
    config_.table_interval = config.table_interval;
    config_.scrub = config.scrub;
    config_.catch_up_lag = config.catch_up_lag;
    config_.catch_up_bytes_per_s = config.catch_up_bytes_per_s;
    catch_up_rate_.set(config.catch_up_bytes_per_s);
    start_upkeep();
    carry_out();
    return {};
}

void Group::start_upkeep() {
    for (TimerId* timer : {&flush_timer_, &tick_timer_, &checkpoint_timer_, &table_timer_})
        runtime_.timers.cancel(std::exchange(*timer, 0));
    store_.scrub().configure(config_.scrub);
    every(config_.flush_interval, &Group::flush_in_background, flush_timer_);
    every(100ms, &Group::tick, tick_timer_);
    every(config_.checkpoint_interval, &Group::checkpoint, checkpoint_timer_);
    every(config_.table_interval, &Group::write_changed_tables, table_timer_);
}

void Group::tick() {
    tend_sendings();
    scrub();
    settle_promised();
    check_disk();
    leave_to_one_with_room();
    check_flush_timeouts();
    if (is_cut_off()) watcher_.on_cut_off();
}

void Group::check_flush_timeouts() {
    const Instant now = runtime_.clock.now();
    // The next leader's log may still settle it, if there is one soon.
    const bool is_abandoned = !reigning_ && !reign_opens_at_ && !node_.leader() &&
                              now - leaderless_since_ > config_.leaderless_timeout;
    while (!promised_waiting_.empty()) {
        auto& first = promised_waiting_.front();
        const bool waits_for_slaves = reigning_ && first.end <= committed_;
        const auto limit = waits_for_slaves ? config_.slave_timeout : config_.flush_timeout;
        if (now - first.since <= limit && !is_abandoned) return;
        Waiting one = promised_waiting_.pop();
        ++probe_.flush_timeouts;
        settling_at_ = now;
        settle(one, !reigning_         ? Outcome::unknown
                    : waits_for_slaves ? Outcome::slave_timeout
                                       : Outcome::flush_timeout);
    }
}

// The acknowledgements of a majority may go on without the leader's own disk, but its reads, its rolls and
// its vote do not, and one more failure stops the group. Who is better off leads.
void Group::check_disk() {
    const Instant now = runtime_.clock.now();
    const Duration lasts = flushing_ ? now - flush_began_at_ : Duration{};
    const auto lasts_ms = std::chrono::duration_cast<std::chrono::milliseconds>(lasts).count();
    if (lasts <= config_.disk_stall_limit || poisoned_) {
        disk_stalls_ = stays_though_ = false;
        return;
    }
    if (!std::exchange(disk_stalls_, true)) {
        ++probe_.disk_stalls;
        runtime_.log.warning("disk_stalls", {{"flush_ms", lasts_ms}, {"leads", reigning_ ? "yes" : "no"}});
    }
    if (is_only_voter() || !votes()) return;
    node_.stand_back(now);
    if (node_.role() != raft::Role::leader || node_.is_transferring()) return carry_out();
    const auto left = node_.step_down_for_disk(now);
    if (left) {
        ++probe_.given_away_for_disk;
        runtime_.log.warning("leadership_given_away", {{"because", "disk_stalls"}, {"flush_ms", lasts_ms}});
    } else if (!std::exchange(stays_though_, true)) {
        runtime_.log.warning("leads_on_with_a_stalled_disk",
                             {{"why", left.error().detail}, {"flush_ms", lasts_ms}});
    }
    carry_out();
}

void Group::close_for_writes(std::string why) {
    closed_because_ = std::move(why);
    node_.may_take_over(false);
}

void Group::open_for_writes() {
    closed_because_.clear();
    asked_to_lead_.clear();
    ask_again_at_ = {};
    node_.may_take_over(true);
}

// One after the other is asked: who has no room either says nothing.
void Group::leave_to_one_with_room() {
    const Instant now = runtime_.clock.now();
    const bool leads = node_.role() == raft::Role::leader && !node_.is_transferring();
    if (closed_because_.empty() || poisoned_ || is_only_voter() || !leads || now < ask_again_at_) return;
    const auto takes_it = [&](const raft::Member& member) {
        return member.id != config_.self && !asked_to_lead_.contains(member.id) &&
               node_.transfer_to(member.id, now);
    };
    const auto next = std::ranges::find_if(node_.members(), takes_it);
    if (next == node_.members().end()) {
        asked_to_lead_.clear();
        ask_again_at_ = now + ask_to_lead_interval;
        return;
    }
    asked_to_lead_.insert(next->id);
    runtime_.log.warning("asked_to_lead", {{"member", next->id.value()}, {"because", closed_because_}});
    carry_out();
}

void Group::flush_in_background() {
    begin_flush();
    take_snapshot_if_due();
}

void Group::checkpoint() {
    if (checkpointing_ || poisoned_) return;
    checkpointing_ = true;
    store_.checkpoint([this, alive = alive_](Result<> done) {
        if (!*alive) return;
        checkpointing_ = false;
        if (!done) poison(done.error());
    });
}

PhysicalOffset Group::needed_from() const {
    const auto kept = snapshots_.positions();
    PhysicalOffset from = kept.empty() ? store_.commit_log().begin() : kept.front();
    // Who is there and behind gets it from here; who has been gone for longer than segments are kept does
    // not.
    for (const auto& member : node_.members()) {
        const auto* progress = node_.progress(member.id);
        const auto sending = sending_.find(member.id);
        const bool takes_none = sending != sending_.end() && sending->second.content.empty();
        if (progress != nullptr && progress->linked && !takes_none) from = std::min(from, progress->matched);
    }
    return from;
}

Snapshot Group::capture() const {
    const PhysicalOffset position = std::max(committed_, snapshot_at_);
    Snapshot snapshot{position, epochs_.epoch_at(position - 1), {}};
    for (const Table* table : tables_)
        snapshot.tables.push_back({std::string{table->file_name()}, table->text()});
    return snapshot;
}

// Captured at one moment and written at a later one, when the log below it is on the disk: a snapshot that
// ran ahead of the log would keep what the log has lost.
void Group::take_snapshot_if_due() {
    if (poisoned_ || stopped_) return;
    if (!snapshot_pending_ && !snapshot_writing_) {
        const bool grown = committed_ - snapshot_at_ >= config_.snapshot_bytes;
        const bool aged =
            committed_ > snapshot_at_ && runtime_.clock.now() - snapshot_time_ >= config_.snapshot_interval;
        if (!grown && !aged) return;
        snapshot_pending_ = capture();
        begin_flush();
    }
    if (!snapshot_pending_ || snapshot_writing_ ||
        store_.commit_log().flushed() < snapshot_pending_->position)
        return;
    snapshot_writing_ = true;
    const Snapshot snapshot = std::move(*snapshot_pending_);
    snapshot_pending_.reset();
    snapshots_.write(snapshot, [this, alive = alive_, position = snapshot.position](Result<> written) {
        if (!*alive) return;
        snapshot_writing_ = false;
        if (!written) return poison(written.error());
        if (position < snapshot_at_) {  // A newer one was installed meanwhile; this is of a log that is gone.
            if (auto gone = snapshots_.drop_below(snapshot_at_); !gone) poison(gone.error());
            return;
        }
        ++probe_.snapshots;
        snapshot_at_ = position;
        snapshot_time_ = runtime_.clock.now();
        runtime_.log.debug("snapshot_written", {{"position", position.value()}});
    });
}

// Java writes what a person has changed at once, and a Java broker that takes the store over after our death
// finds topics and groups nowhere else.
void Group::write_tables_soon() {
    if (tables_are_due_ || stopped_) return;
    tables_are_due_ = true;
    soon_timer_ = runtime_.timers.after(100ms, [this] {
        tables_are_due_ = false;
        const bool is_writing = table_file_ || !tables_to_write_.empty();
        write_changed_tables();
        if (is_writing) write_tables_soon();
    });
}

void Group::write_changed_tables() {
    if (poisoned_ || !tables_to_write_.empty() || table_file_) return;
    for (std::size_t i = 0; i < tables_.size(); ++i) {
        if (tables_[i]->java_file() && tables_[i]->revision() != written_revisions_[i])
            tables_to_write_.push_back(i);
    }
    write_next_table();
}

// For people and for the way back to Java; nothing of ours reads these files while the snapshots are good. So
// a failure is a warning, and no directory is synced.
void Group::write_next_table() {
    if (tables_to_write_.empty() || stopped_) return;
    const std::size_t index = tables_to_write_.back();
    tables_to_write_.pop_back();
    const std::string path = config_.config_directory + "/" + std::string{tables_[index]->file_name()};
    const auto failed = [this, &path](const Error& error) {
        runtime_.log.warning("config_file_not_written", {{"file", path}, {"why", error.detail}});
        table_file_.reset();
        tables_to_write_.clear();  // Tried again with the next change, or after the interval.
    };
    auto file = files_.open(path + ".writing", io::OpenMode::create_or_truncate);
    if (!file) return failed(file.error());
    const std::uint64_t revision = tables_[index]->revision();
    if (auto written = (*file)->write_at(0, tables_[index]->text()); !written) return failed(written.error());
    table_file_ = std::move(*file);
    table_file_->sync([this, alive = alive_, index, revision](Result<> synced) {
        if (!*alive || stopped_) return;  // The stop has written newer ones.
        table_file_.reset();
        const std::string target = config_.config_directory + "/" + std::string{tables_[index]->file_name()};
        if (synced && files_.exists(target)) synced = files_.rename(target, target + ".bak");
        if (synced) synced = files_.rename(target + ".writing", target);
        if (synced) {
            written_revisions_[index] = revision;
        } else {
            runtime_.log.warning("config_file_not_written",
                                 {{"file", target}, {"why", synced.error().detail}});
        }
        write_next_table();
    });
}

}  // namespace tern::replication
