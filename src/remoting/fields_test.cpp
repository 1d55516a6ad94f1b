#include "remoting/fields.hpp"

#include "base/strong.hpp"
#include "remoting/header/offset.hpp"
#include "remoting/header/send.hpp"

namespace tern::remoting {
namespace {

using testing::ElementsAre;
using testing::Pair;

enum class Colour { red, green };
constexpr std::array<std::string_view, 2> enum_names(Colour) {
    return {"RED", "GREEN"};
}

struct Sample {
    std::optional<bool> absent{};
    bool bold{};
    Colour colour{};
    std::int32_t count{7};
    std::string name{};
    QueueOffset offset{};
    QueueId queue{};
    std::string_view text{};

    static constexpr auto fields() {
        using S = Sample;
        return list_of(field("absent", &S::absent), optional_field("bold", &S::bold),
                       optional_field("colour", &S::colour), optional_field("count", &S::count),
                       optional_field("name", &S::name), field("offset", &S::offset),
                       optional_field("queue", &S::queue), optional_field("text", &S::text));
    }
};

Result<Sample> decoded(std::vector<FieldView> fields) {
    Command command;
    command.fields = Fields{fields};
    return decode_fields<Sample>(command);
}

std::string error_of(std::vector<FieldView> fields) {
    const auto sample = decoded(std::move(fields));
    return sample ? "no error" : sample.error().detail;
}

template <class H, auto List = &H::fields>
std::vector<std::pair<std::string, std::string>> encoded(const H& header) {
    Buffer out;
    FrameWriter frame{out, HeaderEncoding::binary, {}};
    encode_fields<H, List>(frame, header);
    frame.finish();
    CommandDecoder decoder;
    const auto command = decoder.decode(**cut_frame(out.view()));
    std::vector<std::pair<std::string, std::string>> fields;
    const auto entries = command->fields.entries();
    for (const auto& field : *entries) fields.emplace_back(field.name, field.value);
    return fields;
}

TEST(HeaderFields, are_read_in_any_order_among_others) {
    const auto sample = decoded({{"text", "t"},
                                 {"unknown", "?"},
                                 {"queue", "3"},
                                 {"offset", "-1"},
                                 {"bold", "true"},
                                 {"name", "n"},
                                 {"colour", "GREEN"}});
    ASSERT_TRUE(sample) << sample.error().detail;
    EXPECT_EQ(sample->text, "t");
    EXPECT_EQ(sample->name, "n");
    EXPECT_EQ(sample->queue, QueueId{3});
    EXPECT_EQ(sample->offset, QueueOffset{-1});
    EXPECT_TRUE(sample->bold);
    EXPECT_EQ(sample->colour, Colour::green);
    EXPECT_EQ(sample->count, 7);
    EXPECT_FALSE(sample->absent);
}

TEST(HeaderFields, of_one_name_are_counted_once_the_last_one) {
    EXPECT_EQ(decoded({{"offset", "1"}, {"offset", "2"}})->offset, QueueOffset{2});
}

TEST(HeaderFields, may_say_booleans_and_enums_as_clients_do) {
    EXPECT_TRUE(decoded({{"bold", "TRUE"}, {"offset", "0"}})->bold);
    EXPECT_TRUE(decoded({{"bold", "1"}, {"offset", "0"}})->bold);
    EXPECT_FALSE(decoded({{"bold", "False"}, {"offset", "0"}})->bold);
    EXPECT_EQ(decoded({{"colour", "1"}, {"offset", "0"}})->colour, Colour::green);
}

TEST(HeaderFields, that_are_required_are_missed_by_name) {
    EXPECT_EQ(error_of({{"text", "t"}}), "header field missing: offset");
    EXPECT_EQ(decoded({}).error().code, Errc::missing_field);
    EXPECT_EQ(error_of({{"offset", ""}}), "header field missing: offset");
}

TEST(HeaderFields, that_do_not_parse_are_named_with_their_value) {
    EXPECT_EQ(error_of({{"offset", "1x"}}), "header field offset: 1x");
    EXPECT_EQ(error_of({{"count", "3000000000"}, {"offset", "1"}}), "header field count: 3000000000");
    EXPECT_EQ(error_of({{"absent", "yes"}, {"offset", "1"}}), "header field absent: yes");
    EXPECT_EQ(error_of({{"colour", "BLUE"}, {"offset", "1"}}), "header field colour: BLUE");
    EXPECT_EQ(decoded({{"offset", "x"}}).error().code, Errc::malformed);
}

TEST(HeaderFields, that_are_empty_are_texts_and_nothing_else) {
    const auto sample = decoded({{"absent", ""}, {"count", ""}, {"offset", "1"}, {"text", ""}});
    ASSERT_TRUE(sample) << sample.error().detail;
    EXPECT_FALSE(sample->absent);
    EXPECT_EQ(sample->count, 7);
    EXPECT_EQ(sample->text, "");
}

TEST(HeaderFields, are_written_as_text_without_those_that_are_absent) {
    EXPECT_THAT(encoded(Sample{.bold = true, .colour = Colour::green, .offset = QueueOffset{5}, .text = "x"}),
                ElementsAre(Pair("bold", "true"), Pair("colour", "GREEN"), Pair("count", "7"),
                            Pair("name", ""), Pair("offset", "5"), Pair("queue", "0"), Pair("text", "x")));
}

TEST(SendMessageRequest, has_the_same_fields_under_long_and_under_short_names) {
    const SendMessageRequest request{.producer_group = "P",
                                     .topic = "T",
                                     .default_topic = "TBW102",
                                     .default_topic_queue_nums = 4,
                                     .queue_id = QueueId{2},
                                     .born_timestamp = 99,
                                     .properties =
                                         "a\x01"
                                         "b",
                                     .batch = true};
    EXPECT_THAT((encoded<SendMessageRequest, &SendMessageRequest::short_fields>(request)),
                ElementsAre(Pair("a", "P"), Pair("b", "T"), Pair("c", "TBW102"), Pair("d", "4"),
                            Pair("e", "2"), Pair("f", "0"), Pair("g", "99"), Pair("h", "0"),
                            Pair("i",
                                 "a\x01"
                                 "b"),
                            Pair("j", "0"), Pair("k", "false"), Pair("m", "true")));
    EXPECT_THAT(encoded(request), testing::Contains(Pair("defaultTopicQueueNums", "4")));
    EXPECT_EQ(encoded(request).size(), 12U);
}

TEST(SearchOffsetRequest, means_the_lower_bound_unless_it_says_upper) {
    EXPECT_EQ(SearchOffsetRequest{}.boundary(), BoundaryType::lower);
    EXPECT_EQ(SearchOffsetRequest{.boundary_type = "upper"}.boundary(), BoundaryType::upper);
    EXPECT_EQ(SearchOffsetRequest{.boundary_type = "UPPER"}.boundary(), BoundaryType::upper);
    EXPECT_EQ(SearchOffsetRequest{.boundary_type = "other"}.boundary(), BoundaryType::lower);
}

}  // namespace
}  // namespace tern::remoting
