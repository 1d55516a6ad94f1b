// How the simulated group lives: time, faults, what one may ask. The hosts' work is in
// group_scenario_host_test.cpp.
#include "raft/group_scenario.hpp"

#include <cstdio>
#include <cstdlib>

namespace tern::raft {

Group::Group(GroupSetup setup) : setup_{std::move(setup)}, chance_{setup_.seed} {
    for (int i = 0; i < setup_.members; ++i) {
        const auto n = static_cast<std::size_t>(i);
        list_.push_back({id(i), is_voter(i) ? MemberKind::voter : MemberKind::learner,
                         n < setup_.priorities.size() ? setup_.priorities[n] : 0});
    }
    hosts_.resize(list_.size());
    traced_ = std::getenv("TERN_RAFT_TRACE") != nullptr;
    cut_.assign(list_.size(), std::vector<bool>(list_.size()));
    for (int i = 0; i < members(); ++i) restarts(i);
}

Group::~Group() = default;

bool Group::step(Instant until) {
    if (events_.empty() || events_.front().at > until) {
        now_ = until;
        return false;
    }
    std::pop_heap(events_.begin(), events_.end());
    auto event = std::move(events_.back());
    events_.pop_back();
    now_ = event.at;
    event.work();
    return true;
}

void Group::trace(int member, const std::string& what) const {
    if (traced_)
        std::printf("%10lld us  %d: %s\n", static_cast<long long>(now_.time_since_epoch() / 1us), member,
                    what.c_str());
}

Group& Group::runs(Duration time) {
    const auto until = now_ + time;
    while (step(until)) {
    }
    return *this;
}

void Group::after(Duration delay, std::function<void()> work) {
    events_.push_back({now_ + delay, ++order_, std::move(work)});
    std::push_heap(events_.begin(), events_.end());
}

void Group::after(Duration delay, int member, std::function<void()> work) {
    after(delay, [this, member, life = host(member).life, work = std::move(work)] {
        if (host(member).life == life && host(member).node) input(member, work);
    });
}

void Group::input(int member, std::function<void()> work) {
    if (host(member).paused) {
        host(member).deferred.push_back(std::move(work));
    } else {
        work();
        settle(member);
    }
}

Group& Group::kills(int member, Death death) {
    auto& dead = host(member);
    if (!dead.node) return *this;
    trace(member, death == Death::of_machine ? "--- its machine dies" : "--- dies");
    // A write that had begun may have reached the disk without anybody hearing of it.
    if (dead.persisting && in_percent(50)) dead.on_disk = *dead.wanted;
    if (dead.persisting) oracle_.reached("crash while a vote is persisted");
    if (dead.node->role() == Role::leader) oracle_.reached("leader died");
    dead.node.reset();
    ++dead.life;
    dead.paused = false;
    dead.deferred.clear();
    dead.wanted.reset();
    dead.persisting = dead.writing = dead.syncing = false;
    dead.log.resize(dead.written);
    if (death == Death::of_machine) {
        const auto same = count_same(dead.log, dead.durable);
        // What was cut but not synced may be back; what was written since may be there in part.
        if (same == dead.durable.size() || in_percent(50)) {
            dead.log.resize(same + chance_.below(dead.log.size() - same + 1));
        } else {
            dead.log = dead.durable;
        }
        dead.durable = dead.log;
        dead.memory_lost = dead.memory_lost || setup_.config.quorum == QuorumPolicy::written;
    }
    dead.written = dead.log.size();
    lose_links_of(member);
    return *this;
}

Group& Group::loses_memory(int member) {
    auto& dead = host(member);
    dead.memory_lost = true;
    if (is_voter(member)) return *this;
    // Nobody asks a learner what it has, so it may know more than all that is left, and has to begin anew.
    dead.log.clear();
    dead.durable.clear();
    dead.written = 0;
    dead.begin = {};
    return *this;
}

void Group::lose_links_of(int member) {
    for (int other = 0; other < members(); ++other) {
        if (other == member || cut_[member][other]) continue;
        after(100us + up_to(1ms), other,
              [this, member, other] { host(other).node->link_lost(id(member), now_); });
    }
}

Group& Group::restarts(int member) {
    auto& back = host(member);
    if (back.node) return *this;
    trace(member, back.memory_lost ? "--- starts, without its memory" : "--- starts");
    back.random = std::make_unique<SeededRandom>(chance_.next());
    back.node = std::make_unique<Node>(id(member), list_, setup_.config, *back.random);
    back.committed = {};
    back.confirmations.clear();
    back.node->start(start_state(back), now_);
    back.is_known = back.node->waits_for_lost_tail();  // Or there is no other voter.
    if (back.node->waits_for_lost_tail())
        back.node->memory_made_good(now_);  // What learners have stays theirs.
    back.written = back.log.size();
    for (int other = 0; other < members(); ++other)
        after(1ms, other, [this, member, other] { host(other).node->link_up(id(member), now_); });
    settle(member);
    begin_sync(member);
    return *this;
}

StartState Group::start_state(const Host& host) const {
    std::vector<TermStart> starts;
    LogOffset begin;
    for (const auto& record : host.log) {
        if (starts.empty() || starts.back().term != record.term) starts.push_back({record.term, begin});
        begin = record.end;
    }
    // After a cut that no sync has covered, the disk may hold another past than the log.
    const auto same = count_same(host.log, host.durable);
    return {.term = host.on_disk.term,
            .vote = host.on_disk.vote,
            .begin = host.begin,
            .end = end_of(host.log),
            .durable = same == 0 ? LogOffset{} : host.log[same - 1].end,
            .committed = host.begin,
            .terms = TermTable{std::move(starts)},
            .memory_lost = host.memory_lost};
}

Group& Group::pauses(int member) {
    if (is_up(member)) host(member).paused = true;
    return *this;
}

Group& Group::resumes(int member) {
    auto& back = host(member);
    if (!back.paused) return *this;
    back.paused = false;
    for (auto& work : std::exchange(back.deferred, {})) {
        if (!back.node) break;
        input(member, std::move(work));
    }
    return *this;
}

Group& Group::cuts(int from, int to) {
    cut_[from][to] = true;
    return *this;
}

Group& Group::isolates(int member) {
    for (int other = 0; other < members(); ++other)
        if (other != member) cuts(member, other).cuts(other, member);
    return *this;
}

Group& Group::heals() {
    for (auto& row : cut_) row.assign(row.size(), false);
    return *this;
}

Group& Group::resets_link(int a, int b) {
    for (const auto& [at, peer] : {std::pair{a, b}, std::pair{b, a}}) {
        if (!is_up(at)) continue;
        after(up_to(1ms), at, [this, at, peer] { host(at).node->link_lost(id(peer), now_); });
        after(2ms + up_to(20ms), at, [this, at, peer] { host(at).node->link_up(id(peer), now_); });
    }
    return *this;
}

Group& Group::proposes(int member, int records) {
    if (!is_up(member)) return *this;
    input(member, [this, member, records] {
        if (!host(member).node || !host(member).node->may_propose()) return;
        for (int i = 0; i < records; ++i) append(member, host(member).node->term());
        host(member).node->appended(end_of(host(member).log));
    });
    return *this;
}

Group& Group::forgets_below_committed(int member) {
    auto& owner = host(member);
    if (!owner.node) return *this;
    const auto count =
        std::min(count_until(owner.log, owner.node->committed()), count_same(owner.log, owner.durable));
    if (count == 0) return *this;
    owner.begin = std::max(owner.begin, owner.log[count - 1].end);
    owner.node->begin_moved(owner.begin);
    return *this;
}

Group& Group::transfers(int from, int to) {
    if (is_up(from))
        input(from, [this, from, to] {
            if (host(from).node) (void)host(from).node->transfer_to(id(to), now_);
        });
    return *this;
}

Group& Group::stalls_disk_of(int member, bool stalled) {
    host(member).disk_stalled = stalled;
    if (stalled && is_up(member)) input(member, [this, member] { (void)host(member).node->step_down(now_); });
    return *this;
}

void Group::asks_confirmation(int member) {
    if (!is_up(member)) return;
    input(member, [this, member] {
        if (!host(member).node) return;
        host(member).confirmations[++token_] = oracle_.committed_end();
        host(member).node->confirm_leadership(token_, now_);
    });
}

std::optional<int> Group::leader() const {
    std::optional<int> newest;
    for (int i = 0; i < members(); ++i) {
        if (!is_up(i) || node(i).role() != Role::leader) continue;
        if (!newest || node(i).term() > node(*newest).term()) newest = i;
    }
    return newest;
}

bool Group::all_have_committed(LogOffset end) const {
    for (int i = 0; i < members(); ++i)
        if (committed(i) < end) return false;
    return true;
}

std::vector<std::uint64_t> Group::committed_values(int member) const {
    std::vector<std::uint64_t> values;
    for (const auto& record : host(member).log)
        if (record.end <= committed(member)) values.push_back(record.value);
    return values;
}

int Group::memories_missing() const {
    if (setup_.config.quorum == QuorumPolicy::durable) return 0;
    int missing = 0;
    for (int i = 0; i < members(); ++i)
        if (is_voter(i) && (host(i).memory_lost || (is_up(i) && node(i).recovering()))) ++missing;
    return missing;
}

std::uint64_t Group::reached(const std::string& state) const {
    const auto found = oracle_.states().find(state);
    return found == oracle_.states().end() ? 0 : found->second;
}

}  // namespace tern::raft
