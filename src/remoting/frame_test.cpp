#include "remoting/frame.hpp"

#include "remoting/command.hpp"

namespace tern::remoting {
namespace {

using testing::ElementsAre;

std::string frame_with(std::string_view body) {
    Buffer out;
    FrameWriter{out, HeaderEncoding::json, {.code = 10}}.finish(body);
    return std::string{out.view()};
}

// The bodies of the frames cut from a stream that arrives in pieces of that size.
std::vector<std::string> bodies_when_split_every(std::size_t size, std::string_view stream) {
    std::vector<std::string> bodies;
    std::string received;
    while (!stream.empty()) {
        received += stream.substr(0, size);
        stream.remove_prefix(std::min(size, stream.size()));
        for (auto frame = cut_frame(received); frame && *frame; frame = cut_frame(received)) {
            bodies.emplace_back((*frame)->body);
            received.erase(0, (*frame)->size);
        }
    }
    EXPECT_TRUE(received.empty());
    return bodies;
}

std::string error_of(std::string_view bytes) {
    const auto frame = cut_frame(bytes);
    return frame ? "no error" : frame.error().detail;
}

using namespace std::string_view_literals;

TEST(Frame, is_cut_the_same_however_the_stream_is_split) {
    const auto stream = frame_with("first") + frame_with("") + frame_with("third");
    for (std::size_t size = 1; size <= stream.size(); ++size)
        EXPECT_THAT(bodies_when_split_every(size, stream), ElementsAre("first", "", "third")) << size;
}

TEST(Frame, is_waited_for_while_its_end_is_missing) {
    const auto whole = frame_with("body");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto frame = cut_frame(std::string_view{whole}.substr(0, size));
        ASSERT_TRUE(frame) << size;
        EXPECT_FALSE(*frame) << size;
    }
}

TEST(Frame, that_can_never_be_one_is_refused_as_soon_as_its_lengths_are_there) {
    EXPECT_EQ(error_of("\x00\x00\x00\x03"sv), "frame: impossible length 3");
    EXPECT_EQ(error_of("\xFF\xFF\xFF\xFF"sv), "frame: impossible length -1");
    EXPECT_EQ(error_of("\x00\x00\x00\x10\x02\x00\x00\x00"sv), "frame: unknown encoding 2");
    EXPECT_EQ(error_of("\x00\x00\x00\x10\x00\x00\x00\x0D"sv), "frame: header beyond its end: 13");
}

TEST(Frame, is_at_most_16_megabytes_with_its_length_word) {
    EXPECT_EQ(error_of("\x00\xFF\xFF\xFC\x00\x00\x00\x00"sv), "no error");
    EXPECT_EQ(error_of("\x00\xFF\xFF\xFD\x00\x00\x00\x00"sv), "frame: size 16777217");
    EXPECT_EQ(cut_frame("\x00\xFF\xFF\xFD"sv).error().code, Errc::limit_exceeded);
}

TEST(Frame, has_a_header_of_at_most_one_megabyte) {
    EXPECT_EQ(error_of("\x00\x20\x00\x00\x00\x10\x00\x00"sv), "no error");
    EXPECT_EQ(error_of("\x00\x20\x00\x00\x00\x10\x00\x01"sv), "frame: header size 1048577");
}

}  // namespace
}  // namespace tern::remoting
