// Every kind of lie that members of a group could tell, planted in a group without fault: exactly the rule
// that it breaks reports it.
#include "simulation/group_oracle.hpp"

#include <array>
#include <functional>
#include <ostream>

#include <gmock/gmock.h>

namespace tern::simulation {
namespace {

using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::int64_t batch_size = 100;

// Says whatever it is told to.
struct TalkingMember final : MemberView {
    State state() const override {
        return {.is_poisoned = false,
                .leads = leads,
                .term = term,
                .committed = committed,
                .begin = begin,
                .end = PhysicalOffset{std::ssize(log)},
                .flushed = flushed};
    }
    std::optional<std::string_view> bytes(PhysicalOffset from, std::int64_t size) const override {
        if (from < begin || from >= state().end) return std::nullopt;
        return std::string_view{log}.substr(static_cast<std::size_t>(from.value()),
                                            static_cast<std::size_t>(size));
    }
    const std::vector<replication::EpochEntry>& epochs() const override { return reigns; }
    replication::Snapshot tables() const override {
        return {.position = committed, .epoch = term, .tables = {{"topics.json", topics}}};
    }
    PhysicalOffset snapshot() const override { return newest_snapshot; }
    std::vector<replication::MemberStatus> members() const override { return statuses; }

    bool leads{false};
    Epoch term{1};
    std::string log{};  // From byte 0, also what it has lost.
    PhysicalOffset begin;
    PhysicalOffset committed;
    PhysicalOffset flushed;
    PhysicalOffset newest_snapshot;
    std::string topics{"{}"};
    std::vector<replication::MemberStatus> statuses{};
    std::vector<replication::EpochEntry> reigns{{Epoch{1}, PhysicalOffset{0}}};
};

// Three members; the first leads, and all have the same.
class TalkingGroup {
public:
    TalkingGroup() {
        members[0].leads = true;
        for (std::int64_t id = 1; id < 3; ++id)
            members[0].statuses.push_back({.id = raft::MemberId{id}, .linked = true});
    }

    void appends() {
        ++batches_;
        for (auto& member : members) {
            member.log.append(batch_size, static_cast<char>('a' + batches_ % 26));
            member.flushed = member.newest_snapshot = member.state().end;
        }
        for (auto& status : members[0].statuses) status.matched = end();
    }
    void commits() {
        for (auto& member : members) member.committed = end();
    }
    void runs(int batches) {
        for (int i = 0; i < batches; ++i) {
            appends();
            commits();
            looks();
        }
    }
    void loses_begin(std::size_t member, PhysicalOffset begin) {
        members[member].begin = begin;
        looks();
    }
    void leads(std::size_t member, Epoch term) {
        for (auto& one : members) one.leads = false;
        members[member].leads = true;
        members[member].term = term;
        looks();
    }
    void restarts(std::size_t member) {
        ++lives_[member];
        members[member].committed = members[member].begin;
        looks();
    }
    void looks() {
        for (std::size_t i = 0; i < members.size() && verdict_.empty(); ++i)
            if (const auto looked = oracle.look(i, lives_[i], members[i]); !looked)
                verdict_ = looked.error().detail;
    }

    PhysicalOffset end() const { return PhysicalOffset{batches_ * batch_size}; }
    const std::string& verdict() const { return verdict_; }

    GroupOracle oracle{3};
    std::array<TalkingMember, 3> members;

private:
    std::int64_t batches_{0};
    std::array<std::uint64_t, 3> lives_{1, 1, 1};
    std::string verdict_;
};

struct Lie {
    const char* lie;
    const char* rule;
    void (*tell)(TalkingGroup&);

