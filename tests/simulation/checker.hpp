// Judges a history: which of the promises that the configured mode makes were broken, and by which facts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/history.hpp"

namespace tern::simulation {

// What the mode of the brokers promises to clients.
struct Promise {
    // SYNC_FLUSH: what was acknowledged or read is synced. Otherwise a loss of unsynced writes may void it.
    bool synced_before_answer{true};
    // How far the brokers' wall clock may have been set back in the run; delays may come out so much shorter.
    std::chrono::milliseconds clock_set_back{0};
    // A member passes requests on to another: what a client has given up may have its effect so much later.
    Duration requests_linger{0};
    // A Raft group: what did not wait for the other members (WAIT=false) may go with its leader.
    bool is_kept_by_others{false};
};

enum class Rule {
    acknowledged_is_kept,
    one_value_for_ever,
    no_phantom,
    no_hole,
    order_in_time,
    refused_is_never_read,
    no_unexplained_copy,
    delayed_is_not_early,
    delayed_is_not_lost,
    dead_letter_after_maximum,
    offset_never_goes_back,
    nobody_is_sent_back,
    group_skips_nothing,
    group_gets_only_its_tags,
    lock_has_one_holder,
};

// The rule as a name and as a sentence, for reports.
std::string_view rule_name(Rule rule);
std::string_view rule_statement(Rule rule);

struct Violation {
    Rule rule;
    std::string words;  // The first facts against it.
};

// One violation at most for each rule, in the order of the rules. A fact that breaks a rule counts for that
// rule only.
std::vector<Violation> check(const History& history, const Promise& promise);

}  // namespace tern::simulation
