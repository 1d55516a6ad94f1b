// The follower's side of the log: what it takes from the leader, cuts, and acknowledges (5.3).
#include <algorithm>

#include "base/assert.hpp"
#include "raft/node.hpp"

namespace tern::raft {

bool Node::is_plausible(const Append& append) {
    if (append.from < LogOffset{} || append.to < append.from) return false;
    if (!TermTable::rises(append.starts)) return false;
    if (append.starts.empty()) return true;
    return append.starts.front().start >= append.from && append.starts.back().start < append.to &&
           append.starts.front().term > append.term_before && append.starts.back().term <= append.term;
}

// False when the sender is no leader of this term. A newer term is adopted on the way.
bool Node::follow(MemberId leader, Term term) {
    if (term < term_) return false;
    if (term == term_ && role_ == Role::leader) return false;  // Not one of this group.
    if (term == term_ && leader_ && *leader_ != leader) return false;
    const bool known = term == term_ && leader_ == leader;
    if (!known) become_follower(term, leader, Because::follows_leader);
    role_ = Role::follower;
    leader_link_lost_ = false;
    leader_heard_at_ = now_;
    retry_ = retry_after_lost_vote();
    arm_election(election_timeout());
    return true;
}

void Node::on(MemberId from, const Append& append) {
    if (!is_plausible(append)) return;
    if (!follow(from, append.term)) {
        // The sender learns the newer term from the answer, and steps down.
        if (append.term < term_)
            send(from, AppendReply{term_, append.from, append.to, holding(), false, {}, {}});
        return;
    }
    // What is committed is in every later leader's log (5.4.3): below that there is nothing to check, and
    // terms may not reach back that far.
    const bool agrees = append.from <= committed_ ||
                        (append.from <= sure_end() && terms_.term_before(append.from) == append.term_before);
    if (!agrees) return refuse(from, append);
    const auto common = common_end(append);
    if (common < append.to) take(append, common);
    matched_ = std::max(matched_, append.to);
    trust(append.to);
    learn(append.end, append.committed, append.incarnation);
    // What is new is acknowledged once it is stored; a question, or what is there already, now.
    if (common == append.to) {
        send(from, AppendReply{term_, append.from, append.to, holding(), true, {}, {}});
        acknowledged_ = std::max(
            acknowledged_, config_.quorum == QuorumPolicy::written ? holding().written : holding().durable);
    }
}

// The hint: the last place at which this log's terms are not above the one asked for. Everything behind it
// differs from the leader's.
void Node::refuse(MemberId to, const Append& append) {
    const auto hint = terms_.last_end_of(append.term_before, std::min(append.from, sure_end()));
    send(to, AppendReply{term_, append.from, append.to, holding(), false, hint, terms_.term_before(hint)});
}

// The end of what this log has of the range already. Two logs with a byte of one term at one place are the
// same up to there (5.3), so terms tell.
LogOffset Node::common_end(const Append& append) const {
    const TermTable theirs{append.starts};
    const auto limit = std::min(append.to, end_);
    auto place = std::min(std::max(append.from, committed_), append.to);
    while (place < limit) {
        const auto theirs_begin = !append.starts.empty() && append.starts.front().start <= place;
        const auto their_term = theirs_begin ? theirs.term_at(place) : append.term_before;
        if (their_term != terms_.term_at(place)) break;
        auto next = limit;
        if (const auto start = theirs.next_start(place)) next = std::min(next, *start);
        if (const auto start = terms_.next_start(place)) next = std::min(next, *start);
        place = next;
    }
    return place;
}

void Node::cut(LogOffset to) {
    TERN_ASSERT(to >= committed_);
    terms_.truncate(to);
    end_ = to;
    written_ = std::min(written_, to);
    durable_ = std::min(durable_, to);
    if (doubted_from_ && *doubted_from_ >= end_) doubted_from_.reset();
    ++cuts_;
    outputs_.push_back(Truncate{to});
}

bool Node::forget_damaged(LogOffset from, Instant now) {
    at(now);
    if (role_ != Role::follower || from < std::max(committed_, matched_) || from >= end_) return false;
    recovering_ = true;
    recovered_at_.reset();
    cut(from);
    return true;
}

void Node::trust(LogOffset to) {
    if (doubted_from_ && *doubted_from_ < to) doubted_from_ = to;
    if (doubted_from_ && *doubted_from_ >= end_) doubted_from_.reset();
}

void Node::take(const Append& append, LogOffset common) {
    if (common < end_) cut(common);
    std::vector<TermStart> starts;
    for (const auto& start : append.starts)
        if (start.start >= common) starts.push_back(start);
    // An own tail of the older term may end where the leader's next term begins: that start is new here.
    for (const auto& start : starts) terms_.append(start);
    end_ = append.to;
    outputs_.push_back(Accept{common, append.to, std::move(starts)});
}

void Node::on(MemberId from, const Heartbeat& beat) {
    if (follow(from, beat.term)) {
        learn(beat.end, beat.committed, beat.incarnation);
    } else if (beat.term >= term_) {
        return;
    }
    send(from, HeartbeatReply{term_, beat.round, holding()});
}

void Node::learn(LogOffset leader_end, LogOffset committed, Incarnation incarnation) {
    // Of the leader's log this member may believe only what it knows to have.
    commit(std::min(committed, matched_));
    // The leader has seen this life of the member, so its log reaches at least as far as anything that the
    // former life had acknowledged.
    if (recovering_ && incarnation == incarnation_ && !recovered_at_) recovered_at_ = leader_end;
    maybe_recover();
}

void Node::maybe_recover() {
    const auto held = config_.quorum == QuorumPolicy::written ? written_ : durable_;
    if (!recovering_ || !recovered_at_ || std::min(held, matched_) < *recovered_at_) return;
    recovering_ = false;
    outputs_.push_back(MemoryRecovered{});
}

Holding Node::holding() const {
    return {matched_, std::min(written_, matched_), std::min(durable_, matched_), recovering_, incarnation_};
}

// Tells the leader as soon as what the policy asks for has moved.
void Node::acknowledge() {
    const auto held = holding();
    const auto reached = config_.quorum == QuorumPolicy::written ? held.written : held.durable;
    if (role_ == Role::leader || !leader_ || reached <= acknowledged_) return;
    send(*leader_, AppendReply{term_, acknowledged_, reached, held, true, {}, {}});
    acknowledged_ = reached;
}

void Node::written(Stored stored) {
    if (stored.cuts != cuts_) return;
    written_ = std::max(written_, std::min(stored.end, end_));
    if (role_ == Role::leader) return maybe_commit();
    maybe_recover();
    acknowledge();
}

void Node::durable(Stored stored) {
    if (stored.cuts != cuts_) return;
    durable_ = std::max(durable_, std::min(stored.end, end_));
    written_ = std::max(written_, durable_);
    if (role_ == Role::leader) return maybe_commit();
    maybe_recover();
    acknowledge();
}

bool Node::needs_snapshot(LogOffset at, Term last_term) const {
    if (role_ == Role::leader || at <= committed_) return false;
    return at > end_ || terms_.term_before(at) != last_term;
}

void Node::snapshot_installed(LogOffset at, TermTable terms) {
    TERN_ASSERT(needs_snapshot(at, terms.term_before(at)));
    terms_ = std::move(terms);
    begin_ = end_ = written_ = durable_ = at;
    doubted_from_.reset();
    matched_ = std::min(matched_, at);
    ++cuts_;
    commit(at);
}

}  // namespace tern::raft
