// Writes frames in both header encodings (docs/formats/frame.md).
#include <limits>

#include "json/escape.hpp"
#include "remoting/command.hpp"

namespace tern::remoting {
namespace {

constexpr std::size_t digits_max = JsonFields::digits_max;
constexpr std::size_t piece_max = 24;  // The longest of the constant pieces between fields.

[[gnu::always_inline]] inline char* put(char* at, std::string_view text) {
    return copy_text(at, text);
}

char* put_number(char* at, std::int64_t number) {
    return write_decimal(at, number);
}

void commit_to(Buffer& out, const char* end) {
    out.commit(static_cast<std::size_t>(end - (out.data() + out.size())));
}

template <class Length>
void append_text(Buffer& out, std::string_view text) {
    TERN_ASSERT(std::in_range<Length>(text.size()));
    out.append_be<Length>(static_cast<Length>(text.size()));
    out.append(text);
}

}  // namespace

// With room for both length words.
char* FrameWriter::begin_json(char* at) const {
    static_assert(before_fields >= frame_prefix_size + 2 * piece_max);
    return put_number(put(at + frame_prefix_size, R"({"code":)"), preamble_.code);
}

void FrameWriter::begin_binary() {
    out_.append_be<std::int64_t>(0);  // Both length words.
    out_.append_be<std::int16_t>(static_cast<std::int16_t>(preamble_.code));
    out_.append_be<std::uint8_t>(static_cast<std::uint8_t>(preamble_.language));
    out_.append_be<std::int16_t>(static_cast<std::int16_t>(preamble_.version));
    out_.append_be<std::int32_t>(preamble_.opaque);
    out_.append_be<std::int32_t>(preamble_.flag);
    append_text<std::int32_t>(out_, preamble_.remark);
    fields_at_ = out_.size();
    out_.append_be<std::int32_t>(0);
}

void FrameWriter::named_field(std::string_view name, std::string_view value) {
    if (encoding_ == HeaderEncoding::binary) return binary_field(name, value);
    char* at = begin_json_fields(name.size() + 6 + JsonFields::text_size_max(value));
    at = put(put(put(at, "\""), name), R"(":")");
    end_json_fields(put(json::escape(value, at), R"(",)"));
}

void FrameWriter::binary_field(std::string_view name, std::string_view value) {
    append_text<std::int16_t>(out_, name);
    append_text<std::int32_t>(out_, value);
}

void FrameWriter::binary_number(std::string_view name, std::int64_t value) {
    char digits[digits_max];
    binary_field(name, {digits, put_number(digits, value)});
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

// What nearly every answer ends with.
void FrameWriter::close_plain_answer() {
    static_assert(our_version == 513);
    char* at = out_.prepare(4 * piece_max + digits_max) - 1;  // The last comma.
    at = put(at, R"(},"flag":1,"language":"JAVA","opaque":)");
    at = put_number(at, preamble_.opaque);
    commit_to(out_, put(at, R"(,"serializeTypeCurrentRPC":"JSON","version":513})"));
}

void FrameWriter::close_header() {
    if (encoding_ == HeaderEncoding::binary) {
        const auto fields_size = out_.size() - fields_at_ - sizeof(std::int32_t);
        store_be<std::int32_t>(out_.data() + fields_at_, static_cast<std::int32_t>(fields_size));
        return;
    }
    const auto& remark = preamble_.remark;
    const bool is_plain_answer = preamble_.flag == flag_response && preamble_.language == Language::java &&
                                 preamble_.version == our_version && remark.empty();
    if (has_fields_ && is_plain_answer) [[likely]]
        return close_plain_answer();
    char* at = out_.prepare(before_fields + 8 * piece_max + 3 * digits_max +
                            remark.size() * json::escaped_size_factor);
    if (has_fields_) {
        at[-1] = '}';  // The last comma.
    } else {
        at = begin_json(at);
    }
    at = put_number(put(at, R"(,"flag":)"), preamble_.flag);
    at = put(put(at, R"(,"language":")"), language_name(preamble_.language));
    at = put_number(put(at, R"(","opaque":)"), preamble_.opaque);
    if (!remark.empty()) at = put(json::escape(remark, put(at, R"(,"remark":")")), "\"");
    at = put_number(put(at, R"(,"serializeTypeCurrentRPC":"JSON","version":)"), preamble_.version);
    *at++ = '}';
    commit_to(out_, at);
}

}  // namespace tern::remoting
