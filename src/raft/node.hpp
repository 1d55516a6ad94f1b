// One member of a Raft group over a log of bytes: elections, replication, commitment, hand-over, as a value.
// It takes what happens and gives what is to be done (outputs.hpp); it has no clock, disk, network or thread,
// and sees no payload. The same inputs give the same outputs. Why it is cut this way:
// docs/decisions/0008-raft-over-byte-offsets.md. Owned by the loop that owns the log.
//
// Section numbers are of the Raft paper (Ongaro, Ousterhout: In Search of an Understandable Consensus
// Algorithm) or, where it says so, of Ongaro's thesis.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/result.hpp"
#include "raft/config.hpp"
#include "raft/messages.hpp"
#include "raft/outputs.hpp"
#include "raft/progress.hpp"
#include "raft/start_state.hpp"
#include "raft/term_table.hpp"

namespace tern::raft {

enum class Role { follower, pre_candidate, candidate, leader };

// How far the host's disk is. `cuts` is Node::cuts() as it was when that write or flush began: a log that was
// cut since does not hold those bytes any more.
struct Stored {
    LogOffset end;
    std::uint64_t cuts{0};
};

// Bytes that a member may be sent now: whole records from `from`, at most limit bytes, but at least one
// record.
struct Range {
    LogOffset from;
    std::int64_t limit{0};
};

class Node {
public:
    // Members include this one; the config passed its check(). random outlives the node.
    Node(MemberId self, std::vector<Member> members, const Config& config, Random& random);

    // What is to be done because of the inputs so far, in order.
    Outputs take_outputs() { return std::exchange(outputs_, {}); }
    // The same without an allocation: what `taken` had is lost, its memory is used again.
    void take_outputs(Outputs& taken) {
        taken.clear();
        std::swap(taken, outputs_);
    }
    // The one timer that the host keeps: tick() at or after it. It moves with every input.
    Instant next_deadline() const;

    // node.cpp: what the world does.
    void start(StartState state, Instant now);
    void tick(Instant now);
    void receive(MemberId from, const Message& message, Instant now);
    // The connection to the peer was closed or refused; it stands again.
    void link_lost(MemberId peer, Instant now);
    void link_up(MemberId peer, Instant now);
    // The Persist of these values has ended. Until then no message that could depend on them has left.
    void vote_persisted(Term term, std::optional<MemberId> vote, Instant now);
    Result<> configure(const Config& config);
    // A member that nobody configured follows from now on; it is never counted or asked. Nothing happens when
    // it is a member already.
    void add_learner(MemberId id, Instant now);

    // The own log, in both roles.
    void written(Stored stored);
    void durable(Stored stored);
    // An only voter that starts with memory_lost does not lead before memory_made_good(). Until then what
    // learners still have of its log may come back, in order.
    void took_back(LogOffset end, const std::vector<TermStart>& starts);
    void memory_made_good(Instant now);
    bool waits_for_lost_tail() const { return recovering_ && is_only_voter(); }
    // A follower has found its log damaged from there on, and forgets that: the leader sends it again. As it
    // may have acknowledged it in a former life it stands back like one that has lost its memory; the host
    // has to have written that down before. False when it has acknowledged it in this life.
    bool forget_damaged(LogOffset from, Instant now);
    // Behind that place this log agrees with no leader's before the host has seen his bytes (StartState).
    std::optional<LogOffset> doubted_from() const { return doubted_from_; }
    // The host decodes what a network brought: what no leader can have meant is not looked at any further.
    static bool is_plausible(const Append& append);
    // The end of what this log has of a plausible range already, by its terms; the host compares what is
    // doubted of it, and calls receive() only if it is the same.
    LogOffset common_end(const Append& append) const;
    // No leader can say any more what was there, up to that place.
    void trust(LogOffset to);
    // What was committed and is old has been forgotten, up to there.
    void begin_moved(LogOffset begin);
    std::uint64_t cuts() const { return cuts_; }
    // Whether this log may give way to a snapshot that covers everything below `at`, the last of it of that
    // term. A log that has all of it may have more, which it may have acknowledged, and stays (section 7).
    bool needs_snapshot(LogOffset at, Term last_term) const;
    // It did, durably; terms reach to the entry before `at`.
    void snapshot_installed(LogOffset at, TermTable terms);

