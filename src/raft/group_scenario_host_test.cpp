// What a simulated host does with the outputs of its node, and what is checked of each of them.
#include "raft/group_scenario.hpp"
#include "raft/trace_scenario.hpp"

namespace tern::raft {
namespace {

constexpr Duration stall = 500ms;

}  // namespace

// After every input: carries out what the node asks for, sends what may be sent, and sets the timer.
void Group::settle(int member) {
    auto& own = host(member);
    if (!own.node) return;
    carry_out(member, own.node->take_outputs(), {});
    pump(member);
    begin_write(member);
    const auto deadline = own.node->next_deadline();
    if (deadline == Instant::max()) return;
    const auto timer = ++own.timer;
    after(std::max<Duration>(deadline - now_, 10us), [this, member, timer, life = own.life] {
        auto& ticked = host(member);
        if (ticked.life != life || ticked.timer != timer || !ticked.node) return;
        input(member, [this, member] {
            if (host(member).node) host(member).node->tick(now_);
        });
    });
}

void Group::carry_out(int member, Outputs outputs, const Records& came) {
    auto& own = host(member);
    for (const auto& output : outputs) {
        trace(member, describe(output));
        std::visit(
            Match{
                [&](const Persist& persist) {
                    if (own.wanted) oracle_.reached("persist overtaken by a newer one");
                    own.wanted = persist;
                    begin_persist(member);
                },
                [&](const Send& said) {
                    check_said(member, said);
                    send(member, number(said.to), said.message, {});
                },
                [&](const BecomeLeader& leader) {
                    oracle_.leads(id(member), leader.term, own.log,
                                  majority_of(static_cast<std::size_t>(setup_.members - setup_.learners)));
                    for (int other = 0; other < members(); ++other)
                        if (other != member && is_up(other) && node(other).role() == Role::leader)
                            oracle_.reached("two leaders at once");
                    if (leader.start != end_of(own.log)) oracle_.violated("epoch start not at the end");
                    const auto begin = [this, member, term = leader.term] {
                        if (!host(member).node || host(member).node->role() != Role::leader ||
                            host(member).node->term() != term)
                            return;
                        append(member, term);
                        host(member).node->appended(end_of(host(member).log));
                    };
                    after(up_to(setup_.faults.epoch_start_delay_max), member, begin);
                },
                [&](const BecomeFollower& follower) {
                    if (follower.because == Because::lost_quorum)
                        oracle_.reached("stepped down by check-quorum");
                    if (follower.because == Because::resigned)
                        oracle_.reached("resigned without a successor");
                },
                [&](const BecomeCandidate& candidate) { oracle_.stands(id(member), candidate.term); },
                [&](const Truncate& cut) {
                    oracle_.reached("diverged tail cut");
                    const auto keep = count_until(own.log, cut.to);
                    if (cut.to < own.committed) oracle_.violated("cut below what was committed");
                    if (keep < own.log.size() && keep > 0 && own.log[keep - 1].end != cut.to)
                        oracle_.violated("cut within a record");
                    own.log.resize(keep);
                    own.written = std::min(own.written, keep);
                },
                [&](const Accept& accept) {
                    if (end_of(own.log) != accept.from) return oracle_.violated("accepts with a gap");
                    for (const auto& record : came) {
                        if (record.end <= accept.from || record.end > accept.to) continue;
                        own.log.push_back(record);
                        const auto before = own.log.size() < 2 ? 0 : own.log[own.log.size() - 2].chain;
                        own.log.back().chain = chain_of(before, record);
                        oracle_.holds(id(member), own.log.back());
                    }
                    if (end_of(own.log) != accept.to) oracle_.violated("accepts what did not come");
                },
                [&](const Committed& commit) { check_commit(member, commit.end); },
                [&](const SnapshotNeeded& needed) {
                    oracle_.reached("snapshot needed");
                    after(up_to(50ms), member,
                          [this, member, peer = number(needed.peer)] { install_snapshot(member, peer); });
                },
                [&](const Confirmed& confirmed) {
                    oracle_.reached("leadership confirmed");
                    if (confirmed.committed < own.confirmations.at(confirmed.token))
                        oracle_.violated("a stale leader was confirmed");
                },
                [&](const NotConfirmed&) { oracle_.reached("leadership not confirmed"); },
                [&](const TransferEnded& ended) {
                    oracle_.reached(ended.completed ? "transfer completed" : "transfer failed");
                },
                [&](const MemoryRecovered&) {
                    oracle_.reached(own.node->role() == Role::leader ? "elected by all after a loss of memory"
                                                                     : "lost memory recovered");
                    own.memory_lost = false;
                    if (own.node->role() != Role::leader && !own.is_known)
                        oracle_.violated("recovered by messages to a former life");
                },
            },
            output);
    }
}

// Nothing leaves that the disk would contradict after a crash, and no acknowledgement of what is not stored.
void Group::check_said(int member, const Send& said) {
    const auto& own = host(member);
    const auto persisted = [&](Term term) {
        if (own.on_disk.term < term) oracle_.violated("a message told of a term that is not durable");
    };
    std::visit(Match{[&](const VoteRequest& request) {
                         if (request.pre) return;
                         oracle_.votes(id(member), request.term, id(member));
                         if (own.on_disk != Persist{request.term, id(member)})
                             oracle_.violated("a candidate's own vote is not durable");
                     },
                     [&](const VoteReply& reply) {
                         persisted(reply.term);
                         if (reply.refusal == Refusal::leader_alive)
                             oracle_.reached(reply.pre ? "pre-vote refused: leader alive"
                                                       : "vote refused: leader alive");
                         if (reply.refusal == Refusal::log_behind)
                             oracle_.reached("vote refused: log behind");
                         if (reply.refusal == Refusal::voted_for_other)
                             oracle_.reached("vote refused: voted for another");
                         if (!reply.granted() || reply.pre) return;
                         oracle_.votes(id(member), reply.asked, said.to);
                         if (own.on_disk != Persist{reply.asked, said.to})
                             oracle_.violated("a vote left that is not durable");
                     },
                     [&](const AppendReply& reply) {
                         persisted(reply.term);
                         check_held(member, reply.holding);
                         if (!reply.accepted) oracle_.reached("append refused");
                     },
                     [&](const HeartbeatReply& reply) {
                         persisted(reply.term);
                         check_held(member, reply.holding);
                     },
                     [&](const auto& message) { persisted(message.term); }},
               said.message);
}

void Group::check_held(int member, const Holding& holding) {
    const auto& own = host(member);
    const auto* durable = record_ending_at(own.log, holding.durable);
    if (holding.durable != LogOffset{} && (durable == nullptr || !oracle_.has(own.durable, *durable)))
        oracle_.violated("acknowledged as durable what is not");
    if (count_until(own.log, holding.written) > own.written)
        oracle_.violated("acknowledged what is not written");
}

void Group::check_commit(int member, LogOffset end) {
    auto& own = host(member);
    if (end <= own.committed) oracle_.violated("commitment went backwards");
    own.committed = end;
    // A leader after an unclean stop takes in what it has committed before.
    oracle_.committed(id(member), own.log, end);
    if (own.node->role() != Role::leader) return;
    const auto* last = record_ending_at(own.log, end);
    if (last == nullptr) return;
    if (last->term != own.node->term()) oracle_.violated("committed an older term's entry by counting");
    int holders = 0;
    int voters = 0;
    for (int i = 0; i < members(); ++i) {
        if (!is_voter(i)) continue;
        ++voters;
        const auto& other = host(i);
        const bool durable = oracle_.has(other.durable, *last);
        const bool written = oracle_.has(other.log, *last) && count_until(other.log, end) <= other.written;
        holders += setup_.config.quorum == QuorumPolicy::durable ? durable : written;
    }
    // In memory one may have lost it since it said so; it does not vote until it has it again.
    if (memories_missing() == 0 && holders < voters / 2 + 1) oracle_.violated("committed without a majority");
}

void Group::begin_persist(int member) {
    auto& own = host(member);
    if (own.persisting || !own.wanted) return;
    own.persisting = true;
    const auto delay = in_percent(setup_.faults.stall_percent) ? stall : up_to(setup_.faults.persist_max);
    after(delay, member, [this, member, persist = *own.wanted] {
        auto& now_durable = host(member);
        now_durable.persisting = false;
        now_durable.on_disk = persist;
        if (now_durable.wanted == persist) now_durable.wanted.reset();
        now_durable.node->vote_persisted(persist.term, persist.vote, now_);
        carry_out(member, now_durable.node->take_outputs(), {});
        begin_persist(member);
    });
}

void Group::begin_write(int member) {
    auto& own = host(member);
    if (own.writing || own.written == own.log.size()) return begin_sync(member);
    own.writing = true;
    const Stored stored{end_of(own.log), own.node->cuts()};
    after(up_to(setup_.faults.write_max), member, [this, member, stored, count = own.log.size()] {
        auto& done = host(member);
        done.writing = false;
        if (stored.cuts == done.node->cuts()) done.written = std::max(done.written, count);
        if (stored.cuts != done.node->cuts()) oracle_.reached("a write ended after its bytes were cut");
        done.node->written(stored);
    });
}

void Group::begin_sync(int member) {
    auto& own = host(member);
    if (own.syncing || own.disk_stalled || own.written == 0) return;
    if (own.written == own.durable.size() && own.durable.back() == own.log[own.written - 1]) return;
    own.syncing = true;
    Records covered{own.log.begin(), own.log.begin() + static_cast<std::ptrdiff_t>(own.written)};
    const Stored stored{end_of(covered), own.node->cuts()};
    const auto delay = in_percent(setup_.faults.stall_percent) ? stall : up_to(setup_.faults.sync_max);
    after(delay, member,
          [this, member, stored, installs = own.installs, covered = std::move(covered)]() mutable {
              auto& done = host(member);
              done.syncing = false;
              if (installs == done.installs)
                  done.durable = std::move(covered);  // Else of a log that is gone.
              if (stored.cuts != done.node->cuts()) oracle_.reached("a sync ended after its bytes were cut");
              done.node->durable(stored);
          });
}

void Group::append(int member, Term term) {
    auto& log = host(member).log;
    const auto size = static_cast<std::int64_t>(1 + chance_.below(100));
    Record record{term, end_of(log) + size, ++value_, 0};
    record.chain = chain_of(log.empty() ? 0 : log.back().chain, record);
    log.push_back(record);
    oracle_.holds(id(member), record);
}

void Group::pump(int member) {
    auto& own = host(member);
    for (int peer = 0; peer < members(); ++peer) {
        while (const auto range = own.node->next_range(id(peer))) {
            const auto first = count_until(own.log, range->from);
            if (range->from < own.begin) return oracle_.violated("asked for bytes that are gone");
            if (first > 0 ? own.log[first - 1].end != range->from : range->from != LogOffset{})
                return oracle_.violated("asked for bytes from within a record");
            auto last = std::max(first + 1, count_until(own.log, range->from + range->limit));
            Records records{own.log.begin() + static_cast<std::ptrdiff_t>(first),
                            own.log.begin() + static_cast<std::ptrdiff_t>(last)};
            const auto to = records.back().end;
            send(member, peer, own.node->sent(id(peer), range->from, to, now_), std::move(records));
        }
        carry_out(member, own.node->take_outputs(), {});
    }
}

void Group::send(int from, int to, const Message& message, Records records) {
    const auto& faults = setup_.faults;
    const int copies = in_percent(faults.duplicate_percent) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
        if (in_percent(faults.drop_percent)) continue;
        const auto delay =
            100us + up_to(in_percent(faults.slow_percent) ? faults.slow_max : faults.delay_max);
        after(delay, [this, from, to, message, records] { deliver(from, to, message, records); });
    }
}

