// Reader, writer and escapes together: what one gives the other takes.
#include "json/escape.hpp"
#include "json/reader.hpp"
#include "json/string_scan.hpp"
#include "json/writer.hpp"

namespace tern::json {
namespace {

std::string rewritten(std::string_view text, const Style& style = {}) {
    const auto value = parse(text);
    return value ? write(*value, style) : value.error().detail;
}

TEST(JsonReader, reads_the_standard) {
    EXPECT_EQ(rewritten(" {\"a\" : [1, -2.5e1, true, false, null, \"x\"], \"b\":{} }\n"),
              R"({"a":[1,-25.0,true,false,null,"x"],"b":{}})");
    EXPECT_EQ(rewritten("9223372036854775807"), "9223372036854775807");
    EXPECT_EQ(rewritten("9223372036854775808"), "9223372036854775808.0");
}

TEST(JsonReader, reads_what_fastjson_adds_to_it) {
    EXPECT_EQ(rewritten(R"({0:"a",-1:"b"})"), R"({"0":"a","-1":"b"})");
    EXPECT_EQ(rewritten(R"({{"brokerName":"b","queueId":0}:5})"), R"({{"brokerName":"b","queueId":0}:5})");
    EXPECT_EQ(rewritten(R"({name:'it\'s "so"'})"), R"({"name":"it's \"so\""})");
}

TEST(JsonReader, names_the_byte_where_it_stopped) {
    EXPECT_EQ(rewritten(""), "json: a value is missing at byte 0");
    EXPECT_EQ(rewritten("{\"a\" 1}"), "json: ':' is missing at byte 5");
    EXPECT_EQ(rewritten("[1 2]"), "json: ',' or ']' is missing at byte 3");
    EXPECT_EQ(rewritten("{\"a\":1} x"), "json: text behind the document at byte 8");
    EXPECT_EQ(rewritten("\"abc"), "json: a string without its end at byte 4");
    EXPECT_EQ(rewritten("\"a\\"), "json: a string without its end at byte 3");
    EXPECT_EQ(rewritten("nul"), "json: not a value at byte 0");
    EXPECT_EQ(rewritten("-"), "json: not a number at byte 0");
    EXPECT_EQ(rewritten(R"("\q")"), "json: an unknown escape in the string that ends at byte 3");
    EXPECT_EQ(rewritten("{:1}"), "json: a key is missing at byte 1");
}

TEST(JsonReader, bounds_depth_and_number_of_values) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(parse(nested(64)));
    EXPECT_EQ(parse(nested(65)).error().code, Errc::limit_exceeded);
    EXPECT_TRUE(parse("[1,2,3]", {.values = 4}));
    EXPECT_EQ(parse("[1,2,3]", {.values = 3}).error().code, Errc::limit_exceeded);
}

TEST(JsonReader, takes_the_last_of_several_members_of_one_name) {
    const auto value = parse(R"({"a":1,"a":2})");
    EXPECT_EQ((*value)["a"], Value{2});
}

TEST(JsonValue, is_null_where_nothing_is) {
    const auto value = parse(R"({"a":[{"b":7}]})");
    EXPECT_EQ((*value)["a"][0]["b"], Value{7});
    EXPECT_TRUE((*value)["x"][3]["b"].is_null());
    EXPECT_EQ(value->find("x"), nullptr);
}

TEST(JsonEscapes, mean_what_they_say) {
    EXPECT_EQ(rewritten(R"("\u00e9\u4F60\uD83D\uDE00\/\b\f\n\r\t\"\\")"),
              "\"\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80/\\b\\f\\n\\r\\t\\\"\\\\\"");
    EXPECT_EQ(rewritten(R"("\ud83d!\ude00\uD83D\u0041")"),
              "\"\xEF\xBF\xBD!\xEF\xBF\xBD\xEF\xBF\xBD"
              "A\"");
    for (const auto* bad : {R"("\u12")", R"("\u12g4")", R"("\x41")"}) EXPECT_FALSE(parse(bad)) << bad;
}

TEST(JsonEscapes, of_control_characters_are_written_as_java_does) {
    EXPECT_EQ(write(Value{"TAGS\x01"
                          "a\x02\x1f"}),
              R"("TAGS\u0001a\u0002\u001F")");
}

TEST(JsonEscapes, make_pure_ascii_when_asked) {
    EXPECT_EQ(write(Value{"\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80"}, {.ascii = true}),
              R"("\u00E9\u4F60\uD83D\uDE00")");
    EXPECT_EQ(write(Value{"\xFF\xC0\x80z\xE4\xBD"}, {.ascii = true}), R"("\uFFFD\uFFFD\uFFFDz\uFFFD\uFFFD")");
}

TEST(JsonEscapes, find_the_first_quote_or_backslash_wherever_it_is) {
    for (std::size_t size = 0; size < 40; ++size) {
        for (std::size_t place = 0; place <= size; ++place) {
            std::string text(size, static_cast<char>(0xA2));
            if (place < size) text[place] = place % 2 == 0 ? '"' : '\\';
            if (place + 1 < size) text[place + 1] = '"';
            EXPECT_EQ(find_quote_or_backslash(text.data(), text.data() + size) - text.data(), place);
        }
    }
}

TEST(JsonWriter, writes_config_files_as_java_does) {
    EXPECT_EQ(
        rewritten(
            R"({"dataVersion":{"counter":4},"empty":{},"list":["a","b"],"none":[],"offsetTable":{1:2,18:0}})",
            config_file_style),
        "{\n\t\"dataVersion\":{\n\t\t\"counter\":4\n\t},\n\t\"empty\":{},\n\t\"list\":[\n\t\t\"a\","
        "\n\t\t\"b\"\n"
        "\t],\n\t\"none\":[],\n\t\"offsetTable\":{\n\t\t1:2,\n\t\t18:0\n\t}\n}");
}

TEST(JsonWriter, shows_that_a_real_is_one) {
    EXPECT_EQ(write(Value{0.0}), "0.0");
    EXPECT_EQ(write(Value{12.25}), "12.25");
    EXPECT_EQ(write(Value{std::numeric_limits<double>::infinity()}), "null");
}

}  // namespace
}  // namespace tern::json
