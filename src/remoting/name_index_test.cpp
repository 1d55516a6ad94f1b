#include "remoting/name_index.hpp"

#include "base/random.hpp"

namespace tern::remoting {
namespace {

constexpr std::array<std::string_view, 10> names{"a",
                                                 "ab",
                                                 "abc",
                                                 "abcd",
                                                 "bname",
                                                 "maxOffset",
                                                 "minOffset",
                                                 "commitOffset",
                                                 "commitLogOffset",
                                                 "defaultTopicQueueNums"};
constexpr NameIndex index{names};

TEST(NameIndex, finds_each_of_its_names) {
    for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(index.find(names[i]), i) << names[i];
}

TEST(NameIndex, finds_nothing_else) {
    for (const auto* name : {"", "b", "aa", "abd", "abce", "Bname", "maxOffsex", "commitOffseT",
                             "defaultTopicQueueNumz", "defaultTopicQueueNum", "commitLog", "a\0b"})
        EXPECT_EQ(index.find(name), index.none) << name;
    SeededRandom random{1};
    for (int round = 0; round < 10'000; ++round) {
        std::string name{names[random.below(names.size())]};
        name[random.below(name.size())] = static_cast<char>(random.below(256));
        const bool known = std::ranges::find(names, name) != names.end();
        EXPECT_EQ(index.find(name) != index.none, known) << name;
    }
}

TEST(NameIndex, of_no_names_finds_none) {
    static constexpr NameIndex<0> empty{{}};
    EXPECT_EQ(empty.find("a"), empty.none);
}

}  // namespace
}  // namespace tern::remoting
