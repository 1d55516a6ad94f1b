#include "remoting/command.hpp"

#include "base/random.hpp"
#include "base/text.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "remoting/request_code.hpp"
#include "remoting/response_code.hpp"

namespace tern::remoting {
namespace {

using testing::HasSubstr;
using namespace std::string_view_literals;

// A header decoded, with the storage that its views need.
struct Decoded {
    Decoded(HeaderEncoding encoding, std::string_view header)
        : bytes{header},
          command{decoder.decode({.encoding = encoding, .header = bytes, .body = {}, .size = {}})} {}

    std::string field(std::string_view name) const {
        return std::string{command->field(name).value_or("(none)")};
    }
    std::string error() const { return command ? "no error" : command.error().detail; }

    std::string bytes;
    CommandDecoder decoder;
    Result<Command> command;
};

Decoded json_header(std::string_view header) {
    return {HeaderEncoding::json, header};
}

std::string hex_bytes(std::string_view hex) {
    std::string digits;
    for (const char c : hex)
        if (c != ' ') digits += c;
    return *from_hex(digits);
}

constexpr std::string_view request_header =
    R"({"code":105,"extFields":{"topic":"TopicTest"},"flag":0,"language":"JAVA","opaque":7,)"
    R"("serializeTypeCurrentRPC":"JSON","version":479})";

constexpr Preamble request_preamble{
    .code = 105, .language = Language::java, .version = 479, .opaque = 7, .flag = 0};

TEST(JsonHeader, of_a_java_client_is_read) {
    const auto decoded = json_header(request_header);
    ASSERT_TRUE(decoded.command) << decoded.error();
    EXPECT_EQ(decoded.command->code, 105);
    EXPECT_EQ(decoded.command->language, Language::java);
    EXPECT_EQ(decoded.command->version, 479);
    EXPECT_EQ(decoded.command->opaque, 7);
    EXPECT_FALSE(decoded.command->is_response());
    EXPECT_EQ(decoded.field("topic"), "TopicTest");
}

TEST(JsonHeader, of_a_cpp_client_is_read_with_its_numbers_and_its_newline) {
    const auto decoded = json_header(
        R"({"code":310,"extFields":{"AccessKey":"","d":4,"e":-1,"k":false,"x":1.5e3,"y":null},"flag":0,)"
        R"("language":"CPP","opaque":21,"remark":"","version":333})"
        "\n");
    ASSERT_TRUE(decoded.command) << decoded.error();
    EXPECT_EQ(decoded.command->language, Language::cpp);
    EXPECT_EQ(decoded.field("AccessKey"), "");
    EXPECT_EQ(decoded.field("d"), "4");
    EXPECT_EQ(decoded.field("e"), "-1");
    EXPECT_EQ(decoded.field("k"), "false");
    EXPECT_EQ(decoded.field("x"), "1.5e3");
    EXPECT_EQ(decoded.field("y"), "(none)");
}

TEST(JsonHeader, may_have_any_order_any_blanks_and_members_that_nobody_knows) {
    const auto decoded = json_header(
        "{ \"new\" : {\"a\":[1,{\"b\":\"}\\\"\"}],\"c\":[]} , \"version\" : "
        "1,\n\t\"remark\":null,\"opaque\":\"9\","
        "\"language\":\"KLINGON\",\"extFields\":{ \"o\" : {\"n\":[1]} },\"code\":-5 }  ");
    ASSERT_TRUE(decoded.command) << decoded.error();
    EXPECT_EQ(decoded.command->code, -5);
    EXPECT_EQ(decoded.command->opaque, 9);
    EXPECT_EQ(decoded.command->language, Language::other);
    EXPECT_EQ(decoded.command->remark, "");
    EXPECT_EQ(decoded.field("o"), "{\"n\":[1]}");
}

TEST(JsonHeader, has_the_last_of_several_fields_of_one_name) {
    const auto decoded = json_header(R"({"code":1,"extFields":{"a":"1","a":"2"}})");
    EXPECT_EQ(decoded.field("a"), "2");
}

TEST(JsonHeader, decodes_escapes_and_keeps_every_view_in_place) {
    std::string header = R"({"code":1,"extFields":{)";
    for (int i = 0; i < 200; ++i) {
        if (i > 0) header += ',';
        header += "\"f" + std::to_string(i) + R"(":"K\u0001\u00e9\uD83D\uDE00\n)" + std::to_string(i) + "\"";
    }
    const auto decoded = json_header(header + "}}");
    ASSERT_TRUE(decoded.command) << decoded.error();
    for (int i = 0; i < 200; ++i)
        EXPECT_EQ(decoded.field("f" + std::to_string(i)),
                  "K\x01\xC3\xA9\xF0\x9F\x98\x80\n" + std::to_string(i));
}

TEST(JsonHeader, that_is_broken_is_refused_with_the_place) {
    EXPECT_EQ(json_header("").error(), "header: no object at byte 0");
    EXPECT_EQ(json_header("[]").error(), "header: no object at byte 0");
    EXPECT_EQ(json_header(R"({"code":1)").error(), "header: neither ',' nor '}' at byte 9");
    EXPECT_EQ(json_header(R"({"code":1}x)").error(), "header: text behind the object at byte 10");
    EXPECT_EQ(json_header(R"({"code":1.5})").error(), "header: not an int32 at byte 8");
    EXPECT_EQ(json_header(R"({"code":3000000000})").error(), "header: not an int32 at byte 8");
    EXPECT_EQ(json_header(R"({"code":"1)").error(), "header: not an int32 at byte 9");
    EXPECT_EQ(json_header(R"({"remark":5})").error(), "header: remark is no string at byte 10");
    EXPECT_EQ(json_header(R"({"remark":"abc)").error(), "header: a string without its end at byte 14");
    EXPECT_EQ(json_header(R"({"remark":"\u12"})").error(),
              "header: an unknown escape in the string at byte 11");
    EXPECT_EQ(json_header(R"({"x":tru})").error(), "header: not a value at byte 5");
    EXPECT_EQ(json_header(R"({"x":})").error(), "header: not a value at byte 5");
    for (std::size_t size = 0; size < request_header.size(); ++size)
        EXPECT_FALSE(json_header(request_header.substr(0, size)).command) << size;
}

TEST(JsonHeader, bounds_fields_and_nesting) {
    const auto with_fields = [](std::size_t count) {
        std::string header = R"({"extFields":{"a":"")";
        for (std::size_t i = 1; i < count; ++i) header += R"(,"a":"")";
        return header + "}}";
    };
    EXPECT_TRUE(json_header(with_fields(field_count_max)).command);
    EXPECT_EQ(json_header(with_fields(field_count_max + 1)).command.error().code, Errc::limit_exceeded);
    const auto nested = [](std::size_t depth) {
        return R"({"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
    };
    EXPECT_TRUE(json_header(nested(32)).command);
    EXPECT_EQ(json_header(nested(100'000)).command.error().code, Errc::limit_exceeded);
}

TEST(JsonHeader, is_written_byte_for_byte_as_java_writes_it) {
    Buffer out;
    FrameWriter frame{out, HeaderEncoding::json, request_preamble};
    frame.field("topic", "TopicTest");
    EXPECT_EQ(frame.finish(), 139U);
    EXPECT_EQ(out.view(), hex_bytes("00000087 00000083") + std::string{request_header});
}

TEST(JsonHeader, is_written_with_remark_fields_and_escapes) {
    Buffer out;
    FrameWriter frame{
        out, HeaderEncoding::json, {.code = 1, .opaque = -2, .flag = flag_response, .remark = "no \"x\"\n"}};
    frame.number("offset", -12);
    frame.field("i",
                "A\x01"
                "b\x02\t\\");
    const std::string_view parts[]{"bo", "dy"};
    EXPECT_EQ(frame.finish(parts), out.size());
    EXPECT_EQ(out.view().substr(8),
              R"({"code":1,"extFields":{"offset":"-12","i":"A\u0001b\u0002\t\\"},"flag":1,"language":"JAVA",)"
              R"("opaque":-2,"remark":"no \"x\"\n","serializeTypeCurrentRPC":"JSON","version":513}body)");
}

TEST(JsonHeader, says_that_its_fields_are_none_when_asked) {
    Buffer out;
    FrameWriter frame{out, HeaderEncoding::json, {}};
    frame.empty_fields();
    frame.empty_fields();
    frame.finish();
    EXPECT_THAT(std::string{out.view()}, HasSubstr(R"({"code":0,"extFields":{},"flag":0)"));
}

constexpr std::string_view binary_request =
    "0069 00 01df 00000007 00000000 00000000 00000014 0005 746f706963 00000009 546f70696354657374";

TEST(BinaryHeader, is_read) {
    const Decoded decoded{HeaderEncoding::binary, hex_bytes(binary_request)};
    ASSERT_TRUE(decoded.command) << decoded.error();
    EXPECT_EQ(decoded.command->code, 105);
    EXPECT_EQ(decoded.command->language, Language::java);
    EXPECT_EQ(decoded.command->version, 479);
    EXPECT_EQ(decoded.command->opaque, 7);
    EXPECT_EQ(decoded.field("topic"), "TopicTest");
}

TEST(BinaryHeader, is_written_byte_for_byte_as_java_writes_it) {
    Buffer out;
    FrameWriter frame{out, HeaderEncoding::binary, request_preamble};
    frame.field("topic", "TopicTest");
    frame.finish();
    EXPECT_EQ(out.view(), hex_bytes("0000002d 01000029" + std::string{binary_request}));
}

TEST(BinaryHeader, that_is_cut_short_or_lies_about_a_length_is_refused) {
    const auto whole = hex_bytes(binary_request);
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(Decoded(HeaderEncoding::binary, whole.substr(0, size)).command) << size;
    for (const auto* header : {"0069 00 01df 00000007 00000000 ffffffff 00000000",
                               "0069 00 01df 00000007 00000000 00000000 ffffffff",
                               "0069 00 01df 00000007 00000000 00000000 00000002 8000",
                               "0069 00 01df 00000007 00000000 00000000 00000007 0001 61 80000000"})
        EXPECT_FALSE(Decoded(HeaderEncoding::binary, hex_bytes(header)).command) << header;
}

TEST(BinaryHeader, gives_an_unknown_language_as_other) {
    const Decoded decoded{HeaderEncoding::binary,
                          hex_bytes("0069 63 01df 00000007 00000001 00000002 6f6b 00000000")};
    ASSERT_TRUE(decoded.command) << decoded.error();
    EXPECT_EQ(decoded.command->language, Language::other);
    EXPECT_EQ(decoded.command->remark, "ok");
    EXPECT_TRUE(decoded.command->is_response());
}

TEST(BinaryHeader, bounds_its_fields) {
    const auto with_fields = [](std::size_t count) {
        Buffer out;
        FrameWriter frame{out, HeaderEncoding::binary, {}};
        for (std::size_t i = 0; i < count; ++i) frame.field("a", "b");
        frame.finish();
        return std::string{out.view().substr(8)};
    };
    EXPECT_TRUE(Decoded(HeaderEncoding::binary, with_fields(field_count_max)).command);
    EXPECT_EQ(Decoded(HeaderEncoding::binary, with_fields(field_count_max + 1)).command.error().code,
              Errc::limit_exceeded);
}

TEST(BinaryHeader, gives_way_to_json_for_codes_that_it_would_cut) {
    Buffer out;
    FrameWriter{out, HeaderEncoding::binary, {.code = 200'050}}.finish();
    EXPECT_EQ((**cut_frame(out.view())).encoding, HeaderEncoding::json);
}

TEST(Frames, follow_each_other_in_one_buffer) {
    Buffer out;
    for (int i = 0; i < 100; ++i)
        FrameWriter{out, i % 2 == 0 ? HeaderEncoding::json : HeaderEncoding::binary, {.code = i}}.finish("x");
    CommandDecoder decoder;
    for (int i = 0; i < 100; ++i) {
        const auto frame = cut_frame(out.view());
        EXPECT_EQ(decoder.decode(**frame)->code, i);
        out.consume((*frame)->size);
    }
    EXPECT_TRUE(out.empty());
}

TEST(Codes, have_names) {
    EXPECT_EQ(request_code_name(RequestCode::send_message_v2), "SEND_MESSAGE_V2");
    EXPECT_EQ(request_code_name(RequestCode{9'999}), "UNKNOWN");
    EXPECT_EQ(response_code_name(ResponseCode::pull_offset_moved), "PULL_OFFSET_MOVED");
    EXPECT_EQ(response_code_name(ResponseCode::rpc_time_out), "RPC_TIME_OUT");
}

// Headers at random, written by the general JSON writer in ways that peers may, are read by the scanner as
// the general reader reads them.
class RandomHeader {
public:
    explicit RandomHeader(std::uint64_t seed) : random_{seed} {}

    json::Value value() {
        json::Object header;
        const auto add = [&](std::string_view key, json::Value value) {
            if (random_.below(8) != 0) header.push_back({key, std::move(value)});
        };
        add("code", static_cast<std::int32_t>(random_.next()));
        add("language", random_.below(4) == 0 ? text() : "GO");
        add("version", static_cast<std::int32_t>(random_.below(600)));
        add("opaque", static_cast<std::int32_t>(random_.next()));
        add("flag", static_cast<std::int32_t>(random_.below(4)));
        add("remark", random_.below(3) == 0 ? json::Value{} : json::Value{text()});
        add("extFields", fields());
        add(text() + "!", anything(0));
        for (std::size_t i = header.size(); i > 1; --i) std::swap(header[i - 1], header[random_.below(i)]);
        return header;
    }

private:
    std::string text() {
        static constexpr auto pieces = std::to_array<std::string_view>(
            {"TAGS", "\x01", "\x02", "\"", "\\", "\n", "/", "\xC3\xA9", "\xE4\xBD\xA0", "\xF0\x9F\x98\x80",
             "{", "}", ",", ":", "a long run"});
        std::string text;
        for (auto count = random_.below(6); count > 0; --count) text += pieces[random_.below(pieces.size())];
        return text;
    }
    json::Value fields() {
        json::Object fields;
        for (auto count = random_.below(12); count > 0; --count) fields.push_back({text(), anything(3)});
        return fields;
    }
    json::Value anything(int depth) {
        switch (random_.below(depth < 4 ? 7 : 5)) {
            case 0:
                return random_.below(2) == 0;
            case 1:
                return static_cast<std::int64_t>(random_.next());
            case 2:
                return {};
            case 3:
            case 4:
                return text();
            case 5: {
                json::Array elements;
                for (auto count = random_.below(3); count > 0; --count)
                    elements.push_back(anything(depth + 1));
                return elements;
            }
            default: {
                json::Object members;
                for (auto count = random_.below(3); count > 0; --count)
                    members.push_back({text(), anything(depth + 1)});
                return members;
            }
        }
    }

    SeededRandom random_;
};

std::string text_of(const json::Value& value, const json::Style& style) {
    return value.string() != nullptr ? *value.string() : json::write(value, style);
}

TEST(JsonHeader, is_read_as_a_general_reader_reads_it) {
    for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
        const auto header = RandomHeader{seed}.value();
        const json::Style style{.ascii = seed % 3 == 0, .pretty = seed % 5 == 0};
        const auto decoded = json_header(json::write(header, style));
        ASSERT_TRUE(decoded.command) << decoded.error() << " in " << decoded.bytes;
        const auto number = [&](std::string_view key) {
            const auto* value = header[key].integer();
            return value != nullptr ? *value : 0;
        };
        EXPECT_EQ(decoded.command->code, number("code")) << seed;
        EXPECT_EQ(decoded.command->opaque, number("opaque")) << seed;
        EXPECT_EQ(decoded.command->version, number("version")) << seed;
        EXPECT_EQ(decoded.command->flag, number("flag")) << seed;
        const auto* remark = header["remark"].string();
        EXPECT_EQ(decoded.command->remark, remark != nullptr ? *remark : "") << seed;
        const auto entries = decoded.command->fields.entries();
        ASSERT_TRUE(entries) << entries.error().detail << " in " << decoded.bytes;
        std::size_t index = 0;
        const json::Object none;
        const auto* fields = header["extFields"].object();
        for (const auto& member : fields != nullptr ? *fields : none) {
            if (member.value.is_null()) continue;
            ASSERT_LT(index, entries->size()) << seed;
            const auto& field = (*entries)[index++];
            EXPECT_EQ(field.name, *member.key.string()) << seed;
            if (!style.pretty) EXPECT_EQ(field.value, text_of(member.value, style)) << seed;
        }
        EXPECT_EQ(index, entries->size()) << seed;
    }
}

}  // namespace
}  // namespace tern::remoting
