// Writes frames in both header encodings (docs/formats/frame.md).
#include <charconv>
#include <limits>

#include "json/escape.hpp"
#include "remoting/command.hpp"

namespace tern::remoting {
namespace {

// Codes beyond 16 bits do not fit into a binary header.
HeaderEncoding encoding_for(std::int32_t code, HeaderEncoding wanted) {
    return std::in_range<std::int16_t>(code) ? wanted : HeaderEncoding::json;
}

constexpr std::size_t digits_max = 20;

std::string_view to_digits(std::int64_t number, char (&digits)[digits_max]) {
    return {digits, std::to_chars(digits, digits + digits_max, number).ptr};
}

void append_number(Buffer& out, std::int64_t number) {
    char* const begin = out.prepare(digits_max);
    out.commit(static_cast<std::size_t>(std::to_chars(begin, begin + digits_max, number).ptr - begin));
}

// Text in quotes.
void append_string(Buffer& out, std::string_view text) {
    char* const begin = out.prepare(text.size() * json::escaped_size_factor + 2);
    *begin = '"';
    char* const end = json::escape(text, begin + 1);
    *end = '"';
    out.commit(static_cast<std::size_t>(end + 1 - begin));
}

template <class Length>
void append_text(Buffer& out, std::string_view text) {
    TERN_ASSERT(std::in_range<Length>(text.size()));
    out.append_be<Length>(static_cast<Length>(text.size()));
    out.append(text);
}

}  // namespace

FrameWriter::FrameWriter(Buffer& out, HeaderEncoding encoding, const Preamble& preamble)
    : out_{out},
      encoding_{encoding_for(preamble.code, encoding)},
      preamble_{preamble},
      frame_at_{out.size()} {
    out_.prepare(256);
    out_.append_be<std::int64_t>(0);  // Both length words.
    if (encoding_ == HeaderEncoding::json) {
        out_.append(R"({"code":)");
        append_number(out_, preamble.code);
        return;
    }
    out_.append_be<std::int16_t>(static_cast<std::int16_t>(preamble.code));
    out_.append_be<std::uint8_t>(static_cast<std::uint8_t>(preamble.language));
    out_.append_be<std::int16_t>(static_cast<std::int16_t>(preamble.version));
    out_.append_be<std::int32_t>(preamble.opaque);
    out_.append_be<std::int32_t>(preamble.flag);
    append_text<std::int32_t>(out_, preamble.remark);
    fields_at_ = out_.size();
    out_.append_be<std::int32_t>(0);
}

void FrameWriter::field(std::string_view name, std::string_view value) {
    if (encoding_ == HeaderEncoding::json) {
        out_.append(has_fields_ ? R"(,")" : R"(,"extFields":{")");
        out_.append(name);
        out_.append(R"(":)");
        append_string(out_, value);
        has_fields_ = true;
    } else {
        append_text<std::int16_t>(out_, name);
        append_text<std::int32_t>(out_, value);
    }
}

void FrameWriter::number(std::string_view name, std::int64_t value) {
    char digits[digits_max];
    field(name, to_digits(value, digits));
}

void FrameWriter::empty_fields() {
    if (encoding_ != HeaderEncoding::json || has_fields_) return;
    out_.append(R"(,"extFields":{)");
    has_fields_ = true;
}

std::size_t FrameWriter::finish(std::span<const std::string_view> body_parts) {
    std::size_t body_size = 0;
    for (const auto& part : body_parts) body_size += part.size();
    finish_header(body_size);
    for (const auto& part : body_parts) out_.append(part);
    return out_.size() - frame_at_;
}

std::size_t FrameWriter::finish(std::string_view body) {
    return finish({&body, 1});
}

void FrameWriter::finish_header(std::size_t body_size) {
    close_header();
    const std::size_t header_size = out_.size() - frame_at_ - frame_prefix_size;
    TERN_ASSERT(header_size < std::size_t{1} << 24U &&
                std::in_range<std::int32_t>(4 + header_size + body_size));
    char* const frame = out_.data() + frame_at_;
    store_be<std::int32_t>(frame, static_cast<std::int32_t>(4 + header_size + body_size));
    store_be<std::uint32_t>(
        frame + 4, static_cast<std::uint32_t>(encoding_) << 24U | static_cast<std::uint32_t>(header_size));
}

void FrameWriter::close_header() {
    if (encoding_ == HeaderEncoding::binary) {
        const auto fields_size = out_.size() - fields_at_ - sizeof(std::int32_t);
        store_be<std::int32_t>(out_.data() + fields_at_, static_cast<std::int32_t>(fields_size));
        return;
    }
    if (has_fields_) out_.append("}");
    out_.append(R"(,"flag":)");
    append_number(out_, preamble_.flag);
    out_.append(R"(,"language":")");
    out_.append(language_name(preamble_.language));
    out_.append(R"(","opaque":)");
    append_number(out_, preamble_.opaque);
    if (!preamble_.remark.empty()) {
        out_.append(R"(,"remark":)");
        append_string(out_, preamble_.remark);
    }
    out_.append(R"(,"serializeTypeCurrentRPC":"JSON","version":)");
    append_number(out_, preamble_.version);
    out_.append("}");
}

}  // namespace tern::remoting
