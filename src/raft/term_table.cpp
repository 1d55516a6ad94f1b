#include "raft/term_table.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace tern::raft {
namespace {

bool starts_behind(LogOffset offset, const TermStart& start) {
    return offset < start.start;
}
bool starts_before(const TermStart& start, LogOffset offset) {
    return start.start < offset;
}

}  // namespace

TermTable::TermTable(std::vector<TermStart> starts) : starts_{std::move(starts)} {
    TERN_ASSERT(rises(starts_));
}

bool TermTable::rises(const std::vector<TermStart>& starts) {
    const auto fall = std::adjacent_find(
        starts.begin(), starts.end(),
        [](const TermStart& a, const TermStart& b) { return a.term >= b.term || a.start >= b.start; });
    return fall == starts.end();
}

Term TermTable::term_at(LogOffset byte) const {
    const auto behind = std::upper_bound(starts_.begin(), starts_.end(), byte, starts_behind);
    return behind == starts_.begin() ? Term{} : std::prev(behind)->term;
}

std::optional<LogOffset> TermTable::next_start(LogOffset behind) const {
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), behind, starts_behind);
    return next == starts_.end() ? std::nullopt : std::optional{next->start};
}

LogOffset TermTable::last_end_of(Term at_most, LogOffset limit) const {
    for (auto start = starts_.rbegin(); start != starts_.rend(); ++start) {
        if (start->start >= limit) continue;
        if (start->term <= at_most) return limit;
        limit = start->start;
    }
    return limit;
}

std::vector<TermStart> TermTable::between(LogOffset from, LogOffset to) const {
    const auto first = std::lower_bound(starts_.begin(), starts_.end(), from, starts_before);
    const auto last = std::lower_bound(first, starts_.end(), to, starts_before);
    return {first, last};
}

void TermTable::append(TermStart start) {
    TERN_ASSERT(starts_.empty() || (start.term > last() && start.start > starts_.back().start));
    starts_.push_back(start);
}

void TermTable::truncate(LogOffset end) {
    while (!starts_.empty() && starts_.back().start >= end) starts_.pop_back();
}

}  // namespace tern::raft
