#include "bench/load/answer.hpp"

#include "base/bytes.hpp"

namespace tern::bench {
namespace {

std::unexpected<Error> malformed(std::string_view what, std::string_view header) {
    return failure(Errc::malformed, "no " + std::string{what} + " in a header: " + std::string{header});
}

// The integer that text begins with.
std::optional<std::int64_t> leading_number(std::string_view text) {
    std::int64_t number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} ? std::optional{number} : std::nullopt;
}

std::optional<std::int64_t> number_behind(std::string_view text, std::size_t at, std::size_t skipped) {
    if (at == std::string_view::npos) return std::nullopt;
    return leading_number(text.substr(at + skipped));
}

// Whoever writes a JSON header puts the code first and, since a remark has its quotes escaped, this name
// once.
Result<Answer> scan_json(const remoting::FrameView& frame) {
    constexpr std::string_view code_name = R"({"code":)";
    constexpr std::string_view opaque_name = R"("opaque":)";
    if (!frame.header.starts_with(code_name)) return malformed("code", frame.header);
    const auto code = leading_number(frame.header.substr(code_name.size()));
    if (!code) return malformed("code", frame.header);
    const auto opaque = number_behind(frame.header, frame.header.rfind(opaque_name), opaque_name.size());
    if (!opaque) return malformed("opaque", frame.header);
    return Answer{static_cast<std::int32_t>(*code), static_cast<std::int32_t>(*opaque), frame};
}

// int16 code, int8 language, int16 version, int32 opaque.
Result<Answer> scan_binary(const remoting::FrameView& frame) {
    if (frame.header.size() < 9) return malformed("opaque", frame.header);
    const char* const header = frame.header.data();
    return Answer{load_be<std::int16_t>(header), load_be<std::int32_t>(header + 5), frame};
}

}  // namespace

Result<Answer> scan_frame(const remoting::FrameView& frame) {
    return frame.encoding == remoting::HeaderEncoding::json ? scan_json(frame) : scan_binary(frame);
}

Result<std::optional<Answer>> scan_answer(std::string_view bytes) {
    const auto frame = remoting::cut_frame(bytes);
    if (!frame) return std::unexpected(frame.error());
    if (!*frame) return std::nullopt;
    const auto answer = scan_frame(**frame);
    if (!answer) return std::unexpected(answer.error());
    return *answer;
}

std::optional<std::int64_t> scan_number_field(const remoting::FrameView& frame, std::string_view name) {
    const auto at = frame.header.find(name);
    // Between name and digits: `":"` in JSON, the value's length as int32 in the binary form.
    const std::size_t between = frame.encoding == remoting::HeaderEncoding::json ? 3 : 4;
    if (at == std::string_view::npos || at + name.size() + between > frame.header.size()) return std::nullopt;
    return number_behind(frame.header, at, name.size() + between);
}

}  // namespace tern::bench
