// Who leads: pre-vote, vote, and the take-over on the leader's own wish (5.2, 5.4.1;
// thesis 3.10, 4.2.3, 9.6).
#include <algorithm>

#include "base/assert.hpp"
#include "raft/node.hpp"

namespace tern::raft {

void Node::begin_pre_vote() {
    role_ = Role::pre_candidate;
    arm_election(election_timeout());
    ask_for_votes(true, false);
    count_vote(self_, Refusal::none, recovering_);
}

void Node::campaign(bool transfer) {
    adopt(term_ + 1);
    vote_ = self_;
    role_ = Role::candidate;
    arm_election(election_timeout());
    outputs_.push_back(BecomeCandidate{term_});
    persist();  // The own vote counts once it is durable, too: vote_persisted().
    ask_for_votes(false, transfer);
}

void Node::ask_for_votes(bool pre, bool transfer) {
    granted_.clear();
    granted_recovering_.clear();
    refused_.clear();
    const VoteRequest request{pre ? term_ + 1 : term_, terms_.term_before(end_), end_, pre, transfer};
    for (const auto voter : other_voters()) send(voter, request);
}

// Heard within the shortest time-out and not known to be gone: then no other leader is needed (thesis 4.2.3).
bool Node::leader_is_alive(Instant now) const {
    if (role_ == Role::leader) return true;
    return leader_ && !leader_link_lost_ && now - leader_heard_at_ < config_.election_timeout_min;
}

bool Node::is_cut_off(Instant now) const {
    const Duration silence = config_.election_timeout_max * 3 / 2;
    if (!is_voter(self_) || leader_is_alive(now) || now - started_at_ < silence) return false;
    const auto is_heard = [&](const Member& member) {
        const auto heard = heard_at_.find(member.id);
        return member.kind == MemberKind::voter &&
               (member.id == self_ || (heard != heard_at_.end() && now - heard->second < silence));
    };
    return static_cast<std::size_t>(std::ranges::count_if(members_, is_heard)) < majority();
}

Refusal Node::judge(MemberId from, const VoteRequest& request) {
    // A candidate's term says nothing while a leader is alive: it is not even adopted.
    if (leader_is_alive(now_) && !request.transfer) return Refusal::leader_alive;
    if (request.pre) {
        if (request.term <= term_) return Refusal::old_term;
    } else {
        if (request.term < term_) return Refusal::old_term;
        if (request.term > term_) become_follower(request.term, std::nullopt, Because::newer_term);
        if (vote_ && *vote_ != from) return Refusal::voted_for_other;
    }
    // 5.4.1: the term of the last entry first, then the length.
    const auto own_last_term = terms_.term_before(end_);
    const bool up_to_date =
        request.last_term > own_last_term || (request.last_term == own_last_term && request.end >= end_);
    // Of two that ask at the same time with equal logs one goes on, so that votes are not split.
    const bool equal = request.last_term == own_last_term && request.end == end_;
    if (request.pre && equal && role_ == Role::pre_candidate && from < self_) return Refusal::asks_itself;
    return up_to_date ? Refusal::none : Refusal::log_behind;
}

void Node::on(MemberId from, const VoteRequest& request) {
    if (!is_voter(self_)) return;
    const auto refusal = judge(from, request);
    if (refusal == Refusal::none) {
        if (!request.pre && !vote_) {
            vote_ = from;
            persist();
        }
        // The one that asked goes first: whoever was about to ask, too, would only split the votes.
        if (role_ == Role::pre_candidate) role_ = Role::follower;
        arm_election(request.pre ? std::max(election_deadline_ - now_, config_.link_lost_jitter)
                                 : election_timeout());
    }
    send(from, VoteReply{request.term, request.pre, term_, refusal, recovering_});
}

void Node::on(MemberId from, const VoteReply& reply) {
    if (reply.term > term_) {
        become_follower(reply.term, std::nullopt, Because::newer_term);
        // The question came from an old term, which says nothing against this member: it asks again soon.
        if (reply.pre) arm_election(election_timeout() - config_.election_timeout_min);
        return;
    }
    const bool of_this_round = reply.pre ? role_ == Role::pre_candidate && reply.asked == term_ + 1
                                         : role_ == Role::candidate && reply.asked == term_;
    if (of_this_round && is_voter(from)) count_vote(from, reply.refusal, reply.recovering);
}

void Node::count_vote(MemberId voter, Refusal refusal, bool recovering) {
    if (refusal != Refusal::none) {
        refused_.insert(voter);
    } else {
        (recovering ? granted_recovering_ : granted_).insert(voter);
    }
    if (has_won()) {
        role_ == Role::pre_candidate ? campaign(false) : become_leader();
    } else if (!can_win() && refused_.contains(voter)) {
        // Nothing to wait for. It asks again soon, but not together with whoever lost with it, and less and
        // less often: a leader whose connection closed here may be alive for all others.
        const auto soon = retry_ + Duration{random_.below(static_cast<std::uint64_t>(2 * retry_.count()))};
        arm_election(std::max(stands_back_until_ - now_, std::min(election_deadline_ - now_, soon)));
        retry_ = std::min(2 * retry_, config_.election_timeout_max);
    }
}

// A majority of members that remember what they acknowledged; or every member, whatever it has lost: then the
// log that wins is the longest that is left anywhere.
bool Node::has_won() const {
    const auto voters = other_voters().size() + 1;
    return granted_.size() >= majority() || granted_.size() + granted_recovering_.size() == voters;
}

// Of those who have not answered, the ones without a link will not.
bool Node::can_win() const {
    std::size_t possible = 1;
    for (const auto voter : other_voters()) {
        const bool has_granted = granted_.contains(voter) || granted_recovering_.contains(voter);
        if (has_granted || (!refused_.contains(voter) && !unlinked_.contains(voter))) ++possible;
    }
    return possible >= majority();
}

void Node::on(MemberId from, const TimeoutNow& message) {
    if (message.term != term_ || leader_ != from || role_ == Role::leader || recovering_) return;
    if (!is_voter(self_) || !may_take_over_) return;
    resigned_[from] = now_;
    campaign(true);
}

void Node::become_leader() {
    TERN_ASSERT(vote_ == self_ && !persisting_);
    role_ = Role::leader;
    leader_ = self_;
    leader_term_ = term_;
    doubted_from_.reset();
    if (std::exchange(recovering_, false))
        outputs_.push_back(MemoryRecovered{});  // All gave their vote: this log is the longest that is left.
    peers_.clear();
    for (const auto& other : members_)
        if (other.id != self_) peers_.emplace(other.id, Progress{end_, now_});
    round_ = round_confirmed_ = 0;
    prefer_at_ = now_ + config_.preferred_interval;
    if (handed_to_) outputs_.push_back(TransferEnded{*std::exchange(handed_to_, {}), false});
    outputs_.push_back(BecomeLeader{term_, end_});
    heartbeat_at_ = now_ + config_.heartbeat_interval;
    heartbeat();
}

}  // namespace tern::raft
