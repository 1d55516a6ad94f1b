#include "remoting/name_index.hpp"

#include "base/random.hpp"

namespace tern::remoting {
namespace {

using namespace std::string_view_literals;

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
    for (const std::string_view name :
         {""sv, "b"sv, "aa"sv, "abd"sv, "abce"sv, "Bname"sv, "maxOffsex"sv, "commitOffseT"sv,
          "defaultTopicQueueNumz"sv, "defaultTopicQueueNum"sv, "commitLog"sv, "a\0b"sv})
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
