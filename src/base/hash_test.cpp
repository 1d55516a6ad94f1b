#include "base/hash.hpp"

namespace tern {
namespace {

TEST(JavaHash, is_that_of_java_for_tags) {
    EXPECT_EQ(java_hash(""), 0);
    EXPECT_EQ(java_hash("TagA"), 2598919);
    EXPECT_EQ(java_hash("a-rather-long-tag-name"), -379181890);
}

// However long the text is, and wherever in it a character is that is not ASCII.
TEST(JavaHash, is_the_same_in_steps_of_any_size) {
    std::string text;
    std::uint32_t expected = 0;
    for (unsigned i = 0; i < 80; ++i) {
        EXPECT_EQ(java_hash(text), static_cast<std::int32_t>(expected)) << text;
        EXPECT_EQ(java_hash(text + "\xE4\xBD\xA0"), static_cast<std::int32_t>(expected * 31 + 0x4F60))
            << text;
        EXPECT_EQ(java_hash(text.substr(i / 2), java_hash(text.substr(0, i / 2))),
                  static_cast<std::int32_t>(expected));
        const auto character = static_cast<char>(1 + i * 53 % 127);
        text += character;
        expected = expected * 31 + static_cast<unsigned char>(character);
    }
}

TEST(JavaHash, counts_utf16_units) {
    EXPECT_EQ(java_hash("\xE4\xBD\xA0"), 0x4F60);                    // One unit.
    EXPECT_EQ(java_hash("\xF0\x9F\x98\x80"), 0xD83D * 31 + 0xDE00);  // A surrogate pair.
}

TEST(Crc32, is_that_of_java_without_the_sign) {
    EXPECT_EQ(crc32_masked("hello"), 0x3610A686);
    EXPECT_EQ(crc32("lo", crc32("hel")), crc32("hello"));
}

}  // namespace
}  // namespace tern
