#include "base/byte_scan.hpp"

#include "base/random.hpp"
#include "base/text.hpp"

namespace tern {
namespace {

std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> parts;
    for_each_part<';'>(text, [&](std::string_view part) { parts.push_back(part); });
    return parts;
}

TEST(Parts, are_what_stands_between_separators) {
    using testing::ElementsAre;
    EXPECT_THAT(parts_of(""), ElementsAre());
    EXPECT_THAT(parts_of(";;"), ElementsAre());
    EXPECT_THAT(parts_of("a"), ElementsAre("a"));
    EXPECT_THAT(parts_of(";a;;bc;"), ElementsAre("a", "bc"));
}

TEST(Parts, and_finds_are_those_of_a_simple_loop_at_every_length) {
    SeededRandom random{3};
    for (int i = 0; i < 20'000; ++i) {
        const std::string text = [&] {
            std::string bytes(random.below(70), 'x');
            for (char& byte : bytes)
                if (random.below(5) == 0) byte = ";:\x00\xFF\x80"[random.below(5)];
            return bytes;
        }();
        EXPECT_EQ(parts_of(text), split(text, ';'));
        const auto* const end = text.data() + text.size();
        const auto* const found = find_either<';', ':'>(text.data(), end);
        EXPECT_EQ(static_cast<std::size_t>(found - text.data()),
                  std::min(text.find_first_of(";:"), text.size()));
    }
}

}  // namespace
}  // namespace tern
