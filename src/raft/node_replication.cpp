// The leader's side of the log: what each member is sent, what it has, and what is committed (5.3, 5.4.2).
#include <algorithm>
#include <string>

#include "base/assert.hpp"
#include "raft/node.hpp"

namespace tern::raft {

Result<> Node::may_propose() const {
    if (role_ != Role::leader)
        return failure(
            Errc::service_not_available,
            leader_ ? "not the leader: " + std::to_string(leader_->value()) : "no leader is known");
    if (transfer_)
        return failure(Errc::busy,
                       "the leadership is handed over to " + std::to_string(transfer_->to.value()));
    return {};
}

void Node::appended(LogOffset end) {
    TERN_ASSERT(role_ == Role::leader && end > end_);
    if (terms_.last() < term_) terms_.append({term_, end_});
    end_ = end;
}

std::optional<Range> Node::next_range(MemberId peer) {
    const auto found = peers_.find(peer);
    if (role_ != Role::leader || found == peers_.end()) return std::nullopt;
    auto& progress = found->second;
    if (progress.next < begin_ && progress.state != Progress::State::snapshot) probe(peer, progress);
    if (progress.next >= end_) return std::nullopt;
    const auto room = progress.room(config_.quorum, config_.append_bytes_max, config_.in_flight_bytes_max);
    if (room == 0) return std::nullopt;
    return Range{progress.next, std::min(room, end_ - progress.next)};
}

Append Node::sent(MemberId peer, LogOffset from, LogOffset to, Instant now) {
    at(now);
    auto& progress = peers_.at(peer);
    TERN_ASSERT(from == progress.next && from < to && to <= end_);
    progress.sent(to, now_);
    return make_append(peer, progress, from, to);
}

Append Node::make_append(MemberId peer, const Progress& progress, LogOffset from, LogOffset to) const {
    return {.term = term_,
            .from = from,
            .to = to,
            .term_before = terms_.term_before(from),
            .starts = terms_.between(from, to),
            .committed = committed_for(peer),
            .end = end_,
            .incarnation = progress.incarnation};
}

// What a learner holds is no part of any quorum: where a quorum is made of memory, the leader's machine may
// take with it what only the learner has then. It takes for certain what the leader's disk has, too.
LogOffset Node::committed_for(MemberId peer) const {
    return is_voter(peer) ? committed_ : std::min(committed_, durable_);
}

// Asks whether the logs agree up to the next place. Below the begin of this log only a snapshot helps.
void Node::probe(MemberId peer, Progress& progress) {
    if (progress.next < begin_) {
        progress.state = Progress::State::snapshot;
        outputs_.push_back(SnapshotNeeded{peer});
        return;
    }
    progress.probe_sent_at = now_;
    send(peer, make_append(peer, progress, progress.next, progress.next));
}

void Node::heartbeat() {
    for (const auto& [peer, progress] : peers_)
        send(peer, Heartbeat{term_, committed_for(peer), end_, progress.incarnation, round_});
}

void Node::resend_what_was_lost() {
    for (auto& [peer, progress] : peers_) {
        const bool lost = progress.state == Progress::State::replicating &&
                          progress.next > progress.matched &&
                          now_ - progress.advanced_at >= config_.append_timeout;
        if (lost) progress.lost_in_flight(end_);
        const bool unasked =
            !progress.probe_sent_at || now_ - *progress.probe_sent_at >= config_.append_timeout;
        if (progress.state == Progress::State::probing && unasked) probe(peer, progress);
    }
}

// What both kinds of answer have in common; null when there is nothing more to do with it.
Progress* Node::hear(MemberId from, Term term, const Holding& holding) {
    if (term > term_) {
        become_follower(term, std::nullopt, Because::newer_term);
        return nullptr;
    }
    const auto found = peers_.find(from);
    if (term < term_ || role_ != Role::leader || found == peers_.end()) return nullptr;
    auto& progress = found->second;
    // A stalled disk holds up votes, and with them all that its member would say.
    const auto stalled_for = std::max(progress.waits_for_disk(now_), progress.is_silent_for(now_));
    if (stalled_for > config_.disk_patience) quarantined_[from] = now_;
    progress.heard_at = now_;
    const auto matched = progress.matched;
    progress.hear(holding, now_);
    if (progress.matched > matched) progress.advanced_at = now_;
    return &progress;
}

void Node::on(MemberId from, const AppendReply& reply) {
    auto* progress = hear(from, reply.term, reply.holding);
    if (progress == nullptr) return;
    if (reply.accepted) {
        if (reply.to <= progress->matched) progress->agrees();
    } else {
        // A question that is still open was refused; anything else is an answer that came late.
        const bool expected = progress->state == Progress::State::probing ? reply.from == progress->next
                                                                          : reply.from < progress->next;
        if (expected && progress->state != Progress::State::snapshot && reply.from > progress->matched)
            back_off(from, *progress, std::min(reply.hint, reply.from), reply.hint_term);
    }
    maybe_commit();
    hand_over_if_caught_up();
}

// To the last place where the logs can agree, a term at a time (5.3, end).
void Node::back_off(MemberId peer, Progress& progress, LogOffset hint, Term hint_term) {
    progress.probe_from(std::max(terms_.last_end_of(hint_term, std::min(hint, end_)), progress.matched));
    probe(peer, progress);
}

void Node::snapshot_done(MemberId peer, LogOffset at, Instant now) {
    this->at(now);
    const auto found = peers_.find(peer);
    if (found == peers_.end() || found->second.state != Progress::State::snapshot) return;
    found->second.probe_from(at);
    probe(peer, found->second);
}

void Node::snapshot_failed(MemberId peer, Instant now) {
    this->at(now);
    const auto found = peers_.find(peer);
    if (found == peers_.end() || found->second.state != Progress::State::snapshot) return;
    found->second.probe_from(begin_);  // Refused again if the member still needs one.
}

void Node::on(MemberId from, const HeartbeatReply& reply) {
    auto* progress = hear(from, reply.term, reply.holding);
    if (progress == nullptr) return;
    progress->confirmed_round = std::max(progress->confirmed_round, reply.round);
    maybe_commit();
    hand_over_if_caught_up();
    settle_confirmations();
}

// 5.4.2: only a place that this leader's own term has written is committed by counting; what came before it
// is committed with it.
void Node::maybe_commit() {
    if (role_ != Role::leader) return;
    counted_.clear();
    if (is_voter(self_)) counted_.push_back(config_.quorum == QuorumPolicy::written ? written_ : durable_);
    for (const auto& [peer, progress] : peers_)
        if (is_voter(peer)) counted_.push_back(progress.counted(config_.quorum));
    std::ranges::sort(counted_, std::greater{});
    const auto agreed = counted_[majority() - 1];
    if (agreed > committed_ && terms_.term_before(agreed) == term_) commit(agreed);
}

void Node::commit(LogOffset end) {
    if (end <= committed_) return;
    committed_ = end;
    outputs_.push_back(Committed{committed_});
    settle_confirmations();
}

}  // namespace tern::raft
