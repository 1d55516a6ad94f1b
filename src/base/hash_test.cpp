#include "base/hash.hpp"

namespace tern {
namespace {

TEST(JavaHash, is_that_of_java_for_tags) {
    EXPECT_EQ(java_hash(""), 0);
    EXPECT_EQ(java_hash("TagA"), 2598919);
    EXPECT_EQ(java_hash("a-rather-long-tag-name"), -379181890);
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
