#include "base/unicode.hpp"

#include <string>

namespace tern {
namespace {

std::vector<std::uint32_t> code_points(std::string_view text) {
    std::vector<std::uint32_t> found;
    while (!text.empty()) found.push_back(take_code_point(text));
    return found;
}

std::string utf8(std::uint32_t code_point) {
    std::array<char, utf8_size_max> bytes;
    return {bytes.data(), write_utf8(code_point, bytes.data())};
}

std::string escape(std::uint32_t code_point) {
    std::array<char, unicode_escape_size_max> text;
    return {text.data(), write_unicode_escape(code_point, text.data())};
}

TEST(Utf8, is_read_and_written_at_every_length) {
    for (const std::uint32_t each : {0x0U, 0x7FU, 0x80U, 0x7FFU, 0x800U, 0xFFFFU, 0x10000U, 0x10FFFFU})
        EXPECT_THAT(code_points(utf8(each)), ::testing::ElementsAre(each));
}
TEST(Utf8, that_is_broken_reads_as_one_replacement_a_byte) {
    for (const std::string_view broken :
         {"\x80", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"})
        EXPECT_EQ(code_points(broken), std::vector<std::uint32_t>(broken.size(), replacement_character));
}
TEST(UnicodeEscape, is_written_in_utf_16) {
    EXPECT_EQ(escape(0x41), "\\u0041");
    EXPECT_EQ(escape(0x1F600), "\\uD83D\\uDE00");
}
TEST(UnicodeEscape, is_read_with_the_second_half_of_a_pair) {
    std::string_view text = "d83D\\uDE00rest";
    EXPECT_EQ(take_unicode_escape(text), 0x1F600U);
    EXPECT_EQ(text, "rest");
}
TEST(UnicodeEscape, that_is_half_a_pair_reads_as_a_replacement) {
    for (std::string_view text : {"D83D", "DE00", "D83D\\u0041"})
        EXPECT_EQ(take_unicode_escape(text), replacement_character);
}
TEST(UnicodeEscape, must_have_four_digits) {
    for (std::string_view text : {"", "12", "12G4", "+123", "-123"})
        EXPECT_EQ(take_unicode_escape(text), std::nullopt);
}

}  // namespace
}  // namespace tern
