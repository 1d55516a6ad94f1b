#include "raft/node.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace tern::raft {
namespace {

constexpr std::int64_t fruitless_terms =
    8;                                  // After so many without a leader elections take once more as long,
constexpr std::int64_t longer_max = 8;  // up to this.

}  // namespace

Node::Node(MemberId self, std::vector<Member> members, const Config& config, Random& random)
    : self_{self}, members_{std::move(members)}, config_{config}, random_{random} {
    TERN_ASSERT(config_.check() && member(self_) != nullptr);
}

void Node::start(StartState state, Instant now) {
    at(now);
    TERN_ASSERT(state.begin <= state.end && state.durable <= state.end);
    started_at_ = now_;
    // Bytes of a term may have reached the disk before the term itself did: an acknowledgement would have
    // waited, the bytes did not.
    term_ = std::max(state.term, state.terms.last());
    leader_term_ = term_;
    vote_ = term_ == state.term ? state.vote : std::nullopt;
    begin_ = state.begin;
    end_ = written_ = state.end;
    durable_ = state.durable;
    committed_ = std::max(state.committed, state.begin);
    terms_ = std::move(state.terms);
    terms_.truncate(end_);
    incarnation_ = Incarnation{random_.next() | 1};
    recovering_ = state.memory_lost;
    if (state.doubted_from && *state.doubted_from < end_)
        doubted_from_ = std::max(*state.doubted_from, committed_);
    if (term_ != state.term) persist();
    become_follower(term_, std::nullopt, Because::started);
    // Nobody else to wait for.
    if (is_only_voter()) arm_election(0ms);
}

void Node::took_back(LogOffset end, const std::vector<TermStart>& starts) {
    TERN_ASSERT(waits_for_lost_tail() && end > end_);
    for (const auto& start : starts) terms_.append(start);
    end_ = end;
}

void Node::memory_made_good(Instant now) {
    at(now);
    TERN_ASSERT(waits_for_lost_tail());
    recovering_ = false;
    outputs_.push_back(MemoryRecovered{});
    arm_election(0ms);
}

void Node::tick(Instant now) {
    at(now);
    if (role_ == Role::leader) return tick_leader();
    if (is_voter(self_) && !waits_for_lost_tail() && now_ >= election_deadline_) begin_pre_vote();
}

Instant Node::next_deadline() const {
    if (role_ != Role::leader)
        return is_voter(self_) && !waits_for_lost_tail() ? election_deadline_ : Instant::max();
    if (peers_.empty()) return Instant::max();
    Instant next = std::min({heartbeat_at_, prefer_at_, quorum_deadline()});
    if (transfer_) next = std::min(next, transfer_->deadline);
    return next;
}

void Node::receive(MemberId from, const Message& message, Instant now) {
    at(now);
    if (from == self_) return;
    unlinked_.erase(from);
    heard_at_[from] = now_;
    std::visit([&](const auto& m) { on(from, m); }, message);
}

void Node::link_lost(MemberId peer, Instant now) {
    at(now);
    unlinked_.insert(peer);
    resigned_.erase(peer);
    if (role_ == Role::leader) {
        if (const auto found = peers_.find(peer); found != peers_.end()) {
            found->second.linked = false;
            found->second.lost_in_flight(end_);
        }
        if (transfer_ && transfer_->to == peer && !transfer_->told) abandon_transfer();
        return;
    }
    if (leader_ != peer || leader_link_lost_) return;  // Refused again: nothing new.
    leader_link_lost_ = true;
    retry_ = retry_after_lost_vote();
    const auto jitter = static_cast<std::uint64_t>(config_.link_lost_jitter.count());
    election_deadline_ = std::min(election_deadline_,
                                  std::max(stands_back_until_, now_ + Duration{random_.below(jitter + 1)}));
}

void Node::link_up(MemberId peer, Instant now) {
    at(now);
    unlinked_.erase(peer);
    const auto found = peers_.find(peer);
    if (role_ != Role::leader || found == peers_.end()) return;
    found->second.linked_at = now_;
    if (std::exchange(found->second.linked, true)) return;
    if (found->second.state == Progress::State::probing) probe(peer, found->second);
}

