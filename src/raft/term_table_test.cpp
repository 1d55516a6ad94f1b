#include "raft/term_table.hpp"

namespace tern::raft {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr LogOffset at(std::int64_t offset) {
    return LogOffset{offset};
}

class TermTables : public testing::Test {
protected:
    // Term 1 wrote [0, 100), term 3 [100, 150), term 4 what follows.
    TermTable table{{{Term{1}, at(0)}, {Term{3}, at(100)}, {Term{4}, at(150)}}};
};

TEST_F(TermTables, know_the_term_of_each_byte_and_of_the_entry_that_ends_at_an_offset) {
    EXPECT_EQ(table.term_at(at(99)), Term{1});
    EXPECT_EQ(table.term_at(at(100)), Term{3});
    EXPECT_EQ(table.term_before(at(100)), Term{1});
    EXPECT_EQ(table.term_before(at(0)), Term{0});
    EXPECT_EQ(table.term_before(at(1000)), Term{4});
}

TEST_F(TermTables, of_a_log_without_terms_say_term_0) {
    EXPECT_EQ(TermTable{}.last(), Term{0});
    EXPECT_EQ(TermTable{}.term_before(at(7)), Term{0});
    EXPECT_EQ(TermTable{}.last_end_of(Term{5}, at(7)), at(7));
}

TEST_F(TermTables, find_the_last_entry_of_a_term_that_is_not_above_another) {
    EXPECT_EQ(table.last_end_of(Term{4}, at(170)), at(170));
    EXPECT_EQ(table.last_end_of(Term{3}, at(170)), at(150));
    EXPECT_EQ(table.last_end_of(Term{2}, at(170)), at(100));
    EXPECT_EQ(table.last_end_of(Term{2}, at(60)), at(60));
    EXPECT_EQ(table.last_end_of(Term{0}, at(170)), at(0));
}

TEST_F(TermTables, name_the_terms_that_begin_in_a_range) {
    EXPECT_THAT(table.between(at(100), at(150)), ElementsAre(TermStart{Term{3}, at(100)}));
    EXPECT_THAT(table.between(at(101), at(150)), IsEmpty());
    EXPECT_EQ(table.next_start(at(0)), at(100));
    EXPECT_EQ(table.next_start(at(150)), std::nullopt);
}

TEST_F(TermTables, forget_the_terms_behind_a_cut_and_keep_the_one_it_goes_through) {
    table.truncate(at(120));
    EXPECT_EQ(table.last(), Term{3});
    table.truncate(at(100));
    EXPECT_EQ(table.last(), Term{1});
    table.append({Term{7}, at(100)});
    EXPECT_EQ(table.term_at(at(500)), Term{7});
}

TEST_F(TermTables, from_outside_are_asked_whether_they_rise) {
    EXPECT_TRUE(TermTable::rises({{Term{1}, at(0)}, {Term{2}, at(5)}}));
    EXPECT_FALSE(TermTable::rises({{Term{2}, at(0)}, {Term{2}, at(5)}}));
    EXPECT_FALSE(TermTable::rises({{Term{1}, at(5)}, {Term{2}, at(5)}}));
}

}  // namespace
}  // namespace tern::raft