    friend void PrintTo(const Lie& one, std::ostream* out) { *out << one.lie; }
};

const Lie lies[]{
    {"two_members_lead_a_term", "one_leader_a_term", [](auto& group) { group.leads(1, Epoch{1}); }},
    {"a_member_leads_the_term_of_its_life_before", "one_leader_a_term",
     [](auto& group) { group.restarts(0); }},
    {"a_leader_lacks_what_was_committed", "leader_is_complete",
     [](auto& group) {
         group.members[1].log.resize(850);
         group.leads(1, Epoch{2});
     }},
    {"no_log_has_what_was_committed", "leader_is_complete",
     [](auto& group) {
         for (auto& member : group.members) member.log.resize(850);
         group.leads(2, Epoch{2});
     }},
    {"a_leader_has_other_bytes_than_were_committed", "one_committed_log",
     [](auto& group) {
         group.restarts(1);
         group.members[1].log[120] = 'x';
         group.leads(1, Epoch{2});
     }},
    {"a_member_commits_other_bytes", "one_committed_log",
     [](auto& group) {
         group.appends();
         group.members[2].log.back() = 'x';
         group.commits();
         group.looks();
     }},
    {"a_member_has_other_bytes_after_a_restart", "one_committed_log",
     [](auto& group) {
         group.members[2].log[450] = 'x';
         group.restarts(2);
         group.commits();
         group.looks();
     }},
    {"a_member_cannot_read_what_is_committed", "one_committed_log",
     [](auto& group) {
         group.members[2].committed = PhysicalOffset{1'050};
         group.looks();
     }},
    {"a_member_has_other_bytes_of_a_term_that_are_not_committed", "log_matching",
     [](auto& group) {
         group.appends();
         group.members[2].log.back() = 'x';
         group.looks();
     }},
    {"a_member_gets_other_bytes_in_the_place_of_its_tail", "log_matching",
     [](auto& group) {
         group.appends();
         group.looks();
         group.members[1].log.resize(1'050);
         group.looks();
         group.members[1].log.append(50, 'x');
         group.looks();
     }},
    {"a_term_begins_at_two_places", "log_matching",
     [](auto& group) {
         group.members[1].reigns.push_back({Epoch{2}, PhysicalOffset{900}});
         group.members[2].reigns.push_back({Epoch{2}, PhysicalOffset{950}});
         group.looks();
     }},
    {"a_term_comes_behind_two_others", "log_matching",
     [](auto& group) {
         group.members[1].reigns.push_back({Epoch{3}, PhysicalOffset{900}});
         group.members[2].reigns.push_back({Epoch{2}, PhysicalOffset{800}});
         group.members[2].reigns.push_back({Epoch{3}, PhysicalOffset{900}});
         group.looks();
     }},
    {"a_commit_goes_back", "commit_is_monotone",
     [](auto& group) {
         group.members[1].committed = PhysicalOffset{900};
         group.looks();
     }},
    {"tables_differ_at_one_place", "one_state_a_place",
     [](auto& group) {
         group.members[1].topics = "{\"Orders\":{}}";
         group.runs(400);
     }},
    {"a_log_begins_behind_what_is_committed", "begin_is_committed",
     [](auto& group) {
         group.appends();
         group.loses_begin(0, PhysicalOffset{1'100});
     }},
    {"a_log_begins_behind_what_is_flushed", "begin_is_committed",
     [](auto& group) {
         group.members[1].flushed = PhysicalOffset{200};
         group.loses_begin(1, PhysicalOffset{300});
     }},
    {"a_begin_goes_back", "begin_is_committed",
     [](auto& group) {
         group.loses_begin(1, PhysicalOffset{300});
         group.loses_begin(1, PhysicalOffset{200});
     }},
    {"a_log_begins_behind_every_snapshot", "begin_is_in_a_snapshot",
     [](auto& group) {
         group.members[1].newest_snapshot = PhysicalOffset{250};
         group.loses_begin(1, PhysicalOffset{300});
     }},
    {"a_log_begins_behind_what_a_member_has", "begin_waits_for_members",
     [](auto& group) {
         group.members[0].statuses[1].matched = PhysicalOffset{250};
         group.loses_begin(0, PhysicalOffset{300});
     }},
};

class OracleOfGroups : public ::testing::TestWithParam<Lie> {};

TEST_P(OracleOfGroups, reports_by_its_rule_that) {
    TalkingGroup group;
    group.runs(10);
    ASSERT_THAT(group.verdict(), IsEmpty());
    GetParam().tell(group);
    EXPECT_THAT(group.verdict(), StartsWith(std::string{GetParam().rule} + ": "));
}
INSTANTIATE_TEST_SUITE_P(Lies, OracleOfGroups, ::testing::ValuesIn(lies),
                         [](const auto& info) { return std::string{info.param.lie}; });

TEST(OracleOfGoodGroups, finds_nothing_wrong) {
    TalkingGroup group;
    group.runs(400);
    group.restarts(1);
    group.commits();
    group.runs(10);
    group.leads(1, Epoch{2});
    group.runs(10);
    group.loses_begin(1, PhysicalOffset{5'000});
    group.restarts(2);
    group.runs(10);
    EXPECT_THAT(group.verdict(), IsEmpty());
    EXPECT_EQ(group.oracle.reigns(), 2U);
    EXPECT_EQ(group.oracle.committed(), group.end());
}

TEST(OracleOfGoodGroups, lets_a_log_lose_what_only_an_absent_member_needs) {
    TalkingGroup group;
    group.runs(10);
    group.members[0].statuses[1] = {.id = raft::MemberId{2}, .linked = false, .matched = PhysicalOffset{250}};
    group.loses_begin(0, PhysicalOffset{300});
    EXPECT_THAT(group.verdict(), IsEmpty());
}

TEST(OracleOfGoodGroups, lets_a_tail_that_differs_be_cut) {
    TalkingGroup group;
    group.runs(10);
    group.appends();
    group.looks();
    for (auto& member : group.members) member.log.resize(1'000);
    group.leads(1, Epoch{2});
    for (auto& member : group.members) {
        member.reigns.push_back({Epoch{2}, PhysicalOffset{1'000}});
        member.log.append(100, 'x');
    }
    group.looks();
    EXPECT_THAT(group.verdict(), IsEmpty());
}

// What an installation leaves: a log that begins late, and bytes behind that the others have.
TEST(OracleOfGoodGroups, compares_a_log_from_its_begin_on) {
    TalkingGroup group;
    group.runs(10);
    group.members[2].log.replace(0, 300, 300, '?');
    group.members[2].begin = PhysicalOffset{300};
    group.restarts(2);
    group.runs(10);
    EXPECT_THAT(group.verdict(), IsEmpty());
    group.restarts(2);
    group.members[2].log[300] = '?';
    group.runs(1);
    EXPECT_THAT(group.verdict(), StartsWith("one_committed_log: n2 has another byte at 300 "));
}

TEST(OracleOfGoodGroups, lets_too_many_machines_forget_what_was_in_memory) {
    TalkingGroup group;
    group.runs(10);
    group.oracle.excuse_loss_behind(PhysicalOffset{850});
    for (auto& member : group.members) member.log.replace(850, 150, 150, 'x');
    group.restarts(1);
    group.leads(1, Epoch{2});
    EXPECT_THAT(group.verdict(), IsEmpty());
    group.oracle.excuse_loss_behind(PhysicalOffset{840});
    for (auto& member : group.members) member.log[839] = 'x';
    group.restarts(2);
    group.leads(2, Epoch{3});
    EXPECT_THAT(group.verdict(), StartsWith("one_committed_log: n2 has another byte at 839 "));
}

}  // namespace
}  // namespace tern::simulation