void Node::vote_persisted(Term term, std::optional<MemberId> vote, Instant now) {
    at(now);
    if (!persisting_ || term != term_ || vote != vote_) return;  // A newer one is on its way.
    persisting_ = false;
    for (auto& send : std::exchange(held_, {})) outputs_.push_back(std::move(send));
    if (role_ == Role::candidate) count_vote(self_, Refusal::none, recovering_);
}

void Node::begin_moved(LogOffset begin) {
    TERN_ASSERT(begin <= committed_);
    begin_ = std::max(begin_, begin);
}

Result<> Node::configure(const Config& config) {
    if (auto checked = config.check(); !checked) return checked;
    if (config.quorum != config_.quorum)
        return failure(Errc::invalid_argument,
                       "raft: the quorum's policy changes only while the group is stopped");
    config_ = config;
    // Who shortens the followers' patience next must not wait for the old interval.
    heartbeat_at_ = std::min(heartbeat_at_, now_ + config_.heartbeat_interval);
    return {};
}

void Node::add_learner(MemberId id, Instant now) {
    at(now);
    if (member(id) != nullptr) return;
    members_.push_back({.id = id, .kind = MemberKind::learner});
    if (role_ == Role::leader) peers_.emplace(id, Progress{end_, now_});
}

// Terms and votes are durable before any message that may tell of them (figure 2): one that leaves while a
// Persist runs waits for it.
void Node::send(MemberId to, Message message) {
    if (persisting_) {
        held_.push_back({to, std::move(message)});
    } else {
        outputs_.push_back(Send{to, std::move(message)});
    }
}

void Node::persist() {
    persisting_ = true;
    for (auto& output : outputs_) {
        if (auto* pending = std::get_if<Persist>(&output)) {
            *pending = {term_, vote_};
            return;
        }
    }
    outputs_.push_back(Persist{term_, vote_});
}

void Node::adopt(Term term) {
    TERN_ASSERT(term > term_);
    term_ = term;
    vote_.reset();
    leader_.reset();
    held_.clear();  // Of an older term: nobody would heed it.
    matched_ = acknowledged_ = LogOffset{};
    recovered_at_.reset();
}

void Node::become_follower(Term term, std::optional<MemberId> leader, Because because) {
    if (role_ == Role::leader) {
        fail_confirmations();
        if (transfer_) {
            if (transfer_->told) {
                handed_to_ = std::exchange(transfer_, {})->to;
            } else {
                abandon_transfer();
            }
        }
        peers_.clear();
    }
    if (term > term_) {
        adopt(term);
        persist();
    }
    role_ = Role::follower;
    leader_ = leader;
    if (leader_) leader_term_ = term_;
    retry_ = retry_after_lost_vote();
    leader_link_lost_ = false;
    arm_election(election_timeout());
    outputs_.push_back(BecomeFollower{term_, leader_, because});
    if (leader_ && handed_to_)
        outputs_.push_back(TransferEnded{*handed_to_, *std::exchange(handed_to_, {}) == *leader_});
}

Duration Node::election_timeout() {
    // Votes that come too late again and again, because disks are slow, come in time once all wait for
    // longer.
    const auto longer = 1 + std::min<std::int64_t>((term_ - leader_term_) / fruitless_terms, longer_max - 1);
    const auto spread = longer * config_.election_timeout_max - config_.election_timeout_min;
    const auto drawn = Duration{random_.below(static_cast<std::uint64_t>(spread.count()) + 1)};
    return std::max(config_.election_timeout_min + drawn, stands_back_until_ - now_);
}

const Member* Node::member(MemberId id) const {
    const auto found = std::ranges::find(members_, id, &Member::id);
    return found == members_.end() ? nullptr : &*found;
}

bool Node::is_voter(MemberId id) const {
    const auto* found = member(id);
    return found != nullptr && found->kind == MemberKind::voter;
}

std::vector<MemberId> Node::other_voters() const {
    std::vector<MemberId> voters;
    for (const auto& other : members_)
        if (other.id != self_ && other.kind == MemberKind::voter) voters.push_back(other.id);
    return voters;
}

std::size_t Node::majority() const {
    return majority_of(
        static_cast<std::size_t>(std::ranges::count(members_, MemberKind::voter, &Member::kind)));
}

const Progress* Node::progress(MemberId peer) const {
    const auto found = peers_.find(peer);
    return found == peers_.end() ? nullptr : &found->second;
}

}  // namespace tern::raft
