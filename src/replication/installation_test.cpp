#include "replication/installation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.hpp"

namespace tern::replication {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Installation an_installation() {
    return {.group = GroupId{7},
            .begin = PhysicalOffset{4096},
            .terms = {{raft::Term{1}, PhysicalOffset{0}}, {raft::Term{3}, PhysicalOffset{2048}}},
            .queues = {{"TopicA", QueueId{2}, QueueOffset{19}}},
            .snapshot = {PhysicalOffset{5000}, Epoch{3}, {{"topics.json", "{}"}}}};
}

std::string why_refused(std::string_view bytes) {
    const auto decoded = decode_installation(bytes);
    return decoded ? "nothing" : decoded.error().detail;
}

TEST(Installation, comes_back_as_it_was) {
    const auto found = decode_installation(encode_installation(an_installation()));
    ASSERT_TRUE(found) << found.error().detail;
    EXPECT_EQ(found->group, GroupId{7});
    EXPECT_EQ(found->begin, PhysicalOffset{4096});
    EXPECT_EQ(found->terms, an_installation().terms);
    EXPECT_EQ(found->queues, an_installation().queues);
    EXPECT_EQ(found->snapshot.position, PhysicalOffset{5000});
    EXPECT_EQ(found->snapshot.tables[0].text, "{}");
}

TEST(Installation, is_refused_when_any_byte_differs_or_is_missing) {
    const std::string whole = encode_installation(an_installation());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        std::string other = whole;
        other[i] ^= 1;
        EXPECT_NE(why_refused(other), "nothing") << i;
        EXPECT_NE(why_refused(whole.substr(0, i)), "nothing") << i;
    }
}

// Its checksum is right, and what it says cannot be.
TEST(Installation, is_refused_when_its_parts_contradict_each_other) {
    auto terms_fall = an_installation();
    std::swap(terms_fall.terms[0], terms_fall.terms[1]);
    EXPECT_THAT(why_refused(encode_installation(terms_fall)), HasSubstr("terms that do not rise"));
    auto term_behind = an_installation();
    term_behind.begin = PhysicalOffset{2048};
    EXPECT_THAT(why_refused(encode_installation(term_behind)), HasSubstr("up to its begin"));
    auto old_tables = an_installation();
    old_tables.snapshot.position = PhysicalOffset{4095};
    EXPECT_THAT(why_refused(encode_installation(old_tables)), HasSubstr("a snapshot below its begin"));
}

}  // namespace
}  // namespace tern::replication
