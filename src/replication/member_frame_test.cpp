#include "replication/member_frame.hpp"

#include <string>

#include "base/text.hpp"

namespace tern::replication {
namespace {

using testing::ElementsAre;

constexpr std::size_t frame_max = 64;

std::string frame_of(std::string_view body, MemberFrameKind kind = MemberFrameKind::append) {
    Buffer out;
    MemberFrameWriter writer{out, kind};
    out.append(body);
    EXPECT_TRUE(writer.finish(frame_max));
    return std::string{out.view()};
}

std::string error_of(std::string_view bytes) {
    const auto cut = cut_member_frame(bytes, frame_max);
    return cut ? "none" : cut.error().detail;
}

TEST(MemberFrames, are_these_bytes) {
    EXPECT_EQ(to_hex(frame_of(std::string{"\0\0\0\0\0\0\0\5", 8}, MemberFrameKind::timeout_now)),
              "0000000EC3BFF68B01160000000000000005");
}

TEST(MemberFrames, are_cut_wherever_the_stream_is_split) {
    const std::string stream = frame_of("first") + frame_of("", MemberFrameKind::hello) + frame_of("third");
    for (std::size_t step = 1; step <= stream.size(); ++step) {
        std::vector<std::string> bodies;
        std::size_t at = 0;
        for (std::size_t end = step; at < stream.size(); end = std::min(end + step, stream.size())) {
            const auto frame = cut_member_frame(std::string_view{stream}.substr(at, end - at), frame_max);
            ASSERT_TRUE(frame);
            if (!*frame) continue;
            bodies.emplace_back((*frame)->body);
            at += (*frame)->size;
        }
        EXPECT_THAT(bodies, ElementsAre("first", "", "third")) << step;
    }
}

TEST(MemberFrames, are_no_frames_when_any_bit_is_wrong) {
    const std::string frame = frame_of("body");
    for (std::size_t bit = 0; bit < 8 * frame.size(); ++bit) {
        std::string damaged = frame;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
        const auto cut = cut_member_frame(damaged, frame_max);
        EXPECT_FALSE(cut && *cut) << bit;
    }
}

TEST(MemberFrames, say_what_cannot_be) {
    EXPECT_EQ(error_of(*from_hex("00000005")), "member frame: impossible size 9");
    EXPECT_EQ(error_of(*from_hex("0000003D")), "member frame: size 65, at most 64");
    EXPECT_EQ(error_of("GET / HTTP/1.1\r\n"), "member frame: size 1195725860, at most 64");
    EXPECT_EQ(error_of(*from_hex("000000060000000002")), "member frame: version 2");
    EXPECT_EQ(error_of(*from_hex("0000000EC3BFF68C01160000000000000005")),
              "member frame: checksum 3284137611 instead of 3284137612");
}

TEST(MemberFrames, are_not_written_when_they_are_too_long) {
    Buffer out;
    out.append("before");
    MemberFrameWriter writer{out, MemberFrameKind::append};
    out.append(std::string(55, 'x'));
    EXPECT_EQ(writer.finish(frame_max).error().detail, "member frame: size 65, at most 64");
    EXPECT_EQ(out.view(), "before");
}

}  // namespace
}  // namespace tern::replication
