#include "simulation/group_oracle.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "store/message_store.hpp"

namespace tern::simulation {
namespace {

// Some of the places up to which something was committed, the same for all members.
bool is_drawn(PhysicalOffset place) {
    return (static_cast<std::uint64_t>(place.value()) * 0x9E3779B97F4A7C15U) >> 59 == 0;
}

std::string tables_of(const replication::Snapshot& snapshot) {
    std::string text;
    for (const auto& table : snapshot.tables) text += table.name + "\n" + table.text + "\n";
    return text;
}

std::size_t first_difference(std::string_view one, std::string_view other) {
    return static_cast<std::size_t>(std::ranges::mismatch(one, other).in1 - one.begin());
}

std::unexpected<Error> broken(std::string why) {
    return failure(Errc::corrupt, std::move(why));
}

}  // namespace

Result<> GroupOracle::look(std::size_t member, std::uint64_t life, const MemberView& view) {
    const auto state = view.state();
    if (state.is_poisoned) return {};
    Seen& seen = seen_[member];
    // What a loss of power has torn is there until a leader has compared it: a life is held to what it gets.
    if (seen.life != life)
        seen = {.life = life, .begin = state.begin, .matched = state.end, .epochs = view.epochs()};
    if (state.begin != seen.begin) {
        if (auto checked = check_begin(member, seen, view); !checked) return checked;
    }
    if (state.leads && state.term != seen.led) {
        if (auto checked = check_leader(member, seen, view); !checked) return checked;
    }
    if (state.committed != seen.committed) {
        if (auto checked = check_commit(member, seen, view); !checked) return checked;
    }
    const bool log_is_seen = state.end == seen.matched && view.epochs().size() == seen.epochs.size();
    return log_is_seen ? Result<>{} : check_log(member, seen, view);
}

// By retention or an installation: whatever the member has below must be for good, in a snapshot, and with
// everybody who would have asked it.
Result<> GroupOracle::check_begin(std::size_t member, Seen& seen, const MemberView& view) const {
    const auto state = view.state();
    const auto moved =
        fmt::format("the log of n{} began at {}, now at {}", member, seen.begin.value(), state.begin.value());
    const bool is_there = state.begin > seen.begin && state.begin <= std::max(state.committed, committed()) &&
                          state.begin <= state.flushed;
    if (!is_there)
        return broken(fmt::format("begin_is_committed: {}; {} are committed, {} flushed", moved,
                                  state.committed.value(), state.flushed.value()));
    if (state.begin > view.snapshot())
        return broken(fmt::format("begin_is_in_a_snapshot: {}; the newest snapshot is of {}", moved,
                                  view.snapshot().value()));
    seen.begin = state.begin;
    if (!state.leads) return {};
    for (const auto& one : view.members())
        if (one.linked && one.matched < state.begin)
            return broken(fmt::format("begin_waits_for_members: {}; n{} is there and has {}", moved,
                                      one.id.value(), one.matched.value()));
    return {};
}

Result<> GroupOracle::check_commit(std::size_t member, Seen& seen, const MemberView& view) {
    const auto committed = view.state().committed;
    if (committed < seen.committed)
        return broken(fmt::format("commit_is_monotone: n{} had committed {}, now {}", member,
                                  seen.committed.value(), committed.value()));
    seen.committed = committed;
    if (auto compared = compare(member, seen, view, committed); !compared) return compared;
    return is_drawn(committed) ? check_tables(member, view) : Result<>{};
}

// Election safety, and leader completeness: what anybody knew to be committed is in the log of whoever leads
// after that.
Result<> GroupOracle::check_leader(std::size_t member, Seen& seen, const MemberView& view) {
    const auto state = view.state();
    const Epoch term = state.term;
    seen.led = term;
    const auto [leader, is_new] = leaders_.emplace(term, Life{member, seen.life});
    if (!is_new)
        return broken(
            fmt::format("one_leader_a_term: n{} in its life {} leads term {}, as n{} in its life "
                        "{} did",
                        member, seen.life, term.value(), leader->second.first, leader->second.second));
    const bool is_newest = leaders_.rbegin()->first == term;
    if (!is_newest) return {};  // It was elected before the newest one, and nobody has told it yet.
    if (state.end < committed())
        return broken(
            fmt::format("leader_is_complete: n{} leads term {} with a log of {} bytes, and {} were "
                        "committed",
                        member, term.value(), state.end.value(), committed().value()));
    return compare(member, seen, view, committed());
}

Result<> GroupOracle::compare(std::size_t member, Seen& seen, const MemberView& view, PhysicalOffset to) {
    // What a log has lost can be compared no more, and what nobody has seen yet cannot be lost.
    const auto begin = view.state().begin;
    if (begin > committed())
        return broken(fmt::format("begin_is_committed: the log of n{} begins at {}, and {} are committed",
                                  member, begin.value(), committed().value()));
    seen.checked = std::max(seen.checked, begin);
    while (seen.checked < to) {
        const auto* damage = next_damage(member, seen.checked);
        if (damage != nullptr && damage->from <= seen.checked) {
            seen.checked = damage->to;
            continue;
        }
        const PhysicalOffset end = damage == nullptr ? to : std::min(to, damage->from);
        const auto bytes = view.bytes(seen.checked, end - seen.checked);
        if (!bytes)
            return broken(
                fmt::format("one_committed_log: n{} cannot read byte {} of its log, of {} that are "
                            "committed",
                            member, seen.checked.value(), to.value()));
        const auto at = static_cast<std::size_t>(seen.checked.value());
        const auto here = bytes->substr(0, std::min(log_.size() - at, bytes->size()));
        const auto known = std::string_view{log_}.substr(at, here.size());
        if (here != known)
            return broken(
                fmt::format("one_committed_log: n{} has another byte at {} of the log, of {} that "
                            "are committed",
                            member, at + first_difference(here, known), to.value()));
        log_ += bytes->substr(here.size());
        seen.checked += static_cast<std::int64_t>(bytes->size());
    }
    return {};
}

// Log matching (figure 3): where two logs have something of one term, it begins at one place, behind the same
// term, and the bytes are the same.
Result<> GroupOracle::check_log(std::size_t member, Seen& seen, const MemberView& view) {
    const auto& epochs = view.epochs();
    const auto state = view.state();
    const auto differ = std::ranges::mismatch(epochs, seen.epochs).in1;
    PhysicalOffset from = std::min(seen.matched, state.end);
    if (differ != epochs.end()) from = std::min(from, differ->start);
    from = std::max(from, state.begin);
    seen.epochs = epochs;
    seen.matched = state.end;
    Epoch before;
    for (auto entry = epochs.begin(); entry != epochs.end(); ++entry) {
        const PhysicalOffset to = entry + 1 == epochs.end() ? state.end : (entry + 1)->start;
        if (to <= entry->start) continue;  // A reign without a record.
        const Epoch previous = std::exchange(before, entry->epoch);
        if (to <= from) continue;
        const auto [known, is_new] = terms_.try_emplace(
            entry->epoch,
            TermLog{.start = entry->start, .before = previous, .from = std::max(entry->start, from)});
        const auto& log = known->second;
        if (!is_new && (log.start != entry->start || log.before != previous))
            return broken(fmt::format(
                "log_matching: term {} begins at {} behind term {}, in the log of n{} at {} behind term {}",
                entry->epoch.value(), log.start.value(), log.before.value(), member, entry->start.value(),
                previous.value()));
        if (auto matched = match(member, entry->epoch, std::max(from, entry->start), to, view); !matched)
            return matched;
    }
    return {};
}

Result<> GroupOracle::match(std::size_t member, Epoch term, PhysicalOffset from, PhysicalOffset to,
                            const MemberView& view) {
    auto& log = terms_.at(term);
    from = std::max(from, log.from);
    while (from < to) {
        const auto* damage = next_damage(member, from);
        if (damage != nullptr && damage->from <= from) {
            from = damage->to;
            continue;
        }
        const auto bytes = view.bytes(from, (damage == nullptr ? to : std::min(to, damage->from)) - from);
        const auto at = static_cast<std::size_t>(from - log.from);
        if (!bytes || at > log.bytes.size()) return {};  // Of an end that nobody has seen; or it is no more.
        const auto here = bytes->substr(0, std::min(log.bytes.size() - at, bytes->size()));
        const auto known = std::string_view{log.bytes}.substr(at, here.size());
        if (here != known)
            return broken(fmt::format(
                "log_matching: n{} has another byte at {} of the log than others have there of term {}",
                member, from.value() + static_cast<std::int64_t>(first_difference(here, known)),
                term.value()));
        log.bytes += bytes->substr(here.size());
        from += std::ssize(*bytes);
    }
    return {};
}

// The first that ends behind that place.
const GroupOracle::Damaged* GroupOracle::next_damage(std::size_t member, PhysicalOffset at) const {
    const Damaged* next = nullptr;
    for (const auto& one : damaged_)
        if (one.member == member && one.to > at && (next == nullptr || one.from < next->from)) next = &one;
    return next;
}

bool GroupOracle::are_committed(PhysicalOffset from, std::string_view bytes) const {
    return std::string_view{log_}.substr(static_cast<std::size_t>(from.value()), bytes.size()) == bytes;
}

Result<> GroupOracle::check_tables(std::size_t member, const MemberView& view) {
    const auto tables = view.tables();  // After an installation they are ahead of the log for a while.
    const auto text = tables_of(tables);
    const auto [known, is_new] = tables_.emplace(tables.position, text);
    if (is_new || known->second == text) return {};
    return broken(fmt::format("one_state_a_place: the tables at {}: n{} has {}", tables.position.value(),
                              member, difference(text, known->second)));
}

void GroupOracle::excuse_loss_behind(PhysicalOffset place) {
    // Where a log has lost its begin, everything before was for good.
    for (const auto& seen : seen_) place = std::max(place, seen.begin);
    if (place >= committed()) return;
    log_.resize(static_cast<std::size_t>(place.value()));
    tables_.erase(tables_.upper_bound(place), tables_.end());
    for (auto& seen : seen_) seen.checked = std::min(seen.checked, place);
}

std::string GroupOracle::difference(std::string_view one, std::string_view other) {
    constexpr std::size_t before = 60;
    const auto at = first_difference(one, other);
    const auto from = at - std::min(at, before);
    return fmt::format("\"{}\" where another has \"{}\"", one.substr(from, 3 * before),
                       other.substr(from, 3 * before));
}

std::string GroupOracle::state_of(const broker::Broker::Inside& inside, QueueBegins begins) {
    std::string text = tables_of(inside.group.capture());
    for (const auto& queue : inside.store.queues())
        text += fmt::format("{}/{}: {} to {}\n", queue->topic(), queue->id().value(),
                            begins == QueueBegins::same ? queue->min().value() : 0, queue->max().value());
    for (const auto& entry : inside.group.epochs().entries())
        text += fmt::format("epoch {} from {}\n", entry.epoch.value(), entry.start.value());
    return text;
}

}  // namespace tern::simulation
