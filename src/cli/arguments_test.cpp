#include "cli/arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tern::cli {
namespace {

using testing::HasSubstr;

constexpr std::array options{
    Option{"t", "topic", Takes::text, Need::must, ""},
    Option{"q", "queues", Takes::number, Need::may, ""},
    Option{"l", "list", Takes::nothing, Need::may, ""},
    Option{"o", "order", Takes::boolean, Need::may, ""},
    Option{"b", "broker", Takes::text, Need::one_of, ""},
    Option{"c", "cluster", Takes::text, Need::one_of, ""},
    Option{"", "attributes", Takes::text, Need::may, ""},
};

Result<Arguments> parse(std::vector<std::string_view> words) {
    return Arguments::parse(options, words);
}
std::string refusal(std::vector<std::string_view> words) {
    words.insert(words.end(), {"-t", "T", "-b", "B"});
    return parse(words).error().detail;
}

TEST(Arguments, are_read_in_every_form) {
    for (const auto& words :
         std::vector<std::vector<std::string_view>>{{"-t", "T", "-b", "B", "-q", "4"},
                                                    {"-t=T", "-b=B", "-q=4"},
                                                    {"--topic", "T", "--broker", "B", "--queues", "4"},
                                                    {"--topic=T", "--broker=B", "--queues=4"}}) {
        const auto arguments = parse(words);
        ASSERT_TRUE(arguments) << arguments.error().detail;
        EXPECT_EQ(arguments->text("topic"), "T");
        EXPECT_EQ(arguments->number("queues"), 4);
        EXPECT_FALSE(arguments->has("list"));
    }
}
TEST(Arguments, may_have_dashes_and_equals_signs_in_their_values) {
    const auto arguments =
        parse({"-t", "-5", "-b", "a=b", "--attributes", "+message.type=FIFO,-reserve.time"});
    ASSERT_TRUE(arguments) << arguments.error().detail;
    EXPECT_EQ(arguments->text("topic"), "-5");
    EXPECT_EQ(arguments->text("broker"), "a=b");
    EXPECT_EQ(arguments->text("attributes"), "+message.type=FIFO,-reserve.time");
}
TEST(Arguments, name_what_is_wrong_with_them) {
    EXPECT_EQ(parse({"-b", "B"}).error().detail, "Missing required option: -t");
    EXPECT_EQ(parse({"-b", "B", "-t"}).error().detail, "Missing argument for option: -t");
    EXPECT_EQ(refusal({"-z"}), "Unrecognized option: -z");
    EXPECT_EQ(refusal({"--zebra=1"}), "Unrecognized option: --zebra");
    EXPECT_THAT(refusal({"word"}), HasSubstr("word"));
    EXPECT_THAT(refusal({"-q", "many"}), HasSubstr("not a number: -q (queues): many"));
    EXPECT_THAT(refusal({"-o", "maybe"}), HasSubstr("neither true nor false: -o (order): maybe"));
    EXPECT_THAT(refusal({"--list=yes"}), HasSubstr("takes no value"));
}
TEST(Arguments, have_exactly_one_of_those_that_exclude_each_other) {
    EXPECT_THAT(parse({"-t", "T"}).error().detail, HasSubstr("-b, -c"));
    EXPECT_FALSE(parse({"-t", "T", "-b", "B", "-c", "C"}));
    EXPECT_TRUE(parse({"-t", "T", "-c", "C"}));
}
TEST(Arguments, fall_back_to_what_the_command_says) {
    const auto arguments = parse({"-t", "T", "-b", "B"});
    EXPECT_EQ(arguments->number("queues").value_or(8), 8);
    EXPECT_EQ(arguments->optional_text("attributes"), std::nullopt);
    EXPECT_TRUE(arguments->boolean("order", true));
    EXPECT_FALSE(arguments->is_true("order"));
}

}  // namespace
}  // namespace tern::cli
