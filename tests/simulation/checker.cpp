#include "simulation/checker.hpp"

#include <array>
#include <cstddef>

#include "simulation/evidence.hpp"

namespace tern::simulation {
namespace {

struct Row {
    std::string_view name;
    std::string_view statement;
    Finding (*find)(const Evidence&);
};

// In the order of the enumeration.
constexpr std::array rows{
    Row{"acknowledged_is_kept",
        "Every acknowledged message is read at exactly the queue and offset acknowledged, with its body.",
        find_acknowledged_not_kept},
    Row{"one_value_for_ever", "A queue offset has one value, whoever reads it and whenever.",
        find_second_value},
    Row{"no_phantom", "What is read was sent, to that queue and with that body.", find_phantom},
    Row{"no_hole", "Between the first and the last offset of a queue each one has a message.", find_hole},
    Row{"order_in_time",
        "What anybody sends to a queue after an acknowledgement there has a higher offset than what was "
        "acknowledged.",
        find_disorder_in_time},
    Row{"refused_is_never_read", "What was refused for good is never read.", find_refused_but_read},
    Row{"no_unexplained_copy", "A message is there no more often than its sender tried to send it.",
        find_unexplained_copy},
    Row{"delayed_is_not_early", "A delayed message is not there before its time.", find_delayed_early},
    Row{"delayed_is_not_lost", "A delayed message or one sent back, once acknowledged, is there in the end.",
        find_delayed_lost},
    Row{"dead_letter_after_maximum", "A message becomes a dead letter only after its maximum of attempts.",
        find_early_dead_letter},
    Row{"offset_never_goes_back",
        "A group's offset is one that a client had stored, and goes back only if a client asks for it.",
        find_offset_going_back},
    Row{"nobody_is_sent_back",
        "A reader is not told that a queue ends where somebody had read further before he asked.",
        find_reader_sent_back},
    Row{"group_skips_nothing",
        "Every message below a group's offset that has a tag of its was given to a member of it.",
        find_skipped_message},
    Row{"group_gets_only_its_tags",
        "A member of a group is given no message of a tag that it did not ask for.", find_unwanted_message},
    Row{"lock_has_one_holder", "A queue is locked by one client of a group at a time.",
        find_two_holders_of_a_lock},
};
static_assert(rows.size() == static_cast<std::size_t>(Rule::lock_has_one_holder) + 1);

const Row& row(Rule rule) {
    return rows[static_cast<std::size_t>(rule)];
}

}  // namespace

std::string_view rule_name(Rule rule) {
    return row(rule).name;
}
std::string_view rule_statement(Rule rule) {
    return row(rule).statement;
}

std::vector<Violation> check(const History& history, const Promise& promise) {
    const Evidence evidence{history, promise};
    std::vector<Violation> violations;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (auto finding = rows[i].find(evidence))
            violations.push_back({static_cast<Rule>(i), std::move(*finding)});
    return violations;
}

}  // namespace tern::simulation
