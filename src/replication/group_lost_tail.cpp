// A master whose machine died has lost what was not flushed, and acknowledged some of it because slaves had
// it, too: it asks them for that before it leads again. Else they would cut it.
#include <algorithm>

#include "base/hash.hpp"
#include "replication/group.hpp"

namespace tern::replication {
namespace {

constexpr std::int64_t part_size = 1024 * 1024;

}  // namespace

bool Group::has_lost_tail() const {
    const MemberState& state = vote_file_->state();
    return is_only_voter() && state.memory_lost && state.slaves > 0 && !flushes_at_once();
}

// How many there were is known after the machine's death, too, and it does not wait for slaves that it never
// had.
void Group::note_slaves() {
    if (!is_only_voter() || groups_said_.size() <= vote_file_->state().slaves) return;
    MemberState state = vote_file_->state();
    state.slaves = static_cast<std::uint16_t>(std::min<std::size_t>(groups_said_.size(), UINT16_MAX));
    if (!lost_tail_) state.boot = crc32(store_.config().boot_id);
    remember(state);
}

void Group::begin_search() {
    runtime_.log.warning("lost_tail_wanted", {{"from", store_.commit_log().end().value()},
                                              {"slaves", vote_file_->state().slaves},
                                              {"timeout_ms", config_.lost_tail_timeout / 1ms}});
    lost_tail_.emplace();
    lost_tail_timer_ = runtime_.timers.after(config_.lost_tail_timeout, [this] {
        lost_tail_timer_ = 0;
        end_search();
    });
}

void Group::ask_for_lost_tail() {
    auto& tail = *lost_tail_;
    if (tail.asked) return;
    const auto next = std::ranges::find_if(
        tail.linked, [&](raft::MemberId peer) { return !tail.exhausted.contains(peer); });
    if (next == tail.linked.end()) {
        if (tail.exhausted.size() >= vote_file_->state().slaves) end_search();
        return;
    }
    const PhysicalOffset end = store_.commit_log().end();
    const LostTailRequest request{.term = node_.term(),
                                  .from = end,
                                  .term_before = node_.terms().term_before(end),
                                  .crc_before = checksum_before(end, config_.self)};
    if (send_(*next, request)) tail.asked = *next;
}

void Group::on(raft::MemberId from, const LostTailRequest& request) {
    const auto& log = store_.commit_log();
    LostTailPart part{.from = request.from};
    const bool follows_his_log = !reigning_ && request.from >= log.begin() && request.from < log.written() &&
                                 node_.terms().last() <= request.term &&
                                 node_.terms().term_before(request.from) == request.term_before &&
                                 checksum_before(request.from, from) == request.crc_before;
    if (follows_his_log) {
        const auto range = log.entries_from(request.from, part_size);
        if (!range) return poison(range.error());
        part.range = range->bytes;
        part.starts = node_.terms().between(request.from,
                                            request.from + static_cast<std::int64_t>(range->bytes.size()));
    }
    (void)send_(from, part);
}

void Group::on(raft::MemberId from, const LostTailPart& part) {
    if (!lost_tail_ || lost_tail_->asked != from) return;
    lost_tail_->asked.reset();
    if (part.range.empty()) {
        lost_tail_->exhausted.insert(from);
    } else if (part.from == store_.commit_log().end()) {
        if (auto checked = check(part); !checked) {
            ++probe_.ranges_refused;
            runtime_.log.error(
                "range_refused",
                {{"from", from.value()}, {"offset", part.from.value()}, {"why", checked.error().detail}});
            lost_tail_->exhausted.insert(from);
        } else if (auto taken = take_back(part, *checked); !taken) {
            return poison(taken.error());
        }
    }
    ask_for_lost_tail();
}

Result<store::CheckedRange> Group::check(const LostTailPart& part) const {
    const PhysicalOffset end = part.from + static_cast<std::int64_t>(part.range.size());
    raft::Term term = epochs_.last();
    PhysicalOffset at = part.from;
    for (const auto& start : part.starts) {
        if (start.term <= term || start.term > node_.term() || start.start < at || start.start >= end)
            return failure(Errc::malformed, "terms of a lost tail that do not rise within it");
        term = start.term;
        at = start.start;
    }
    return store_.commit_log().check_range(part.range, part.from);
}

Result<> Group::take_back(const LostTailPart& part, const store::CheckedRange& range) {
    for (const auto& start : part.starts)
        if (auto begun = epochs_.begin(start.term, start.start); !begun) return begun;
    if (auto appended = store_.append_raw(range); !appended) return appended;
    if (auto written = store_.commit_log().write_pending(); !written) return written;
    remember_checksum(config_.self, range.last_at(), range.to());
    node_.took_back(range.to(), part.starts);
    probe_.tail_bytes_taken_back += part.range.size();
    return {};
}

void Group::end_search() {
    const auto tail = std::exchange(lost_tail_, std::nullopt);
    runtime_.timers.cancel(std::exchange(lost_tail_timer_, 0));
    auto& log = store_.commit_log();
    if (auto synced = log.sync_now(); !synced) return poison(synced.error());
    runtime_.log.warning("lost_tail_ended", {{"end", log.end().value()},
                                             {"bytes", probe_.tail_bytes_taken_back},
                                             {"slaves_asked", tail->exhausted.size()}});
    if (tail->exhausted.size() < vote_file_->state().slaves) ++probe_.tails_given_up;
    tell_stored();
    node_.memory_made_good(runtime_.clock.now());
    carry_out();
    arm();
}

}  // namespace tern::replication
