// Headers in the form in which most clients write them are read by short cuts: what those give, the general
// way gives too, for golden frames and for golden frames with damage.
#include "base/random.hpp"
#include "remoting/fields.hpp"
#include "remoting/golden_frames.hpp"
#include "remoting/header/pull.hpp"
#include "remoting/header/send.hpp"

namespace tern::remoting {
namespace {

using namespace std::string_view_literals;

using Values = std::vector<std::pair<std::string, std::string>>;

Values values_of(std::span<const FieldView> fields) {
    Values values;
    for (const auto& field : fields) values.emplace_back(field.name, field.value);
    return values;
}

// No client writes a blank behind a header: no short cut is taken then.
void expect_same_command(const std::string& header) {
    CommandDecoder decoder;
    CommandDecoder general;
    const std::string with_blank = header + " ";
    const auto command =
        decoder.decode({.encoding = HeaderEncoding::json, .header = header, .body = {}, .size = {}});
    const auto expected =
        general.decode({.encoding = HeaderEncoding::json, .header = with_blank, .body = {}, .size = {}});
    ASSERT_EQ(command.has_value(), expected.has_value()) << header;
    if (!expected) {
        EXPECT_EQ(command.error().code, expected.error().code) << header;
        return;
    }
    EXPECT_EQ(command->code, expected->code) << header;
    EXPECT_EQ(command->language, expected->language) << header;
    EXPECT_EQ(command->version, expected->version) << header;
    EXPECT_EQ(command->opaque, expected->opaque) << header;
    EXPECT_EQ(command->flag, expected->flag) << header;
    EXPECT_EQ(command->remark, expected->remark) << header;
    EXPECT_EQ(values_of(command->fields), values_of(expected->fields)) << header;
}

template <class H, auto List>
Values encoded(const H& header) {
    Buffer out;
    FrameWriter frame{out, HeaderEncoding::binary, {}};
    encode_fields<H, List>(frame, header);
    frame.finish();
    CommandDecoder decoder;
    return values_of(decoder.decode(**cut_frame(out.view()))->fields);
}

// A field that nobody knows, behind the others, is ignored: but they do not just follow the list then.
template <class H, auto List = &H::fields>
void expect_same_header(std::vector<FieldView> fields) {
    Command command;
    command.fields = fields;
    const auto header = decode_fields<H, List>(command);
    fields.push_back({"nobody knows this", ""});
    command.fields = fields;
    const auto expected = decode_fields<H, List>(command);
    ASSERT_EQ(header.has_value(), expected.has_value());
    if (header) {
        EXPECT_EQ((encoded<H, List>(*header)), (encoded<H, List>(*expected)));
    } else {
        EXPECT_EQ(header.error().detail, expected.error().detail);
    }
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
        std::vector<FieldView> fields{command->fields.begin(), command->fields.end()};
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

}  // namespace
}  // namespace tern::remoting
