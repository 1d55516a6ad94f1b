// A master whose machine died has lost what was not flushed, and acknowledged some of it because slaves had
// it, too: it asks them for that before it leads again. Else they would cut it.
#include <algorithm>

#include "base/assert.hpp"
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
    lost_tail_.emplace(node_.doubted_from().value_or(store_.commit_log().end()));
    runtime_.log.warning("lost_tail_wanted", {{"from", store_.commit_log().end().value()},
                                              {"doubted_from", lost_tail_->compared_to.value()},
                                              {"slaves", vote_file_->state().slaves},
                                              {"timeout_ms", config_.lost_tail_timeout / 1ms}});
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
    const PhysicalOffset from = tail.compared_to;
    const LostTailRequest request{.term = node_.term(),
                                  .from = from,
                                  .term_before = node_.terms().term_before(from),
                                  .crc_before = checksum_before(from, config_.self)};
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
    } else if (part.from == lost_tail_->compared_to) {
        if (auto taken = take_back(from, part); !taken) return poison(taken.error());
    }
    ask_for_lost_tail();
}

// First what this log doubts of itself is compared. Where the slave has another record of the same term, the
// loss of power has changed the one that is here; where terms differ, the slave has what was given up before.
Result<> Group::take_back(raft::MemberId from, const LostTailPart& part) {
    const auto& log = store_.commit_log();
    const raft::Append append{.term = node_.term(),
                              .from = part.from,
                              .to = part.from + static_cast<std::int64_t>(part.range.size()),
                              .term_before = node_.terms().term_before(part.from),
                              .starts = part.starts};
    const auto checked = check(append, part.range);
    if (!checked) {
        ++probe_.ranges_refused;
        runtime_.log.error(
            "range_refused",
            {{"from", from.value()}, {"offset", part.from.value()}, {"why", checked.error().detail}});
        lost_tail_->exhausted.insert(from);
        return {};
    }
    if (const auto differs = differing_entry(append, part.range, part.from)) {
        TERN_ASSERT(forget_damaged(*differs));
    } else if (const auto common = node_.common_end(append); common < std::min(append.to, log.end())) {
        lost_tail_->compared_to = common;
        lost_tail_->exhausted.insert(from);
        return {};
    }
    lost_tail_->compared_to = append.to;
    if (append.to <= log.end()) return {};
    const PhysicalOffset end = log.end();
    const auto range = part_of(*checked, end, append.to);
    if (!range) return std::unexpected(range.error());
    const auto starts = raft::TermTable{part.starts}.between(end, append.to);
    for (const auto& start : starts)
        if (auto begun = epochs_.begin(start.term, start.start); !begun) return begun;
    if (auto appended = store_.append_raw(*range); !appended) return appended;
    if (auto written = store_.commit_log().write_pending(); !written) return written;
    remember_checksum(config_.self, range->last_at(), range->to());
    node_.took_back(range->to(), starts);
    probe_.tail_bytes_taken_back += range->bytes().size();
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
