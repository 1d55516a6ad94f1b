#include "bench/load/frame_template.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

namespace tern::bench {
namespace {

constexpr std::size_t opaque_width = 9;

void write_decimal(char* begin, std::size_t width, std::uint64_t number) {
    for (char* at = begin + width; at != begin; number /= 10) *--at = static_cast<char>('0' + number % 10);
}

void write_hex(char* begin, std::size_t width, std::uint64_t number) {
    for (char* at = begin + width; at != begin; number >>= 4U) *--at = "0123456789ABCDEF"[number & 0xFU];
}

}  // namespace

Blank::Blank(std::string_view frame, std::string_view text, std::size_t width) : width_{width} {
    for (auto at = frame.find(text); at != std::string_view::npos; at = frame.find(text, at + 1))
        places_.push_back(at + text.size() - width);
    TERN_ASSERT(!places_.empty());
}

void Blank::fill_hex(char* frame, std::uint64_t number) const {
    for (const auto place : places_) write_hex(frame + place, width_, number);
}

void Blank::fill_decimal(char* frame, std::uint64_t number) const {
    for (const auto place : places_) write_decimal(frame + place, width_, number);
}

FrameTemplate::FrameTemplate(remoting::HeaderEncoding encoding, std::int32_t code,
                             const AddFields& add_fields, std::string_view body) {
    Buffer encoded;
    remoting::FrameWriter writer{encoded, encoding, {.code = code, .opaque = opaque_first}};
    add_fields(writer);
    writer.finish(body);
    bytes_ = encoded.view();
    body_at_ = bytes_.size() - body.size();
    opaque_is_text_ = static_cast<remoting::HeaderEncoding>(bytes_[4]) == remoting::HeaderEncoding::json;
    if (opaque_is_text_) {
        constexpr std::string_view name = R"("opaque":)";
        opaque_at_ = std::string_view{bytes_}.substr(0, body_at_).rfind(name) + name.size();
    } else {
        opaque_at_ = remoting::frame_prefix_size + 2 + 1 + 2;  // Behind code, language and version.
    }
}

char* FrameTemplate::append_to(Buffer& out, std::int32_t opaque) const {
    TERN_ASSERT(opaque >= opaque_first && opaque < opaque_first + opaque_count);
    char* const copy = out.prepare(bytes_.size());
    std::memcpy(copy, bytes_.data(), bytes_.size());
    if (opaque_is_text_) {
        write_decimal(copy + opaque_at_, opaque_width, static_cast<std::uint64_t>(opaque));
    } else {
        store_be<std::int32_t>(copy + opaque_at_, opaque);
    }
    out.commit(bytes_.size());
    return copy;
}

}  // namespace tern::bench
