// Members whose log ends before the leader's begins: they get an Installation, part by part, and the log from
// its begin on. What an acknowledgement rests on is never lost by that: whatever the leader has committed,
// and its log's begin lies below, is held by a majority without them.
#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "replication/group.hpp"

namespace tern::replication {
namespace {

constexpr Duration offered_again_after = 500ms;
constexpr Duration given_up_after = 5s;

}  // namespace

// --- The leader's side.

void Group::on(const raft::SnapshotNeeded& needed) {
    ++probe_.snapshots_needed;
    const Instant now = runtime_.clock.now();
    auto& sending = sending_[needed.peer];
    sending = {.given_up_at = now + given_up_after};
    auto installation = make_installation();
    if (!installation) {
        runtime_.log.error("snapshot_not_offered",
                           {{"member", needed.peer.value()}, {"why", installation.error().detail}});
        return;
    }
    sending.content = encode_installation(*installation);
    const raft::TermTable terms{std::move(installation->terms)};
    sending.offer = {.term = node_.term(),
                     .begin = installation->begin,
                     .last_term = terms.term_before(installation->begin),
                     .size = static_cast<std::int64_t>(sending.content.size()),
                     .crc = crc32(sending.content)};
    runtime_.log.info("snapshot_offered", {{"member", needed.peer.value()},
                                           {"log_begin", installation->begin.value()},
                                           {"position", installation->snapshot.position.value()},
                                           {"bytes", sending.offer.size}});
    offer(needed.peer, sending);
}

void Group::offer(raft::MemberId to, Sending& sending) {
    sending.offered_at = runtime_.clock.now();
    if (send_) (void)send_(to, sending.offer);
}

Result<Installation> Group::make_installation() {
    const auto& log = store_.commit_log();
    std::vector<std::string> damaged;
    auto snapshot = snapshots_.newest(log.flushed(), damaged);
    if (!snapshot) return std::unexpected(snapshot.error());
    if (!*snapshot || (*snapshot)->position < log.begin())
        return failure(Errc::query_not_found, config_.directory + ": no whole snapshot behind " +
                                                  std::to_string(log.begin().value()) +
                                                  ", where the log begins");
    Installation installation{.group = group_id(),
                              .begin = log.begin(),
                              .terms = {},
                              .queues = store_.expired_queues(),
                              .snapshot = std::move(**snapshot)};
    for (const auto& entry : epochs_.entries())
        if (entry.start < log.begin()) installation.terms.push_back({entry.epoch, entry.start});
    return installation;
}

void Group::on(raft::MemberId from, const SnapshotReply& reply) {
    const auto found = sending_.find(from);
    if (found == sending_.end() || reply.term != node_.term() || reply.crc != found->second.offer.crc) return;
    auto& sending = found->second;
    const Instant now = runtime_.clock.now();
    switch (reply.wish) {
        case SnapshotWish::more: {
            if (reply.from < 0 || reply.from >= sending.offer.size) return;
            sending.offered_at = now;
            sending.given_up_at = now + given_up_after;
            sending.part_from = reply.from;
            return send_part(from, sending);
        }
        case SnapshotWish::nothing:
            node_.snapshot_done(from, sending.offer.begin, now);
            sending_.erase(found);
            break;
        case SnapshotWish::refused:
            // It is asked again after a while, and says in its own log why.
            sending.content.clear();
            sending.offer = {};
            sending.part_from.reset();
            break;
    }
    carry_out();
    arm();
}

void Group::send_part(raft::MemberId to, Sending& sending) {
    if (!sending.part_from || poisoned_) return;
    const bool is_limited = catch_up_rate_.limits();
    if (is_limited && catch_up_rate_.room(runtime_.clock.now()) == 0) return feed_again_later();
    const std::int64_t from = *std::exchange(sending.part_from, {});
    const auto part =
        std::string_view{sending.content}.substr(static_cast<std::size_t>(from), config_.snapshot_part_bytes);
    probe_.snapshot_bytes_sent += part.size();
    probe_.catch_up_bytes_sent += part.size();
    if (is_limited) catch_up_rate_.spend(static_cast<std::int64_t>(part.size()));
    (void)send_(to, SnapshotPart{sending.offer.term, sending.offer.crc, from, part});
}

void Group::stop_sending(raft::MemberId to) {
    if (sending_.erase(to) > 0) node_.snapshot_failed(to, runtime_.clock.now());
}

// Links keep what they carry as long as they stand; this is for the rest.
void Group::tend_sendings() {
    if (poisoned_) return;
    if (sending_.empty()) return;
    const Instant now = runtime_.clock.now();
    for (auto at = sending_.begin(); at != sending_.end();) {
        const raft::MemberId to = at->first;
        auto& sending = (at++)->second;
        if (sending.part_from) {  // The member waits for us.
            sending.offered_at = now;
            sending.given_up_at = now + given_up_after;
        }
        if (now >= sending.given_up_at) {
            stop_sending(to);
        } else if (!sending.content.empty() && now - sending.offered_at >= offered_again_after) {
            offer(to, sending);
        }
    }
    carry_out();
}

// --- The member's side.

void Group::on(raft::MemberId from, const SnapshotOffer& offered) {
    if (offered.term != node_.term() || node_.leader() != from) return;
    if (!node_.needs_snapshot(offered.begin, offered.last_term)) {
        receiving_.reset();
        return reply_to(from, offered, SnapshotWish::nothing);
    }
    if (offered.size <= 0 || offered.size > installation_size_max ||
        offered.begin.value() % store_.config().segment_size != 0) {
        runtime_.log.error("snapshot_refused", {{"from", from.value()},
                                                {"bytes", offered.size},
                                                {"bytes_max", installation_size_max},
                                                {"log_begin", offered.begin.value()},
                                                {"segment_size", store_.config().segment_size}});
        return reply_to(from, offered, SnapshotWish::refused);
    }
    // What is there of it already need not come again, whoever offers it.
    const bool is_known =
        receiving_ && receiving_->offer.crc == offered.crc && receiving_->offer.size == offered.size;
    if (!is_known) receiving_ = {.offer = offered, .content = {}};
    receiving_->offer.term = offered.term;
    reply_to(from, offered, SnapshotWish::more);
}

void Group::on(raft::MemberId from, const SnapshotPart& part) {
    if (!receiving_ || part.term != node_.term() || node_.leader() != from ||
        part.crc != receiving_->offer.crc || part.bytes.empty() ||
        part.from != static_cast<std::int64_t>(receiving_->content.size()))
        return;
    auto& [offered, content] = *receiving_;
    content.append(part.bytes);
    if (static_cast<std::int64_t>(content.size()) < offered.size)
        return reply_to(from, offered, SnapshotWish::more);
    const SnapshotOffer whole = offered;
    const auto installation = crc32(content) == whole.crc
                                  ? decode_installation(content)
                                  : failure(Errc::corrupt, "snapshot: its parts do not give the whole");
    receiving_.reset();
    auto installed = installation ? check(*installation, whole) : std::unexpected(installation.error());
    if (!installed) {
        runtime_.log.error("snapshot_refused", {{"from", from.value()}, {"why", installed.error().detail}});
        return reply_to(from, whole, SnapshotWish::refused);
    }
    if (!node_.needs_snapshot(whole.begin, whole.last_term))
        return reply_to(from, whole, SnapshotWish::nothing);
    runtime_.log.info("snapshot_installed", {{"group", config_.name},
                                             {"from", from.value()},
                                             {"log_begin", installation->begin.value()},
                                             {"position", installation->snapshot.position.value()},
                                             {"own_end", store_.commit_log().end().value()}});
    if (auto done = install(*installation); !done) return poison(done.error());
    ++probe_.snapshots_installed;
    reply_to(from, whole, SnapshotWish::nothing);
}

void Group::reply_to(raft::MemberId from, const SnapshotOffer& offered, SnapshotWish wish) {
    const auto received = receiving_ ? static_cast<std::int64_t>(receiving_->content.size()) : 0;
    if (send_)
        (void)send_(from,
                    SnapshotReply{.term = offered.term, .crc = offered.crc, .wish = wish, .from = received});
}

Result<> Group::check(const Installation& installation, const SnapshotOffer& offered) const {
    const raft::TermTable terms{installation.terms};
    if (installation.begin != offered.begin || terms.term_before(installation.begin) != offered.last_term)
        return failure(Errc::corrupt, "snapshot: is not the one that was offered");
    if (group_id() != GroupId{} && installation.group != GroupId{} && installation.group != group_id())
        return failure(Errc::invalid_argument, "snapshot: of another group");
    for (const auto& part : installation.snapshot.tables) {
        const bool is_known =
            std::ranges::any_of(tables_, [&](const Table* table) { return table->file_name() == part.name; });
        if (!is_known)
            return failure(Errc::not_supported,
                           "snapshot: has a table '" + part.name + "' that this version does not know");
    }
    return {};
}

// The snapshot's file comes first: tables that are ahead of the log wait for it (fold()), and while the log
// is gone the next start finds an empty one and asks again. The segment in its place ends it.
Result<> Group::install(const Installation& installation) {
    auto& log = store_.commit_log();
    // What was never committed is kept aside, as where logs differ.
    if (const auto agreed = std::max(committed_, log.begin()); log.end() > agreed) {
        if (auto cut = store_.truncate(agreed); !cut) return cut;
    }
    drop_waiting_behind(PhysicalOffset{0});
    snapshot_pending_.reset();
    if (auto written = snapshots_.write_now(installation.snapshot); !written) return written;
    if (auto dropped = snapshots_.drop_below(installation.snapshot.position); !dropped) return dropped;
    if (auto cleared = store_.clear(); !cleared) return cleared;
    if (auto replaced = epochs_.replace(installation.terms); !replaced) return replaced;
    if (auto begun = store_.begin_at(installation.begin, installation.queues); !begun) return begun;
    if (auto restored = restore_tables_from(installation.snapshot); !restored) return restored;
    committed_ = installation.begin;
    snapshot_at_ = installation.snapshot.position;
    snapshot_time_ = runtime_.clock.now();
    checksums_known_.clear();
    adopt_group(installation.group, node_.term());
    node_.snapshot_installed(installation.begin, raft::TermTable{installation.terms});
    carry_out();
    write_tables_soon();
    return {};
}

}  // namespace tern::replication
