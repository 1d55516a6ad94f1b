// Staying the leader, knowing that one still is, and giving it away (thesis 3.10, 6.2, 6.4).
#include <algorithm>
#include <string>

#include "base/assert.hpp"
#include "raft/node.hpp"

namespace tern::raft {

void Node::tick_leader() {
    if (now_ >= quorum_deadline()) return become_follower(term_, std::nullopt, Because::lost_quorum);
    if (transfer_ && now_ >= transfer_->deadline) {
        const bool steps_down = transfer_->steps_down_then;
        abandon_transfer();
        if (steps_down) {
            stands_back_until_ = now_ + 2 * config_.election_timeout_max;
            return become_follower(term_, std::nullopt, Because::resigned);
        }
    }
    if (now_ >= prefer_at_) prefer_another();
    if (now_ >= heartbeat_at_) {
        heartbeat_at_ = now_ + config_.heartbeat_interval;
        resend_what_was_lost();
        heartbeat();
    }
}

// When the answers of a majority are as old as an election time-out: others may have a leader by then.
Instant Node::quorum_deadline() const {
    if (is_only_voter()) return Instant::max();
    std::vector<Instant> heard;
    if (is_voter(self_)) heard.push_back(now_);
    for (const auto& [peer, progress] : peers_)
        if (is_voter(peer)) heard.push_back(progress.heard_at);
    std::ranges::sort(heard, std::greater{});
    return heard[majority() - 1] + config_.election_timeout_max;
}

Result<> Node::transfer_to(MemberId peer, Instant now) {
    at(now);
    const auto refused = [&](const char* why) {
        return failure(Errc::service_not_available, why + std::string{": "} + std::to_string(peer.value()));
    };
    if (role_ != Role::leader) return refused("not the leader, so it cannot be handed over to");
    const auto found = peers_.find(peer);
    if (found == peers_.end() || !is_voter(peer)) return refused("no voting member");
    if (found->second.recovering) return refused("has lost its memory and not caught up");
    if (!found->second.linked) return refused("not connected");
    if (transfer_) return refused("a hand-over is running already, to another than");
    transfer_ = Transfer{peer, now_ + config_.transfer_timeout};
    hand_over_if_caught_up();
    return {};
}

void Node::hand_over_if_caught_up() {
    if (role_ != Role::leader || !transfer_ || transfer_->told) return;
    const auto& progress = peers_.at(transfer_->to);
    if (progress.matched != end_ || progress.recovering) return;
    transfer_->told = true;
    send(transfer_->to, TimeoutNow{term_});
}

void Node::abandon_transfer() {
    outputs_.push_back(TransferEnded{std::exchange(transfer_, {})->to, false});
}

Result<> Node::step_down(Instant now) {
    at(now);
    if (role_ != Role::leader) return failure(Errc::service_not_available, "not the leader");
    const MemberId* best = nullptr;
    for (const auto& [peer, progress] : peers_) {
        if (is_healthy(peer) && (best == nullptr || progress.matched > peers_.at(*best).matched))
            best = &peer;
    }
    if (best == nullptr) return failure(Errc::service_not_available, "no healthy member to hand over to");
    if (!transfer_) {
        if (auto begun = transfer_to(*best, now); !begun) return begun;
    }
    transfer_->steps_down_then = true;
    return {};
}

bool Node::is_healthy(MemberId peer) const {
    const auto& progress = peers_.at(peer);
    return is_voter(peer) && progress.linked && !progress.recovering &&
           now_ - progress.heard_at < config_.election_timeout_max &&
           progress.waits_for_disk(now_) <= config_.disk_patience;
}

Result<> Node::step_down_for_disk(Instant now) {
    at(now);
    const auto healthy = static_cast<std::size_t>(
        std::ranges::count_if(peers_, [this](const auto& peer) { return is_healthy(peer.first); }));
    if (healthy < majority())
        return failure(Errc::service_not_available,
                       "healthy members beside this one: " + std::to_string(healthy) + ", a majority is " +
                           std::to_string(majority()));
    return step_down(now);
}

bool Node::is_quarantined(MemberId peer) const {
    const auto is_within = [&](const std::map<MemberId, Instant>& since, Duration quarantine) {
        const auto found = since.find(peer);
        return found != since.end() && now_ - found->second < quarantine;
    };
    return is_within(quarantined_, config_.disk_quarantine) ||
           is_within(resigned_, config_.resigned_quarantine);
}

void Node::stand_back(Instant now) {
    at(now);
    stands_back_until_ = now_ + 2 * config_.election_timeout_max;
    if (role_ == Role::follower) election_deadline_ = std::max(election_deadline_, stands_back_until_);
}

// DLedger's preferredLeaderId.
void Node::prefer_another() {
    prefer_at_ = now_ + config_.preferred_interval;
    if (transfer_) return;
    const auto own = member(self_)->priority;
    const Member* best = nullptr;
    for (const auto& [peer, progress] : peers_) {
        const auto* other = member(peer);
        const bool ready = other->kind == MemberKind::voter && progress.linked && !progress.recovering &&
                           progress.state == Progress::State::replicating && is_healthy(peer) &&
                           !is_quarantined(peer) && now_ - progress.heard_at < config_.election_timeout_min &&
                           end_ - progress.matched <= config_.preferred_lag;
        if (ready && other->priority > own && (best == nullptr || other->priority > best->priority))
            best = other;
    }
    if (best != nullptr) (void)transfer_to(best->id, now_);
}

// One round of heartbeats at a time answers all calls that came before it began.
void Node::confirm_leadership(std::uint64_t token, Instant now) {
    at(now);
    if (role_ != Role::leader) {
        outputs_.push_back(NotConfirmed{token});
        return;
    }
    confirmations_.push_back({token, round_ + 1});
    if (round_confirmed_ == round_) begin_round();
}

std::uint64_t Node::tell_all(Instant now) {
    at(now);
    TERN_ASSERT(role_ == Role::leader);
    begin_round();
    return round_;
}

bool Node::all_have_heard(std::uint64_t round) const {
    return std::ranges::all_of(peers_, [round](const auto& peer) {
        return !peer.second.linked || peer.second.confirmed_round >= round;
    });
}

void Node::begin_round() {
    ++round_;
    heartbeat();
    settle_confirmations();
}

void Node::settle_confirmations() {
    if (role_ != Role::leader || confirmations_.empty()) return;
    std::vector<std::uint64_t> rounds;
    if (is_voter(self_)) rounds.push_back(round_);
    for (const auto& [peer, progress] : peers_)
        // One that lost its memory may be missing from the majority of the next leader.
        if (is_voter(peer)) rounds.push_back(progress.recovering ? 0 : progress.confirmed_round);
    std::ranges::sort(rounds, std::greater{});
    round_confirmed_ = rounds[majority() - 1];
    // What earlier leaders committed is known once something of this term is (thesis 6.4).
    if (terms_.term_before(committed_) != term_) return;
    while (!confirmations_.empty() && confirmations_.front().round <= round_confirmed_) {
        outputs_.push_back(Confirmed{confirmations_.front().token, committed_});
        confirmations_.pop_front();
    }
    if (!confirmations_.empty() && round_confirmed_ == round_) begin_round();
}

void Node::fail_confirmations() {
    for (const auto& waiting : std::exchange(confirmations_, {}))
        outputs_.push_back(NotConfirmed{waiting.token});
}

}  // namespace tern::raft
