// Headers in the form in which most clients write them are read by short cuts: what those give, the general
// way gives too, for golden frames and for golden frames with damage.
#include "base/random.hpp"
#include "remoting/fields.hpp"
#include "remoting/golden_frames.hpp"
#include "remoting/header/pull.hpp"
#include "remoting/header/send.hpp"
#include "remoting/relay.hpp"

namespace tern::remoting {
namespace {

using namespace std::string_view_literals;

using Values = std::vector<std::pair<std::string, std::string>>;

Values values_of(const Command& command) {
    const auto fields = command.fields.entries();
    Values values;
    for (const auto& field : *fields) values.emplace_back(field.name, field.value);
    return values;
}

template <class H, auto List>
Values encoded(const H& header) {
    Buffer out;
    FrameWriter frame{out, HeaderEncoding::binary, {}};
    encode_fields<H, List>(frame, header);
    frame.finish();
    CommandDecoder decoder;
    return values_of(*decoder.decode(**cut_frame(out.view())));
}

template <class H, auto List = &H::fields>
void expect_same_fields(const Command& command, const Command& expected) {
    const auto header = decode_fields<H, List>(command);
    const auto expected_header = decode_fields<H, List>(expected);
    ASSERT_EQ(header.has_value(), expected_header.has_value());
    if (header) {
        EXPECT_EQ((encoded<H, List>(*header)), (encoded<H, List>(*expected_header)));
    } else {
        EXPECT_EQ(header.error().detail, expected_header.error().detail);
    }
}

// No client writes a blank behind a header: no short cut is taken then. Fields that are none may be noticed
// when they are asked for.
void expect_same_command(const std::string& header) {
    SCOPED_TRACE(header);
    CommandDecoder decoder;
    CommandDecoder general;
    const std::string with_blank = header + " ";
    const auto command =
        decoder.decode({.encoding = HeaderEncoding::json, .header = header, .body = {}, .size = {}});
    const auto expected =
        general.decode({.encoding = HeaderEncoding::json, .header = with_blank, .body = {}, .size = {}});
    if (!expected) {
        ASSERT_FALSE(command && command->fields.entries());
        EXPECT_EQ(command ? command->fields.entries().error().code : command.error().code,
                  expected.error().code);
        return;
    }
    ASSERT_TRUE(command);
    EXPECT_EQ(command->code, expected->code);
    EXPECT_EQ(command->language, expected->language);
    EXPECT_EQ(command->version, expected->version);
    EXPECT_EQ(command->opaque, expected->opaque);
    EXPECT_EQ(command->flag, expected->flag);
    EXPECT_EQ(command->remark, expected->remark);
    expect_same_fields<SendMessageRequest>(*command, *expected);
    expect_same_fields<SendMessageRequest, &SendMessageRequest::short_fields>(*command, *expected);
    expect_same_fields<SendMessageResponse>(*command, *expected);
    EXPECT_EQ(values_of(*command), values_of(*expected));
}

// A field that nobody knows, behind the others, is ignored: but they do not just follow the list then.
template <class H, auto List = &H::fields>
void expect_same_header(std::vector<FieldView> fields) {
    Command command;
    command.fields = Fields{fields};
    auto more = fields;
    more.push_back({"nobody knows this", ""});
    Command expected;
    expected.fields = Fields{more};
    expect_same_fields<H, List>(command, expected);
}

std::vector<std::string> golden_json_headers() {
    std::vector<std::string> headers;
    for_each_frame([&](const Recorded& recorded, std::int32_t, bool) {
        const auto frame = cut(recorded);
        if (frame && frame->encoding == HeaderEncoding::json) headers.emplace_back(frame->header);
    });
    return headers;
}

// Some bytes replaced, removed or repeated.
std::string damaged(std::string text, SeededRandom& random) {
    constexpr auto bytes = "\"\\,:{}[]u0a9- \0\x01\xFF"sv;
    for (auto count = random.below(4) + 1; count > 0 && !text.empty(); --count) {
        const auto place = random.below(text.size());
        const auto size = random.below(8) + 1;
        switch (random.below(4)) {
            case 0:
                text.erase(place, size);
                break;
            case 1:
                text.insert(place, text.substr(place, size));
                break;
            default:
                text[place] = bytes[random.below(bytes.size())];
        }
    }
    return text;
}

TEST(ShortCuts, through_golden_headers_change_nothing) {
    for (const auto& header : golden_json_headers()) expect_same_command(header);
}

TEST(ShortCuts, through_damaged_headers_change_nothing) {
    SeededRandom random{7};
    const auto headers = golden_json_headers();
    for (int i = 0; i < 40'000; ++i)
        expect_same_command(damaged(headers[random.below(headers.size())], random));
}

TEST(ShortCuts, end_with_a_header_that_ends_early) {
    for (const auto& header : golden_json_headers()) {
        if (header.find(R"("code":310,)") == std::string::npos) continue;
        for (std::size_t size = 0; size < header.size(); ++size) expect_same_command(header.substr(0, size));
    }
}

TEST(ShortCuts, through_the_fields_of_a_list_change_nothing) {
    SeededRandom random{11};
    const auto headers = golden_json_headers();
    for (const auto& header : headers) {
        CommandDecoder decoder;
        const auto command =
            decoder.decode({.encoding = HeaderEncoding::json, .header = header, .body = {}, .size = {}});
        ASSERT_TRUE(command);
        const auto entries = command->fields.entries();
        std::vector<FieldView> fields{entries->begin(), entries->end()};
        for (int i = 0; i < 20; ++i) {
            expect_same_header<SendMessageRequest>(fields);
            expect_same_header<SendMessageRequest, &SendMessageRequest::short_fields>(fields);
            expect_same_header<SendMessageResponse>(fields);
            expect_same_header<PullMessageRequest>(fields);
            if (fields.empty()) break;
            const auto place = random.below(fields.size());
            constexpr std::string_view values[]{"",     "-",    "7", "99999999999", "1700000000000",
                                                "true", "TRUE", "x"};
            switch (random.below(4)) {
                case 0:
                    fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(place));
                    break;
                case 1:
                    std::swap(fields[place], fields[random.below(fields.size())]);
                    break;
                case 2:
                    fields.push_back(fields[place]);
                    break;
                default:
                    fields[place].value = values[random.below(std::size(values))];
            }
        }
    }
}

// A header as Java clients write it.
std::string header_with(std::string_view fields) {
    return R"({"code":310,"extFields":{)" + std::string{fields} +
           R"(},"flag":0,"language":"JAVA","opaque":7,"serializeTypeCurrentRPC":"JSON","version":513})";
}

TEST(ShortCuts, through_fields_change_nothing_whatever_these_are) {
    for (const auto* fields : {R"("a":"1","b":"2")",
                               R"("a":"}")",
                               R"("a":"{","b":"}{}")",
                               R"("a":{"b":"c"},"d":"e")",
                               R"("a":["}"])",
                               R"("a":"\u007d","b":"\"}")",
                               R"("a":"\\")",
                               R"("a":"\")",
                               R"("a":")",
                               R"(")",
                               R"("a":"1",)",
                               R"("a":"1""b":"2")",
                               R"("a":"1"x"b":"2")",
                               R"(,"a":"1")",
                               R"( "a" : "1" )",
                               R"("a":1,"b":null,"c":"")",
                               R"("a":"1"},"more":{"b":"2")",
                               R"("a":"1"},"code":7,"more":{"b":"2")",
                               R"("a":"\q")",
                               R"("":"x")",
                               R"("a":"0123456789ABCDEF","b":"0123456789ABCDE","c":"0123456789ABCDEF0")"})
        expect_same_command(header_with(fields));
}