    // The leader's side of the log. A proposal goes: may_propose(), the host appends, appended(), and for
    // each peer next_range(), the host reads, sent() gives the message that the bytes go with.
    Result<> may_propose() const;
    void appended(LogOffset end);
    std::optional<Range> next_range(MemberId peer);
    Append sent(MemberId peer, LogOffset from, LogOffset to, Instant now);
    void snapshot_done(MemberId peer, LogOffset at, Instant now);
    void snapshot_failed(MemberId peer, Instant now);

    // node_leadership.cpp. An error names what stands in the way; how a transfer ended is TransferEnded.
    Result<> transfer_to(MemberId peer, Instant now);
    // The best of the healthy members takes over; an error when there is none. Without a hand-over in time it
    // steps down all the same and stands back in the election.
    Result<> step_down(Instant now);
    // The same for a leader whose disk stalls, so that it cannot even vote: an error, too, when the healthy
    // members are no majority without it.
    Result<> step_down_for_disk(Instant now);
    // This member's disk stalls or did until now: others first in elections, for two of the longest
    // time-outs.
    void stand_back(Instant now);
    // Whether it leads when it is asked to take over: not while it has no room for what is sent, say. It may
    // be elected all the same.
    void may_take_over(bool may) { may_take_over_ = may; }
    // Is answered by Confirmed or NotConfirmed with that token (thesis 6.4). Calls share rounds.
    void confirm_leadership(std::uint64_t token, Instant now);
    // Tells all members at once what they may take for committed; the round that answers name. A leader's.
    std::uint64_t tell_all(Instant now);
    // Whether all that are linked have answered that round or a later one.
    bool all_have_heard(std::uint64_t round) const;

    MemberId self() const { return self_; }
    Role role() const { return role_; }
    Term term() const { return term_; }
    std::optional<MemberId> leader() const { return leader_; }
    const std::vector<Member>& members() const { return members_; }
    LogOffset begin() const { return begin_; }
    LogOffset end() const { return end_; }
    LogOffset committed() const { return committed_; }
    const TermTable& terms() const { return terms_; }
    // Something came from it within the shortest election time-out, or it is this member.
    bool leader_is_alive(Instant now) const;
    // A voter without a leader that has heard from no majority, itself among it, for half as long again as
    // the longest election time-out: by then all that it reaches have asked it for a vote, or answered to
    // its own requests.
    bool is_cut_off(Instant now) const;
    bool is_transferring() const { return transfer_.has_value(); }
    bool recovering() const { return recovering_; }
    Incarnation incarnation() const { return incarnation_; }
    const Progress* progress(MemberId peer) const;  // Of a leader's peer.

private:
    struct Confirmation {
        std::uint64_t token{0};
        std::uint64_t round{0};
    };
    struct Transfer {
        MemberId to;
        Instant deadline{};
        bool told{false};             // TimeoutNow has left.
        bool steps_down_then{false};  // At the deadline, even without a successor.
    };

    // node.cpp
    void send(MemberId to, Message message);
    void persist();
    void adopt(Term term);
    void become_follower(Term term, std::optional<MemberId> leader, Because because);
    Duration election_timeout();
    Duration retry_after_lost_vote() const { return std::max<Duration>(config_.link_lost_jitter, 5ms); }
    void arm_election(Duration delay) { election_deadline_ = now_ + delay; }
    const Member* member(MemberId id) const;
    bool is_voter(MemberId id) const;
    std::vector<MemberId> other_voters() const;
    bool is_healthy(MemberId peer) const;
    bool is_quarantined(MemberId peer) const;
    bool is_only_voter() const { return is_voter(self_) && majority() == 1; }
    std::size_t majority() const;
    void at(Instant now) { now_ = std::max(now_, now); }

    // node_election.cpp
    void begin_pre_vote();
    void campaign(bool transfer);
    void ask_for_votes(bool pre, bool transfer);
    void on(MemberId from, const VoteRequest& request);
    void on(MemberId from, const VoteReply& reply);
    void on(MemberId from, const TimeoutNow& message);
    Refusal judge(MemberId from, const VoteRequest& request);
    void count_vote(MemberId voter, Refusal refusal, bool recovering);
    bool has_won() const;
    bool can_win() const;
    void become_leader();

