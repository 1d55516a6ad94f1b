#include "broker/kept_offsets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace tern::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

class OffsetsKept : public testing::Test {
protected:
    void has(std::int64_t offset) {
        replication::InternalRecord change;
        change.offsets.emplace()["topic@group"][QueueId{0}] = QueueOffset{offset};
        table.apply(change, {});
    }
    void keeps(std::int64_t offset) { kept.keep("group", "topic", QueueId{0}, QueueOffset{offset}); }
    // What the leader is given: "offset since".
    std::vector<std::string> handed_over(bool there_is_a_leader = true) {
        std::vector<std::string> given;
        kept.hand_over([&](const KeptOffsets::Kept& one) {
            if (there_is_a_leader)
                given.push_back(std::to_string(one.offset.value()) + " " + std::to_string(one.since.value()));
            return there_is_a_leader;
        });
        return given;
    }
    auto found() const { return kept.find("group", "topic", QueueId{0}); }

    ConsumerOffsets table;
    KeptOffsets kept{table};
};

TEST_F(OffsetsKept, are_handed_over_until_the_table_has_them) {
    has(100);
    keeps(120);
    keeps(150);
    EXPECT_THAT(found(), Optional(QueueOffset{150}));
    EXPECT_THAT(handed_over(false), IsEmpty());
    EXPECT_THAT(handed_over(), ElementsAre("150 100"));
    EXPECT_THAT(handed_over(), ElementsAre("150 100"));
    has(150);
    EXPECT_EQ(found(), std::nullopt);
    EXPECT_THAT(handed_over(), IsEmpty());
    EXPECT_EQ(kept.size(), 0U);
}

TEST_F(OffsetsKept, never_move_a_group_backwards) {
    has(100);
    keeps(90);
    EXPECT_EQ(kept.size(), 0U);
    keeps(150);
    keeps(140);
    EXPECT_THAT(handed_over(), ElementsAre("150 100"));
    has(170);
    EXPECT_EQ(found(), std::nullopt);
    EXPECT_THAT(handed_over(), IsEmpty());
}

TEST_F(OffsetsKept, outlive_what_the_lost_leader_had_committed) {
    has(100);
    keeps(150);
    has(120);
    EXPECT_THAT(handed_over(), ElementsAre("150 100"));
}

TEST_F(OffsetsKept, give_way_to_somebody_who_sets_the_group_back) {
    has(100);
    keeps(150);
    has(50);
    EXPECT_THAT(handed_over(), IsEmpty());
    EXPECT_EQ(kept.size(), 0U);
}

TEST_F(OffsetsKept, are_those_of_a_new_group_too) {
    keeps(7);
    EXPECT_THAT(handed_over(), ElementsAre("7 0"));
}

TEST_F(OffsetsKept, are_the_same_read_from_their_text) {
    has(100);
    keeps(150);
    kept.keep("a \"group\"", "other", QueueId{3}, QueueOffset{INT64_MAX});
    KeptOffsets other{table};
    ASSERT_TRUE(other.restore(kept.text()));
    EXPECT_EQ(other.text(), kept.text());
    EXPECT_EQ(other.size(), 2U);
    EXPECT_THAT(other.find("group", "topic", QueueId{0}), Optional(QueueOffset{150}));
    for (const auto* text : {"", "{", R"({"offsets":[{"group":"g"}]})"})
        EXPECT_FALSE(other.restore(text)) << text;
    EXPECT_EQ(other.text(), kept.text());
}

TEST_F(OffsetsKept, have_another_revision_after_each_change) {
    std::uint64_t revision = kept.revision();
    const auto changes = [&] { return std::exchange(revision, kept.revision()) != revision; };
    keeps(150);
    EXPECT_TRUE(changes());
    keeps(150);
    keeps(140);
    EXPECT_FALSE(changes());
    keeps(160);
    EXPECT_TRUE(changes());
    has(160);
    handed_over();
    EXPECT_TRUE(changes());
}

TEST_F(OffsetsKept, are_bounded) {
    for (std::size_t i = 0; i <= KeptOffsets::entries_max; ++i)
        EXPECT_EQ(kept.keep("group", "topic", QueueId{static_cast<std::int32_t>(i)}, QueueOffset{1}),
                  i < KeptOffsets::entries_max);
    EXPECT_EQ(kept.size(), KeptOffsets::entries_max);
    EXPECT_EQ(kept.not_kept(), 1U);
}

}  // namespace
}  // namespace tern::broker
