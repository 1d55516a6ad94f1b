// Watches a simulated group and says which promise of Raft was broken first (figure 3 of the paper, and what
// this library promises beyond it). Each record has a value of its own, and a chain that stands for all that
// comes before it, so equal chains mean equal prefixes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "raft/types.hpp"

namespace tern::raft {

struct Record {
    Term term;
    LogOffset end;
    std::uint64_t value{0};
    std::uint64_t chain{0};
    friend bool operator==(const Record&, const Record&) = default;
};
using Records = std::vector<Record>;

inline std::uint64_t chain_of(std::uint64_t before, const Record& record) {
    std::uint64_t mixed = before ^ (record.value * 0x9E3779B97F4A7C15U) ^
                          static_cast<std::uint64_t>(record.term.value() << 40) ^
                          static_cast<std::uint64_t>(record.end.value());
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    return mixed ^ (mixed >> 27);
}

inline LogOffset end_of(const Records& log) {
    return log.empty() ? LogOffset{} : log.back().end;
}

// How many records end at or before that place.
inline std::size_t count_until(const Records& log, LogOffset end) {
    return static_cast<std::size_t>(std::ranges::upper_bound(log, end, {}, &Record::end) - log.begin());
}
inline const Record* record_ending_at(const Records& log, LogOffset end) {
    const auto found = std::ranges::lower_bound(log, end, {}, &Record::end);
    return found != log.end() && found->end == end ? &*found : nullptr;
}

// How many records two logs begin with alike.
inline std::size_t count_same(const Records& a, const Records& b) {
    return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

class Oracle {
public:
    const std::string& verdict() const { return verdict_; }  // Empty while all is well.
    void violated(const std::string& what) {
        if (verdict_.empty()) verdict_ = what;
    }
    void reached(const std::string& state) { ++states_[state]; }
    const std::map<std::string, std::uint64_t>& states() const { return states_; }

    // Log matching: a record of one term at one place has one past, wherever it lies.
    void holds(MemberId member, const Record& record) {
        const auto [known, fresh] = pasts_.try_emplace({record.term, record.end}, record.chain);
        if (!fresh && known->second != record.chain) violated("log matching" + where(member, record.end));
    }
    // Election safety; leader completeness: what a term has committed, the leaders of all later ones have.
    void leads(MemberId member, Term term, const Records& log, std::size_t majority) {
        const auto voted_for_it = [&](const auto& vote) {
            return vote.first.first != member && vote.first.second == term && vote.second == member;
        };
        if (static_cast<std::size_t>(std::ranges::count_if(votes_, voted_for_it)) + 1 < majority)
            violated("leads without the votes of a majority");
        const auto [known, fresh] = leaders_.try_emplace(term, member);
        if (!fresh) violated("election safety: a second leader of term " + std::to_string(term.value()));
        const auto later = committed_in_.lower_bound(term);
        if (later == committed_in_.begin()) return;
        const auto end = std::prev(later)->second;
        if (!has(log, *record_ending_at(committed_, end)))
            violated("leader completeness" + where(member, end));
    }
    // State-machine safety.
    void committed(MemberId member, const Records& log, LogOffset end) {
        const auto* last = record_ending_at(log, end);
        if (last == nullptr) return violated("committed what it does not hold" + where(member, end));
        // The leader is the first to know, and has committed up to a record of its own term.
        if (end > committed_end()) committed_in_[last->term] = end;
        for (auto next = count_until(log, committed_end()); next < count_until(log, end); ++next)
            committed_.push_back(log[next]);
        const auto* truth = record_ending_at(committed_, end);
        if (truth == nullptr || truth->chain != last->chain)
            violated("state-machine safety" + where(member, end));
    }
    // One vote a term, across crashes.
    void votes(MemberId voter, Term term, MemberId candidate) {
        const auto [known, fresh] = votes_.try_emplace({voter, term}, candidate);
        if (known->second != candidate)
            violated("two votes of " + std::to_string(voter.value()) + " in term " +
                     std::to_string(term.value()));
    }
    void stands(MemberId, Term term) {
        if (++candidates_[term] == 2) reached("split vote");
    }
    bool has(const Records& log, const Record& record) const {
        const auto* own = record_ending_at(log, record.end);
        return own != nullptr && own->chain == record.chain;
    }
    LogOffset committed_end() const { return end_of(committed_); }
    const Records& committed() const { return committed_; }
    std::size_t terms_led() const { return leaders_.size(); }
    // A majority has lost its memory at once: a quorum in memory promises nothing of what was committed.
    void waive() {
        committed_.clear();
        committed_in_.clear();
    }

private:
    static std::string where(MemberId member, LogOffset end) {
        return ": member " + std::to_string(member.value()) + " at " + std::to_string(end.value());
    }

    std::string verdict_;
    std::map<std::string, std::uint64_t> states_;
    std::map<std::pair<Term, LogOffset>, std::uint64_t> pasts_;
    std::map<Term, MemberId> leaders_;
    std::map<Term, int> candidates_;
    std::map<std::pair<MemberId, Term>, MemberId> votes_;
    Records committed_;
    std::map<Term, LogOffset> committed_in_;
};

}  // namespace tern::raft