    // node_replication.cpp: the leader's side.
    void on(MemberId from, const AppendReply& reply);
    void on(MemberId from, const HeartbeatReply& reply);
    Progress* hear(MemberId from, Term term, const Holding& holding);
    void back_off(MemberId peer, Progress& progress, LogOffset hint, Term hint_term);
    void probe(MemberId peer, Progress& progress);
    void heartbeat();
    void resend_what_was_lost();
    void maybe_commit();
    LogOffset committed_for(MemberId peer) const;
    Append make_append(MemberId peer, const Progress& progress, LogOffset from, LogOffset to) const;
    void commit(LogOffset end);

    // node_follower.cpp: the follower's side.
    void on(MemberId from, const Append& append);
    void on(MemberId from, const Heartbeat& beat);
    bool follow(MemberId leader, Term term);
    LogOffset sure_end() const { return std::min(end_, doubted_from_.value_or(end_)); }
    void refuse(MemberId to, const Append& append);
    void take(const Append& append, LogOffset common);
    void cut(LogOffset to);
    void learn(LogOffset leader_end, LogOffset committed, Incarnation incarnation);
    void acknowledge();
    void maybe_recover();
    Holding holding() const;

    // node_leadership.cpp
    Instant quorum_deadline() const;
    void hand_over_if_caught_up();
    void abandon_transfer();
    void tick_leader();
    void prefer_another();
    void begin_round();
    void settle_confirmations();
    void fail_confirmations();

    MemberId self_;
    std::vector<Member> members_;
    Config config_;
    Random& random_;
    Outputs outputs_;
    Instant now_{};
    Instant started_at_{};
    std::map<MemberId, Instant> heard_at_;

    // Persistent state (figure 2): term_ and vote_ hold back all messages while a Persist of them runs.
    Term term_;
    std::optional<MemberId> vote_;
    bool persisting_{false};
    std::vector<Send> held_;

    // The own log.
    LogOffset begin_;
    LogOffset end_;
    LogOffset written_;
    LogOffset durable_;
    LogOffset committed_;
    TermTable terms_;
    std::uint64_t cuts_{0};

    Role role_{Role::follower};
    std::optional<MemberId> leader_;
    bool leader_link_lost_{false};
    Instant leader_heard_at_{};
    Instant election_deadline_{};
    Term leader_term_;  // The last in which a leader was known, or that of the start.
    Duration retry_{};  // After a lost vote; doubles.
    bool may_take_over_{true};
    Instant stands_back_until_{};  // After step_down() or stand_back(): others first.

    // A candidate's, of either kind.
    std::set<MemberId> granted_;
    std::set<MemberId> granted_recovering_;
    std::set<MemberId> refused_;
    std::set<MemberId> unlinked_;  // As the links say, and nothing was heard from them since.

    // A follower's.
    std::optional<LogOffset> doubted_from_;
    LogOffset matched_;       // The own log is the leader's of this term up to here.
    LogOffset acknowledged_;  // As the policy says; what the leader was last told.
    Incarnation incarnation_;
    bool recovering_{false};
    std::optional<LogOffset> recovered_at_;  // Of the leader's log, as it was after this member came back.

    // A leader's.
    std::map<MemberId, Progress> peers_;
    std::map<MemberId, Instant> quarantined_;  // When their disks last stalled.
    std::map<MemberId, Instant> resigned_;     // When they handed over to this one.
    Instant heartbeat_at_{};
    Instant prefer_at_{};
    std::optional<Transfer> transfer_;
    std::optional<MemberId> handed_to_;  // After TimeoutNow, until the next leader is known.
    std::uint64_t round_{0};             // Of heartbeats that confirm the leadership,
    std::uint64_t round_confirmed_{0};   // and the newest that a majority has answered.
    std::vector<LogOffset> counted_;     // Scratch of maybe_commit().
    std::deque<Confirmation> confirmations_;
};

}  // namespace tern::raft
