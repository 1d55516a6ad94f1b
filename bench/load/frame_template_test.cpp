#include "bench/load/frame_template.hpp"

#include <gtest/gtest.h>

#include "bench/load/answer.hpp"

namespace tern::bench {
namespace {

using remoting::HeaderEncoding;

class FrameTemplates : public testing::TestWithParam<HeaderEncoding> {
protected:
    static FrameTemplate with_field(std::string_view value, std::string_view body) {
        return {GetParam(), 310, [value](auto& frame) { frame.field("key", value); }, body};
    }
    // The only frame in bytes, decoded.
    remoting::Command decoded(const Buffer& bytes) {
        const auto frame = remoting::cut_frame(bytes.view());
        EXPECT_TRUE(frame && *frame && (*frame)->size == bytes.size());
        return *decoder_.decode(**frame);
    }
    remoting::CommandDecoder decoder_;
};

TEST_P(FrameTemplates, give_copies_that_differ_in_their_opaques) {
    const auto frame = with_field("value", "body");
    for (const std::int32_t opaque : {opaque_first, 123'456'789, opaque_first + opaque_count - 1}) {
        Buffer out;
        frame.append_to(out, opaque);
        const auto command = decoded(out);
        EXPECT_EQ(command.opaque, opaque);
        EXPECT_EQ(command.code, 310);
        EXPECT_EQ(command.field("key"), "value");
        EXPECT_EQ(command.body, "body");
    }
}

TEST_P(FrameTemplates, have_blanks_that_are_filled_wherever_the_text_stands) {
    const auto frame = with_field("<0000>", "a body with <0000> in it");
    const Blank blank{frame.bytes(), "<0000>", 5};
    Buffer out;
    blank.fill_hex(frame.append_to(out, opaque_first), 0xABCD);
    EXPECT_EQ(decoded(out).field("key"), "<0ABCD");
    EXPECT_EQ(decoded(out).body, "a body with <0ABCD in it");
}

TEST_P(FrameTemplates, fill_decimal_blanks_with_zeros_in_front) {
    const auto frame = with_field("1000000", {});
    const Blank blank{frame.bytes(), "1000000", 7};
    Buffer out;
    blank.fill_decimal(frame.append_to(out, opaque_first), 42);
    EXPECT_EQ(decoded(out).field("key"), "0000042");
}

TEST_P(FrameTemplates, are_scanned_like_any_frame) {
    const auto frame = with_field("17", "body");
    Buffer out;
    frame.append_to(out, 123'456'789);
    EXPECT_EQ(*scan_answer(out.view().substr(0, out.size() - 1)), std::nullopt);
    const auto answer = *scan_answer(out.view());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->code, 310);
    EXPECT_EQ(answer->opaque, 123'456'789);
    EXPECT_EQ(answer->frame.size, out.size());
    EXPECT_EQ(scan_number_field(answer->frame, "key"), 17);
    EXPECT_EQ(scan_number_field(answer->frame, "nonsense"), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(EachEncoding, FrameTemplates,
                         testing::Values(HeaderEncoding::json, HeaderEncoding::binary));

TEST(ScannedAnswer, is_what_the_header_says_whatever_the_remark_says) {
    Buffer out;
    remoting::FrameWriter frame{
        out,
        HeaderEncoding::json,
        {.code = 16, .opaque = 7, .flag = remoting::flag_response, .remark = R"(no: "opaque":9 is not it)"}};
    frame.finish();
    const auto answer = *scan_answer(out.view());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->code, 16);
    EXPECT_EQ(answer->opaque, 7);
}

}  // namespace
}  // namespace tern::bench