void Group::deliver(int from, int to, const Message& message, const Records& records) {
    if (cut_[from][to] || !is_up(to)) return;
    input(to, [this, from, to, message, records] {
        auto& own = host(to);
        if (!own.node) return;
        std::visit(
            [&](const auto& said) {
                if constexpr (requires { said.incarnation; })
                    own.is_known |= said.incarnation == own.node->incarnation();
            },
            message);
        own.node->receive(id(from), message, now_);
        carry_out(to, own.node->take_outputs(), records);
    });
}

void Group::install_snapshot(int from, int to) {
    auto& leader = host(from);
    auto& peer = host(to);
    const auto at = leader.node->committed();
    const auto* last = record_ending_at(leader.log, at);
    const bool fits = peer.node && !peer.paused && !cut_[from][to] && last != nullptr &&
                      peer.node->needs_snapshot(at, last->term);
    if (!fits) return leader.node->snapshot_failed(id(to), now_);
    oracle_.reached("snapshot installed");
    if (oracle_.has(peer.log, *last)) oracle_.violated("a snapshot replaced a log that has all of it");
    peer.log.assign(leader.log.begin(),
                    leader.log.begin() + static_cast<std::ptrdiff_t>(count_until(leader.log, at)));
    peer.durable = peer.log;
    peer.written = peer.log.size();
    peer.begin = at;
    ++peer.installs;
    peer.node->snapshot_installed(at, start_state(peer).terms);
    settle(to);
    leader.node->snapshot_done(id(to), at, now_);
}

}  // namespace tern::raft