TEST(ShortCuts, leave_fields_that_are_none_to_those_who_ask_for_them) {
    CommandDecoder decoder;
    const std::string header = header_with(R"("topic":"T","queueId" "1")");
    const auto command =
        decoder.decode({.encoding = HeaderEncoding::json, .header = header, .body = {}, .size = {}});
    ASSERT_TRUE(command);
    EXPECT_EQ(command->opaque, 7);
    EXPECT_EQ(command->field("topic"), std::nullopt);
    EXPECT_EQ(command->fields.entries().error().code, Errc::malformed);
    EXPECT_EQ(decode_fields<SendMessageRequest>(*command).error().detail,
              "header: no ':' at byte 21 of its fields");
    Buffer out;
    EXPECT_EQ(relay_command(out, *command, 1).error().code, Errc::malformed);
    EXPECT_TRUE(out.empty());
}

TEST(ShortCuts, may_be_asked_again_and_again_for_what_has_escapes) {
    CommandDecoder decoder;
    const std::string header = header_with(
        R"("a":"G","b":"T","c":"D","d":"4","e":"0","f":"0","g":"1","h":"0","i":"K\u0001v\u0002")");
    const auto command =
        decoder.decode({.encoding = HeaderEncoding::json, .header = header, .body = {}, .size = {}});
    const auto read = [&] {
        return decode_fields<SendMessageRequest, &SendMessageRequest::short_fields>(*command)
            ->properties.value();
    };
    const auto first = read();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(read(), "K\x01v\x02");
    EXPECT_EQ(first, "K\x01v\x02");

    const std::string broken = header_with(R"("a":"\n\n","b":"\n\n","c" "\n")");
    const auto other =
        decoder.decode({.encoding = HeaderEncoding::json, .header = broken, .body = {}, .size = {}});
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(other->fields.entries());
        EXPECT_FALSE(decode_fields<SendMessageRequest>(*other));
    }
}

TEST(Fields, say_their_last_number) {
    const auto last = [](const std::string& header) -> std::optional<std::string> {
        CommandDecoder decoder;
        const auto command =
            decoder.decode({.encoding = HeaderEncoding::json, .header = header, .body = {}, .size = {}});
        const auto number = command->fields.last_number("term");
        return number ? std::optional{std::string{*number}} : std::nullopt;
    };
    for (const auto* behind : {"", " "}) {  // In place, and taken apart.
        EXPECT_EQ(last(header_with(R"("a":"1","term":"23")") + behind), "23");
        EXPECT_EQ(last(header_with(R"("term":"0")") + behind), "0");
        EXPECT_EQ(last(header_with(R"("term":"23","a":"1")") + behind), std::nullopt);
        EXPECT_EQ(last(header_with(R"("longterm":"23")") + behind), std::nullopt);
        EXPECT_EQ(last(header_with(R"("term":"x23")") + behind), std::nullopt);
        EXPECT_EQ(last(header_with(R"("term":"")") + behind), std::nullopt);
        EXPECT_EQ(last(header_with("") + behind), std::nullopt);
    }
}

}  // namespace
}  // namespace tern::remoting
