// A member among others: what raft::Node asks for is carried out here, in its order, and what happens to the
// log and the links is told to it (docs/decisions/0008-raft-over-byte-offsets.md has the host's duties).
#include <algorithm>
#include <ranges>
#include <utility>

#include "base/assert.hpp"
#include "replication/group.hpp"

namespace tern::replication {
namespace {

constexpr std::int64_t catch_up_part = 262'144;  // Takes the loop a fraction of a millisecond.

std::string name_of(std::optional<raft::MemberId> member) {
    return member ? "n" + std::to_string(member->value()) : std::string{"none"};
}

}  // namespace

// Whoever calls has given the node its input. Carrying one output out may be the next input: what comes of it
// is carried out by the same loop, behind what is there already. The node accepts nothing but of the range
// that it has just been told of.
void Group::carry_out(const store::CheckedRange* range) {
    if (carrying_out_) return;
    carrying_out_ = true;
    for (node_.take_outputs(outputs_); !outputs_.empty() && !poisoned_; node_.take_outputs(outputs_)) {
        for (const auto& output : outputs_) {
            if (poisoned_) break;
            if (const auto* accept = std::get_if<raft::Accept>(&output)) {
                TERN_ASSERT(range != nullptr);
                if (auto taken = take(*accept, *range); !taken) poison(taken.error());
                continue;
            }
            std::visit(
                [this](const auto& one) {
                    if constexpr (!std::is_same_v<std::decay_t<decltype(one)>, raft::Accept>) on(one);
                },
                output);
        }
    }
    carrying_out_ = false;
    arm_node_timer();
}

// It fires at its time even when the deadline has moved on, and is armed anew then: most inputs move it.
void Group::arm_node_timer() {
    const Instant deadline = node_.next_deadline();
    if (stopped_ || poisoned_ || deadline == Instant::max()) return;
    if (node_timer_ != 0 && node_timer_at_ <= deadline) return;
    runtime_.timers.cancel(std::exchange(node_timer_, 0));
    const Instant now = runtime_.clock.now();
    node_timer_at_ = std::max(deadline, now);
    node_timer_ = runtime_.timers.after(node_timer_at_ - now, [this] {
        node_timer_ = 0;
        node_.tick(runtime_.clock.now());
        carry_out();
        if (node_.role() == raft::Role::leader) arm();
    });
}

// --- What happens.

void Group::on_link_up(raft::MemberId peer, GroupId says, std::int32_t level) {
    groups_said_[peer] = says;
    levels_said_[peer] = level;
    of_other_policy_.erase(peer);
    if (votes() && !is_only_voter()) (void)send_(peer, policy());
    node_.link_up(peer, runtime_.clock.now());
    carry_out();
    note_slaves();
    if (lost_tail_) {
        lost_tail_->linked.insert(peer);
        ask_for_lost_tail();
    }
    arm();
}

void Group::on_link_down(raft::MemberId peer) {
    stop_sending(peer);
    catch_up_reads_.forget(peer);
    probes_held_.erase(peer);
    if (lost_tail_) {
        lost_tail_->linked.erase(peer);
        if (lost_tail_->asked == peer) lost_tail_->asked.reset();
        ask_for_lost_tail();
    }
    node_.link_lost(peer, runtime_.clock.now());
    carry_out();
    settle_promised();
}

void Group::on_message(raft::MemberId from, const GroupFrame& frame) {
    if (poisoned_ || stopped_ || of_other_policy_.contains(from)) return;
    std::visit([&](const auto& one) { on(from, one); }, frame);
}

GroupPolicy Group::policy() const {
    std::vector<raft::MemberId> voters;
    for (const auto& member : config_.members)
        if (member.kind == raft::MemberKind::voter) voters.push_back(member.id);
    std::ranges::sort(voters);
    std::string text = "voters";
    for (const auto voter : voters) text += " " + name_of(voter);
    text += flushes_at_once() ? ", on disk" : ", in memory";
    return {text.substr(0, group_policy_size_max)};
}

void Group::on(raft::MemberId from, const GroupPolicy& theirs) {
    const auto own = policy();
    if (theirs == own || is_only_voter()) return;
    runtime_.log.error("member_configured_otherwise", {{"member", name_of(from)},
                                                       {"its", theirs.text},
                                                       {"own", own.text},
                                                       {"settings", "dLegerPeers, quorumDurability"}});
    ++probe_.members_refused;
    of_other_policy_.insert(from);
    node_.link_lost(from, runtime_.clock.now());
    carry_out();
}

void Group::on(raft::MemberId from, const RaftFrame& frame) {
    const auto* append = std::get_if<raft::Append>(&frame.message);
    // One of an older term says nothing about this log any more; the core refuses it, and says why.
    std::optional<store::CheckedRange> range;
    if (append != nullptr && append->term >= node_.term()) {
        const auto checked = check(*append, frame.range);
        if (!checked) {
            ++probe_.ranges_refused;
            return runtime_.log.error(
                "range_refused",
                {{"from", from.value()}, {"offset", append->from.value()}, {"why", checked.error().detail}});
        }
        // The leader's log begins there; or it has no entry that ends there.
        const bool terms_agree = node_.terms().term_before(append->from) == append->term_before;
        if (node_.doubted_from() && frame.crc_before == 0 && terms_agree) node_.trust(append->from);
        const auto doubted = node_.doubted_from();
        const bool is_refused =
            doubted && append->from > *doubted;  // By the node; it says from where to send.
        if (!is_refused && !follows_own_log(*append, frame.crc_before))
            return doubt_own_log(entry_before(append->from), append->from);
        if (doubted && !is_refused) {
            if (const auto differs = differing_entry(*append, frame.range, *doubted))
                return doubt_own_log(differs, *differs);
        }
        range = *checked;
    }
    node_.receive(from, frame.message, runtime_.clock.now());
    carry_out(range ? &*range : nullptr);
    if (range && append->end > append->to) tell_of_sync(from, append->end);
    settle_promised();
    arm();
}

Result<store::CheckedRange> Group::check(const raft::Append& append, std::string_view range) const {
    if (static_cast<std::int64_t>(range.size()) != append.to - append.from)
        return failure(Errc::malformed, "range of the log: of another size");
    if (!raft::Node::is_plausible(append))
        return failure(Errc::malformed, "range of the log: its terms do not rise within it");
    return store_.commit_log().check_range(range, append.from);
}

std::optional<PhysicalOffset> Group::entry_before(PhysicalOffset at) const {
    const auto entry = store_.commit_log().entry_before(at);
    return entry ? std::optional{*entry} : std::nullopt;
}

// The first entry of which this log has other bytes than the leader, where terms say that they are the same.
// Only what is doubted is looked at.
std::optional<PhysicalOffset> Group::differing_entry(const raft::Append& append, std::string_view range,
                                                     PhysicalOffset doubted_from) const {
    const auto& log = store_.commit_log();
    const PhysicalOffset common = node_.common_end(append);
    store::LogEntry entry;
    for (PhysicalOffset at = append.from; at < common; at = entry.next) {
        const auto theirs = range.substr(static_cast<std::size_t>(at - append.from));
        read_log_entry(theirs, at, store_.config().segment_size, model::VerifyBody::no, entry);
        if (at < doubted_from) continue;
        const std::int64_t size = std::min(entry.next, common) - at;
        const auto own = log.view(at, size);
        if (!own || *own != theirs.substr(0, static_cast<std::size_t>(size))) return at;
    }
    return std::nullopt;
}

// The log's own ends are true of its present bytes, whatever was cut since a write or a flush began. A
// retention may have moved its begin.
void Group::tell_stored() {
    const auto& log = store_.commit_log();
    if (log.begin() > node_.begin()) node_.begin_moved(log.begin());
    node_.written({log.written(), node_.cuts()});
    node_.durable({log.flushed(), node_.cuts()});
}

// While the group starts nothing else waits for the loop.
void Group::remember(const MemberState& state) {
    const auto written = [this, alive = alive_](const Result<>& result) {
        if (*alive && !result) poison(result.error());
    };
    if (starting_) return written(vote_file_->write_now(state));
    vote_file_->write(state, written);
}

// --- What is to be done.

void Group::on(const raft::Persist& persist) {
    MemberState state = vote_file_->state();
    state.incarnation = node_.incarnation();
    state.term = persist.term;
    state.vote = persist.vote;
    const auto written = [this, alive = alive_, persist](Result<> result) {
        if (!*alive) return;
        if (!result) return poison(result.error());
        node_.vote_persisted(persist.term, persist.vote, runtime_.clock.now());
        carry_out();
    };
    if (persist.vote && *persist.vote != config_.self)
        tell_role("Grant vote to " + name_of(persist.vote) + ", term=" + std::to_string(persist.term.value()),
                  "follower");
    if (starting_) return written(vote_file_->write_now(state));
    vote_file_->write(state, written);
}

void Group::on(const raft::Send& message) {
    send(message.to, message.message, {});
}

// The epoch's start is this leader's first record; what came before is committed with it (Raft 5.4.2).
void Group::on(const raft::BecomeLeader& lead) {
    auto& log = store_.commit_log();
    TERN_ASSERT(log.end() == lead.start);
    ++probe_.reigns;
    epoch_ = lead.term;
    store_.recount_next_offsets();
    if (auto begun = epochs_.begin(epoch_, lead.start); !begun) return poison(begun.error());
    InternalRecord change;
    change.epoch_start = EpochStart{epoch_.value(), config_.store_host.text(),
                                    static_cast<std::int64_t>(name_of_group().value())};
    const auto appended = append(change);
    if (!appended) return poison(appended.error());
    reign_opens_at_ = appended->end;
    runtime_.log.info("Elected as leader, term=" + std::to_string(epoch_.value()),
                      {{"group", config_.name},
                       {"self", name_of(config_.self)},
                       {"dledger", "leader"},
                       {"start", lead.start.value()}});
}

// The first leader draws it. Its start may lie in this log already and not be known as committed yet.
GroupId Group::name_of_group() {
    if (group_id() != GroupId{}) return group_id();
    for (const auto& entry : std::views::reverse(epochs_.entries())) {
        const auto record = store_.commit_log().record_at(entry.start);
        if (!record || !is_internal(*record)) continue;
        const auto change = decode_internal(record->body);
        if (change && change->epoch_start && change->epoch_start->group != 0)
            return GroupId{static_cast<std::uint64_t>(change->epoch_start->group)};
    }
    return GroupId{(runtime_.random.next() >> 1) | 1};
}

void Group::on(const raft::BecomeFollower& follow) {
    sending_.clear();
    if (reigning_ || reign_opens_at_) end_reign(follow.because);
    if (node_.members().size() == 1) return;
    if (!follow.leader) {
        leaderless_since_ = runtime_.clock.now();
        return;
    }
    adopt_group_of_leader();
    tell_role("Append as follower, term=" + std::to_string(follow.term.value()) +
                  ", leader=" + name_of(follow.leader),
              "follower");
}

// The lines that users of DLedger look for, with their words.
void Group::tell_role(const std::string& event, std::string_view role) {
    runtime_.log.info(event, {{"group", config_.name}, {"self", name_of(config_.self)}, {"dledger", role}});
}

// Of a member that has been away: its leader has more than what it sends first.
void Group::tell_of_sync(raft::MemberId leader, PhysicalOffset end) {
    if (node_.leader() != leader || told_of_sync_in_ == node_.term()) return;
    told_of_sync_in_ = node_.term();
    runtime_.log.info("Sync commit log from leader " + name_of(leader),
                      {{"group", config_.name},
                       {"self", name_of(config_.self)},
                       {"dledger", "follower"},
                       {"own_end", store_.commit_log().end().value()},
                       {"leaders_end", end.value()}});
}

// Before the log can say so: of a group that has gone on under another id it says the old one first, and a
// member that took that for its own would not be let in any more.
void Group::adopt_group_of_leader() {
    const auto said = groups_said_.find(*node_.leader());
    if (said == groups_said_.end() || group_id() != GroupId{}) return;
    adopt_group(said->second, node_.term());
}

// What waits may be in the next leader's log, which will tell; but not when there is none to be heard.
void Group::end_reign(raft::Because because) {
    const bool is_cut_off = because == raft::Because::lost_quorum || because == raft::Because::resigned;
    const bool has_begun = std::exchange(reigning_, false);
    reign_opens_at_.reset();
    leaderless_since_ = runtime_.clock.now();
    runtime_.log.warning("reign_ended", {{"epoch", epoch_.value()},
                                         {"lost_quorum", is_cut_off ? "yes" : "no"},
                                         {"waiting", promised_waiting_.size()}});
    catch_up_reads_.forget_all();
    probes_held_.clear();
    if (is_cut_off) drop_waiting_behind(committed_);
    if (has_begun) watcher_.on_reign_ended();
}

void Group::on(const raft::BecomeCandidate& candidate) {
    ++probe_.elections;
    if (node_.members().size() == 1) return;
    const std::string term = ", term=" + std::to_string(candidate.term.value());
    tell_role("Candidate" + term, "candidate");
    tell_role("Request vote from " + name_of(config_.self) + term, "candidate");
}

void Group::on(const raft::Truncate& cut) {
    ++probe_.cuts;
    runtime_.log.warning("diverged_tail_cut",
                         {{"from", cut.to.value()}, {"bytes", store_.commit_log().end() - cut.to}});
    std::erase_if(checksums_known_, [&cut](const auto& known) { return known.second.first > cut.to; });
    if (auto truncated = store_.truncate(cut.to); !truncated) return poison(truncated.error());
    if (auto forgotten = epochs_.cut(cut.to); !forgotten) return poison(forgotten.error());
    drop_waiting_behind(cut.to);
}

Result<> Group::take(const raft::Accept& accept, const store::CheckedRange& received) {
    const auto range = part_of(received, accept.from, accept.to);
    if (!range) return std::unexpected(range.error());
    for (const auto& start : accept.starts) {
        if (auto begun = epochs_.begin(start.term, start.start); !begun) return begun;
    }
    if (auto appended = store_.append_raw(*range); !appended) return appended;
    remember_checksum(config_.self, range->last_at(), range->to());
    ++probe_.ranges_taken;
    probe_.bytes_taken += range->bytes().size();
    return {};
}

// Mostly all of it; not when the log has its front already.
Result<store::CheckedRange> Group::part_of(const store::CheckedRange& range, PhysicalOffset from,
                                           PhysicalOffset to) const {
    if (from == range.from() && to == range.to()) return range;
    const auto bytes = range.bytes().substr(static_cast<std::size_t>(from - range.from()),
                                            static_cast<std::size_t>(to - from));
    return store_.commit_log().check_range(bytes, from);
}

void Group::on(const raft::TransferEnded& transfer) {
    if (transfer.completed && !closed_because_.empty()) ++probe_.given_away_for_disk;
    runtime_.log.info("leadership_transfer_ended",
                      {{"to", name_of(transfer.to)}, {"completed", transfer.completed ? "yes" : "no"}});
}

void Group::on(const raft::MemoryRecovered&) {
    doubts_own_log_ = false;
    MemberState state = vote_file_->state();
    state.memory_lost = false;
    remember(state);
}

// --- Whether it still leads.

namespace {

std::unexpected<Error> leads_no_more() {
    return failure(Errc::service_not_available, "this member does not lead, or not any more");
}

}  // namespace

void Group::when_confirmed(WhenConfirmed done) {
    if (!reigning_ || stopped_) return done(leads_no_more());
    if (is_only_voter()) return done({});
    to_confirm_.push_back(std::move(done));
    if (to_confirm_.size() > 1) return;
    runtime_.executor.post([this, alive = alive_] {
        if (*alive) begin_confirmation();
    });
}

void Group::begin_confirmation() {
    if (poisoned_ || stopped_) return fail_confirmations();
    ++probe_.confirmations;
    const auto token = probe_.confirmations;
    confirming_.emplace(token, std::exchange(to_confirm_, {}));
    node_.confirm_leadership(token, runtime_.clock.now());
    carry_out();
}

void Group::on(const raft::NotConfirmed& not_confirmed) {
    confirmation_ended(not_confirmed.token, leads_no_more());
}

void Group::confirmation_ended(std::uint64_t token, const Result<>& result) {
    const auto ended = confirming_.extract(token);
    if (!ended) return;
    for (auto& done : ended.mapped()) done(result);
}

void Group::fail_confirmations() {
    auto failing = std::exchange(confirming_, {});
    failing[0] = std::exchange(to_confirm_, {});
    for (auto& [token, waiting] : failing)
        for (auto& done : waiting) done(leads_no_more());
}

// --- The leader's bytes.

void Group::feed_members() {
    if (node_.role() != raft::Role::leader || !send_) return;
    const auto& members = node_.members();
    for (std::size_t i = 0, first = fed_first_; i < members.size() && !poisoned_; ++i) {
        const auto& member = members[(first + i) % members.size()];
        if (member.id != config_.self) feed(member.id);
    }
}

void Group::feed(raft::MemberId to) {
    auto& log = store_.commit_log();
    const Instant now = runtime_.clock.now();
    while (auto wanted = node_.next_range(to)) {
        probes_held_.erase(to);  // The core knows the answer by now.
        const bool is_catching_up = is_old(wanted->from);
        const bool is_limited = is_catching_up && is_held_back(to, wanted->from);
        if (is_limited) {
            wanted->limit = std::min(wanted->limit, catch_up_rate_.room(now));
            if (wanted->limit == 0) {
                const auto& members = node_.members();
                const auto place = std::ranges::find(members, to, &raft::Member::id) - members.begin();
                fed_first_ = static_cast<std::size_t>(place);
                return feed_again_later();
            }
        }
        PhysicalOffset read = log.end();
        if (is_catching_up) {
            if (is_damaged(wanted->from, wanted->from + CatchUpReads::read_ahead))
                return;  // Until it is mended.
            wanted->limit = std::min(wanted->limit, catch_up_part);
            // What there is of it: a log that grows faster than it is read must not keep the member waiting.
            read = catch_up_reads_.read_to(to, wanted->from, wanted->from + wanted->limit);
            if (read <= wanted->from) return;
            wanted->limit = std::min(wanted->limit, read - wanted->from);
        } else {
            catch_up_reads_.forget(to);
        }
        const auto range = log.entries_from(wanted->from, wanted->limit);
        if (!range) return poison(range.error());
        const auto size = static_cast<std::int64_t>(range->bytes.size());
        const PhysicalOffset end = wanted->from + size;
        // Its first entry is longer, and may be longer than what is read ahead.
        if (end > read && (!is_catching_up || catch_up_reads_.read_to(to, wanted->from, end) < end)) return;
        send(to, node_.sent(to, wanted->from, end, now), range->bytes);
        remember_checksum(to, range->last_at, end);
        ++probe_.ranges_sent;
        probe_.bytes_sent += range->bytes.size();
        if (is_catching_up) probe_.catch_up_bytes_sent += range->bytes.size();
        if (is_limited) catch_up_rate_.spend(size);
        if (is_catching_up) return arm();  // The next part in another turn: senders come in between.
    }
}

// Far behind, or from an earlier process: it lies on the disk, which may have changed it.
bool Group::is_old(PhysicalOffset at) const {
    const auto& log = store_.commit_log();
    return log.end() - at > config_.catch_up_lag || at < log.opened_at();
}

// Nobody is, without whom there is no majority: what is sent now waits for him.
bool Group::is_held_back(raft::MemberId to, PhysicalOffset from) const {
    if (!catch_up_rate_.limits()) return false;
    const auto voter = std::ranges::find(node_.members(), to, &raft::Member::id);
    if (voter == node_.members().end() || voter->kind != raft::MemberKind::voter) return true;
    std::size_t voters = 0;
    std::size_t ahead = 0;
    for (const auto& member : node_.members()) {
        if (member.kind != raft::MemberKind::voter) continue;
        ++voters;
        const auto* progress = node_.progress(member.id);
        const bool is_there = progress == nullptr || (progress->linked && !progress->recovering);
        if (is_there && (progress == nullptr || progress->next > from)) ++ahead;
    }
    return ahead >= raft::majority_of(voters);
}

void Group::feed_again_later() {
    ++probe_.catch_ups_held_back;
    if (feed_timer_ != 0 || stopped_) return;
    feed_timer_ = runtime_.timers.after(catch_up_rate_.until_room(), [this] {
        feed_timer_ = 0;
        for (auto& [to, sending] : sending_) send_part(to, sending);
        arm();
    });
}

void Group::read_for_catch_up(raft::MemberId to, const Result<>& read) {
    if (!read) return poison(read.error());
    probe_.catch_up_bytes_read = catch_up_reads_.bytes_read();
    if (const auto probe = probes_held_.extract(to)) send(to, probe.mapped(), {});
    arm();
}

void Group::send(raft::MemberId to, const raft::Message& message, std::string_view range) {
    if (!send_ || poisoned_) return;
    RaftFrame frame{.message = message, .crc_before = 0, .range = range};
    if (const auto* append = std::get_if<raft::Append>(&message)) {
        const bool is_probe = append->from == append->to;
        const PhysicalOffset needed = std::min(append->from, store_.commit_log().written());
        if (is_probe && is_old(append->from) && catch_up_reads_.read_to(to, needed, needed) < needed) {
            probes_held_.insert_or_assign(to, *append);
            return;
        }
        frame.crc_before = checksum_before(append->from, to);
    }
    (void)send_(to, frame);  // Without a link it is lost, as on a network.
}

// Of the entry that ends there; 0 at the log's begin.
std::uint32_t Group::checksum_before(PhysicalOffset at, raft::MemberId member) const {
    auto& known = checksums_known_[member];
    if (at == known.first) return known.second;
    const auto before = store_.commit_log().entry_before(at);
    if (!before) return 0;
    const auto checksum = store_.commit_log().entry_checksum(*before);
    if (checksum) known = {at, *checksum};
    return checksum.value_or(0);
}

// The next range for that member most likely goes on there: the entry need not be looked for then.
void Group::remember_checksum(raft::MemberId member, PhysicalOffset entry, PhysicalOffset end) {
    if (const auto checksum = store_.commit_log().entry_checksum(entry))
        checksums_known_[member] = {end, *checksum};
}

// Where terms differ the core cuts; where they do not the bytes have to be the same. A leader whose log
// begins there cannot say; nor can this member when its disk has changed the entries before.
bool Group::follows_own_log(const raft::Append& append, std::uint32_t checksum) {
    const auto& log = store_.commit_log();
    if (append.from <= log.begin() || append.from > log.end() || checksum == 0) return true;
    if (append.from > committed_ && node_.terms().term_before(append.from) != append.term_before) return true;
    const auto own = checksum_before(append.from, config_.self);
    if (own == 0 && append.from <= log.opened_at()) {
        store_.scrub().compare_soon();
        return true;
    }
    return own == checksum;
}

// A loss of power may leave a record whose body is whole and whose head is not: no start can tell. Terms
// agree there, and one leader wrote it, so the bytes that came back from the disk are the wrong ones. The
// leader has them, and says so again until they are forgotten here.
void Group::doubt_own_log(std::optional<PhysicalOffset> entry, PhysicalOffset place) {
    ++probe_.ranges_refused;
    if (!doubts_own_log_) {
        MemberState state = vote_file_->state();
        state.memory_lost = true;
        return vote_file_->write(state, [this, alive = alive_](const Result<>& written) {
            if (!*alive) return;
            if (!written) return poison(written.error());
            doubts_own_log_ = true;
        });
    }
    if (!entry || !forget_damaged(*entry))
        runtime_.log.error(
            "record_differs",
            {{"at", place.value()}, {"why", "it is another one at the leader, and committed here"}});
}

bool Group::forget_damaged(PhysicalOffset entry) {
    if (!node_.forget_damaged(entry, runtime_.clock.now())) return false;
    ++probe_.damaged_forgotten;
    runtime_.log.warning("damaged_record_forgotten", {{"offset", entry.value()}});
    carry_out();
    return true;
}

// --- What others ask.

// Slaves that have the log up to there, as far as they may promise it. One that nobody has heard is none.
int Group::slaves_at(PhysicalOffset end) const {
    return static_cast<int>(std::ranges::count_if(node_.members(), [&](const raft::Member& member) {
        const auto* progress = node_.progress(member.id);
        return progress != nullptr && progress->linked && progress->incarnation != raft::Incarnation{} &&
               progress->written >= end;
    }));
}

// This member's copy is one.
int Group::in_sync() const {
    return 1 + slaves_at(store_.commit_log().end() - config_.slave_lag_max);
}

void Group::note_caught_up() {
    if (!config_.replicas.all_in_sync) return;
    for (const auto& member : node_.members()) {
        const auto* progress = node_.progress(member.id);
        if (progress == nullptr) continue;
        if (!progress->linked || progress->incarnation == raft::Incarnation{})
            caught_up_.erase(member.id);
        else if (progress->written >= committed_)
            caught_up_.insert(member.id);
    }
}

bool Group::all_in_sync_have(PhysicalOffset end) const {
    const PhysicalOffset least = store_.commit_log().end() - config_.slave_lag_max;
    return std::ranges::all_of(caught_up_, [&](raft::MemberId id) {
        const auto* progress = node_.progress(id);
        return progress->written >= end || progress->written < least;
    });
}

std::vector<MemberStatus> Group::members() const {
    std::vector<MemberStatus> all;
    const auto& log = store_.commit_log();
    for (const auto& member : node_.members()) {
        MemberStatus status{.id = member.id, .kind = member.kind};
        if (member.id == config_.self) {
            status.linked = true;
            status.matched = log.end();
            status.written = log.written();
            status.durable = log.flushed();
        } else if (const auto* progress = node_.progress(member.id)) {
            status.linked = progress->linked;
            status.matched = progress->matched;
            status.written = progress->written;
            status.durable = progress->durable;
            status.next = progress->next;
        }
        all.push_back(status);
    }
    return all;
}

Result<> Group::transfer_leadership(std::optional<raft::MemberId> to) {
    const Instant now = runtime_.clock.now();
    auto begun = to ? node_.transfer_to(*to, now) : node_.step_down(now);
    carry_out();
    return begun;
}

}  // namespace tern::replication
