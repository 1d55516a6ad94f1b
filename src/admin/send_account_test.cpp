#include "admin/send_account.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tern::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A story in one queue; time is in milliseconds.
struct Story {
    SendAccount account{"story", 1};
    std::int64_t at_last{0};
    std::int64_t along{0};

    static Instant at(int ms) { return Instant{} + std::chrono::milliseconds{ms}; }
    std::int64_t begins(int ms) { return account.begin(at(ms)); }
    void acknowledges(std::int64_t number, std::int64_t offset, int ms) {
        account.acknowledged(number, QueueId{0}, QueueOffset{offset}, at(ms));
    }
    void sends(std::int64_t offset, int ms) { acknowledges(begins(ms), offset, ms); }
    void reads_along(std::int64_t number) {
        account.read_along(QueueId{0}, QueueOffset{along++}, numbered_body("story", number, 64));
    }
    void reads(std::int64_t number) { reads_body(numbered_body("story", number, 64)); }
    void reads_body(std::string_view body) { account.read_at_last(QueueId{0}, QueueOffset{at_last++}, body); }
};

TEST(NumberedBody, tells_its_number_only_while_it_is_whole) {
    auto body = numbered_body("story", 42, 100);
    EXPECT_EQ(body.size(), 100);
    EXPECT_EQ(number_of("story", body), 42);
    EXPECT_EQ(number_of("stor", body), std::nullopt);
    EXPECT_EQ(number_of("story", std::string_view{body}.substr(0, 99)), std::nullopt);
    body[50] ^= 1;
    EXPECT_EQ(number_of("story", body), std::nullopt);
    EXPECT_EQ(number_of("story", ""), std::nullopt);
}

TEST(SendAccount, finds_nothing_wrong_where_all_is_read_as_it_was_acknowledged) {
    Story story;
    story.sends(0, 1);
    story.sends(1, 2);
    story.reads_along(0);
    story.reads(0);
    story.reads(1);
    const auto totals = story.account.totals();
    EXPECT_TRUE(totals.nothing_is_wrong());
    EXPECT_EQ(totals.sent, 2);
    EXPECT_EQ(totals.acknowledged, 2);
    EXPECT_EQ(totals.read, 2);
    EXPECT_EQ(totals.doubled, 0);
}
TEST(SendAccount, has_lost_what_was_acknowledged_and_is_not_there) {
    Story story;
    story.sends(0, 1);
    story.sends(1, 2);
    story.reads(0);
    const auto totals = story.account.totals();
    EXPECT_EQ(totals.lost, 1);
    EXPECT_THAT(totals.first_wrong,
                ElementsAre(HasSubstr("message 1 was acknowledged at queue 0, offset 1")));
}
TEST(SendAccount, has_lost_what_is_at_another_place_than_told) {
    Story story;
    story.sends(0, 1);
    story.sends(1, 2);
    story.reads(1);
    story.reads(0);
    EXPECT_EQ(story.account.totals().lost, 2);
}
TEST(SendAccount, takes_what_was_not_acknowledged_there_or_not) {
    Story story;
    story.account.unknown(story.begins(1), Story::at(2));
    story.account.unknown(story.begins(1), Story::at(2));
    story.account.refused(story.begins(1), Story::at(2));
    story.reads(1);
    const auto totals = story.account.totals();
    EXPECT_TRUE(totals.nothing_is_wrong());
    EXPECT_EQ(totals.unknown, 2);
    EXPECT_EQ(totals.refused, 1);
    EXPECT_EQ(totals.read, 1);
}
TEST(SendAccount, counts_every_place_too_many) {
    Story story;
    story.sends(0, 1);
    story.reads(0);
    story.reads(0);
    story.reads(0);
    EXPECT_EQ(story.account.totals().doubled, 2);
    EXPECT_EQ(story.account.totals().read, 1);
}
TEST(SendAccount, sees_bodies_that_are_damaged_or_strange) {
    Story story;
    story.sends(0, 1);
    story.reads(0);
    story.reads_body("what is this");
    story.reads(7);  // Never sent.
    EXPECT_EQ(story.account.totals().damaged, 2);
}
TEST(SendAccount, sees_what_a_reader_saw_and_is_gone) {
    Story story;
    story.account.unknown(story.begins(1), Story::at(2));
    story.account.unknown(story.begins(1), Story::at(2));
    story.reads_along(0);
    story.reads_along(1);
    EXPECT_EQ(story.account.needed_end(QueueId{0}), QueueOffset{2});
    story.reads(1);
    EXPECT_EQ(story.account.totals().changed, 2);
}
TEST(SendAccount, measures_a_recovery_by_sends_that_begin_after_the_fault) {
    Story story;
    story.sends(0, 0);
    const auto early = story.begins(90);
    story.account.fault("SIGKILL", "n0", Story::at(100));
    story.acknowledges(early, 1, 150);
    EXPECT_FALSE(story.account.has_recovered());
    const auto late = story.begins(110);
    story.acknowledges(late, 2, 400);
    ASSERT_TRUE(story.account.has_recovered());
    EXPECT_EQ(story.account.faults().front().recovery, 300ms);
    EXPECT_EQ(story.account.totals().longest_gap, 250ms);
}
TEST(SendAccount, has_a_gap_that_lasts_to_the_last_answer) {
    Story story;
    story.sends(0, 10);
    story.account.unknown(story.begins(20), Story::at(3000));
    EXPECT_EQ(story.account.totals().longest_gap, 2990ms);
}
TEST(Percentile, is_one_of_the_durations) {
    EXPECT_EQ(percentile({3ms, 1ms, 2ms}, 50), 2ms);
    EXPECT_EQ(percentile({3ms, 1ms, 2ms}, 99), 3ms);
    EXPECT_EQ(percentile({}, 50), 0ms);
}

}  // namespace
}  // namespace tern::admin
