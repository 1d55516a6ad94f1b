#include "base/properties.hpp"

namespace tern {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

MATCHER_P3(IsProperty, key, value, line, "") {
    return arg.key == key && arg.value == value && arg.line == static_cast<std::size_t>(line);
}

std::vector<Property> properties(std::string_view text) {
    auto parsed = parse_properties(text);
    EXPECT_TRUE(parsed) << parsed.error().detail;
    return parsed ? std::move(*parsed) : std::vector<Property>{};
}

TEST(Properties, are_separated_by_an_equals_sign_a_colon_or_blanks) {
    EXPECT_THAT(properties("a=1\nb:2\nc 3\nd\t=\t4\ne : 5\nf"),
                ElementsAre(IsProperty("a", "1", 1), IsProperty("b", "2", 2), IsProperty("c", "3", 3),
                            IsProperty("d", "4", 4), IsProperty("e", "5", 5), IsProperty("f", "", 6)));
}
TEST(Properties, keep_the_separators_behind_the_first_one) {
    EXPECT_THAT(properties("namesrvAddr = 10.0.0.1:9876;10.0.0.2:9876\nlabel==x"),
                ElementsAre(IsProperty("namesrvAddr", "10.0.0.1:9876;10.0.0.2:9876", 1),
                            IsProperty("label", "=x", 2)));
}
TEST(Properties, keep_the_blanks_at_the_end_of_a_value_and_drop_those_before_it) {
    EXPECT_THAT(properties("  a =  1  \n"), ElementsAre(IsProperty("a", "1  ", 1)));
}
TEST(Properties, skip_comments_and_empty_lines_and_count_them) {
    EXPECT_THAT(properties("# first\n\n  ! second\n \t \na=1 # not a comment\n"),
                ElementsAre(IsProperty("a", "1 # not a comment", 5)));
}
TEST(Properties, go_on_behind_a_backslash_at_the_end_of_a_line) {
    EXPECT_THAT(properties("peers=n0;\\\n      n1;\\\n  # n2\nb=2"),
                ElementsAre(IsProperty("peers", "n0;n1;# n2", 1), IsProperty("b", "2", 4)));
}
TEST(Properties, end_a_line_whose_backslash_is_itself_escaped) {
    EXPECT_THAT(properties("path=C:\\\\\nb=2"),
                ElementsAre(IsProperty("path", "C:\\", 1), IsProperty("b", "2", 2)));
}
TEST(Properties, go_on_to_the_end_of_the_text_behind_a_last_backslash) {
    EXPECT_THAT(properties("a=1\\"), ElementsAre(IsProperty("a", "1", 1)));
}
TEST(Properties, undo_escapes_in_keys_and_values) {
    EXPECT_THAT(properties("a\\=\\ b\\:=\\tx\\n\\q\\u0041\\uD83D\\uDE00"),
                ElementsAre(IsProperty("a= b:", "\tx\nqA\xF0\x9F\x98\x80", 1)));
}
TEST(Properties, are_separated_by_the_line_ends_of_all_systems) {
    EXPECT_THAT(properties("a=1\r\nb=2\rc=3\\\r\n4\n"),
                ElementsAre(IsProperty("a", "1", 1), IsProperty("b", "2", 2), IsProperty("c", "34", 3)));
}
TEST(Properties, stand_in_the_order_of_the_text_repeated_ones_too) {
    EXPECT_THAT(properties("a=1\na=2"), ElementsAre(IsProperty("a", "1", 1), IsProperty("a", "2", 2)));
}
TEST(Properties, name_the_line_of_a_broken_escape) {
    const auto parsed = parse_properties("a=1\nb=\\u12x4");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Errc::malformed);
    EXPECT_EQ(parsed.error().detail, "line 2: \\u without four digits");
}
TEST(Properties, are_bounded_in_size) {
    const auto parsed = parse_properties(std::string(properties_text_size_max + 1, '#'));
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Errc::limit_exceeded);
}
TEST(Properties, are_read_back_as_they_were_written) {
    const std::vector<std::pair<std::string, std::string>> pairs{
        {"plain", "10.0.0.1:9876;x=y"},
        {"a key=with:all#of!it", " leading and trailing "},
        {"lines", "one\ntwo\r\t\f\\end"},
        {"unicode", "h\xC3\xA4\xE4\xB8\xAD\xF0\x9F\x98\x80\x01"}};
    std::string text;
    for (const auto& [key, value] : pairs) append_property(text, key, value);
    std::vector<std::pair<std::string, std::string>> read;
    for (const auto& property : properties(text)) read.emplace_back(property.key, property.value);
    EXPECT_EQ(read, pairs);
    EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c < 0x7F); }))
        << text;
}
TEST(Properties, are_written_as_operators_write_them) {
    std::string text;
    append_property(text, "namesrvAddr", "10.0.0.1:9876;10.0.0.2:9876");
    EXPECT_EQ(text, "namesrvAddr=10.0.0.1:9876;10.0.0.2:9876\n");
}

TEST(ChangedProperties, stand_where_they_stood_and_leave_the_rest_alone) {
    const std::vector<Property> changes{{"b", "two", 0}, {"d", "4", 0}};
    EXPECT_EQ(*change_properties("# mine\na = 1\nb = 2\\\n  2\n\n# last\nc:3", changes),
              "# mine\na = 1\nb=two\n\n# last\nc:3\nd=4\n");
}
TEST(ChangedProperties, make_a_text_of_their_own_where_there_was_none) {
    const std::vector<Property> changes{{"a", "1", 0}};
    EXPECT_EQ(*change_properties("", changes), "a=1\n");
}

}  // namespace
}  // namespace tern
