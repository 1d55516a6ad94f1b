#include "client/compressed_body.hpp"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include "model/message_record.hpp"

namespace tern::client {
namespace {

std::string by_zlib(std::string_view plain) {
    auto size = compressBound(plain.size());
    std::string to(size, '\0');
    compress(reinterpret_cast<Bytef*>(to.data()), &size, reinterpret_cast<const Bytef*>(plain.data()),
             plain.size());
    return to.substr(0, size);
}
std::string by_lz4(std::string_view plain) {
    std::string to(LZ4F_compressFrameBound(plain.size(), nullptr), '\0');
    return to.substr(0, LZ4F_compressFrame(to.data(), to.size(), plain.data(), plain.size(), nullptr));
}
std::string by_zstd(std::string_view plain) {
    std::string to(ZSTD_compressBound(plain.size()), '\0');
    return to.substr(0, ZSTD_compress(to.data(), to.size(), plain.data(), plain.size(), 3));
}

struct Method {
    std::int32_t flag;
    std::string (*compress)(std::string_view);
};
class ACompressedBody : public testing::TestWithParam<Method> {
protected:
    Result<std::string> expands(std::string_view body) {
        return uncompressed(body, model::sys_flag::compressed | GetParam().flag);
    }
};

TEST_P(ACompressedBody, becomes_what_it_was) {
    std::string varied;
    for (int i = 0; i < 100'000; ++i) varied += std::to_string(i * 7919);
    for (const std::string& plain : {std::string{}, std::string{"a"}, std::string(5'000'000, 'x'), varied})
        EXPECT_EQ(expands(GetParam().compress(plain)), plain) << plain.size();
}

TEST_P(ACompressedBody, is_refused_when_it_is_cut_or_none) {
    const auto whole = GetParam().compress(std::string(10'000, 'x') + "y");
    for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
        const auto cut = expands(std::string_view{whole}.substr(0, size));
        ASSERT_FALSE(cut) << size;
        EXPECT_EQ(cut.error().code, Errc::malformed);
    }
    EXPECT_EQ(expands("no such thing").error().code, Errc::malformed);
}

TEST_P(ACompressedBody, is_refused_when_it_becomes_too_large) {
    const auto huge = GetParam().compress(std::string(uncompressed_body_size_max + 1, 'x'));
    EXPECT_EQ(expands(huge).error().code, Errc::limit_exceeded);
}

INSTANTIATE_TEST_SUITE_P(Methods, ACompressedBody,
                         testing::Values(Method{0, by_zlib}, Method{0x300, by_zlib}, Method{0x100, by_lz4},
                                         Method{0x200, by_zstd}));

TEST(ABody, that_is_not_compressed_is_left_as_it_is) {
    EXPECT_EQ(uncompressed("plain", 0x100), "plain");
}
TEST(ABody, of_an_unknown_method_is_refused) {
    EXPECT_EQ(uncompressed("?", model::sys_flag::compressed | 0x400).error().code, Errc::not_supported);
}

}  // namespace
}  // namespace tern::client
