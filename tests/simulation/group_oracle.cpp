#include "simulation/group_oracle.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "replication/group.hpp"
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

Result<> GroupOracle::look(std::size_t member, std::uint64_t life, const broker::Broker::Inside& inside) {
    const auto& group = inside.group;
    if (group.is_poisoned()) return {};
    Seen& seen = seen_[member];
    if (seen.life != life) seen = {.life = life};
    const bool leads = group.role() == raft::Role::leader && group.term() != seen.led;
    if (leads) {
        if (auto checked = check_leader(member, seen, inside); !checked) return checked;
    }
    if (group.committed() == seen.committed) return {};
    return check_commit(member, seen, inside);
}

Result<> GroupOracle::check_commit(std::size_t member, Seen& seen, const broker::Broker::Inside& inside) {
    const auto committed = inside.group.committed();
    if (committed < seen.committed)
        return broken(fmt::format("commit_is_monotone: n{} had committed {}, now {}", member,
                                  seen.committed.value(), committed.value()));
    seen.committed = committed;
    if (auto compared = compare(member, seen, inside, committed); !compared) return compared;
    return is_drawn(committed) ? check_tables(member, inside) : Result<>{};
}

// Election safety, and leader completeness: what anybody knew to be committed is in the log of whoever leads
// after that.
Result<> GroupOracle::check_leader(std::size_t member, Seen& seen, const broker::Broker::Inside& inside) {
    const Epoch term = inside.group.term();
    seen.led = term;
    const auto [leader, is_new] = leaders_.emplace(term, Life{member, seen.life});
    if (!is_new)
        return broken(
            fmt::format("one_leader_a_term: n{} in its life {} leads term {}, as n{} in its life "
                        "{} did",
                        member, seen.life, term.value(), leader->second.first, leader->second.second));
    const bool is_newest = leaders_.rbegin()->first == term;
    if (!is_newest) return {};  // It was elected before the newest one, and nobody has told it yet.
    const auto end = inside.store.commit_log().end();
    if (end < committed())
        return broken(
            fmt::format("leader_is_complete: n{} leads term {} with a log of {} bytes, and {} were "
                        "committed",
                        member, term.value(), end.value(), committed().value()));
    return compare(member, seen, inside, committed());
}

Result<> GroupOracle::compare(std::size_t member, Seen& seen, const broker::Broker::Inside& inside,
                              PhysicalOffset to) {
    const std::int64_t segment = inside.store.config().segment_size;
    while (seen.checked < to) {
        const PhysicalOffset next{(seen.checked.value() / segment + 1) * segment};
        const auto bytes = inside.store.commit_log().view(seen.checked, std::min(to, next) - seen.checked);
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

Result<> GroupOracle::check_tables(std::size_t member, const broker::Broker::Inside& inside) {
    const auto text = tables_of(inside.group.capture());
    const auto [known, is_new] = tables_.emplace(inside.group.committed(), text);
    if (is_new || known->second == text) return {};
    return broken(fmt::format("one_state_a_place: the tables at {}: n{} has {}",
                              inside.group.committed().value(), member, difference(text, known->second)));
}

void GroupOracle::excuse_loss_behind(PhysicalOffset place) {
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

std::string GroupOracle::state_of(const broker::Broker::Inside& inside) {
    std::string text = tables_of(inside.group.capture());
    for (const auto& queue : inside.store.queues())
        text += fmt::format("{}/{}: {} to {}\n", queue->topic(), queue->id().value(), queue->min().value(),
                            queue->max().value());
    return text;
}

}  // namespace tern::simulation
