// A decoded command: what both header encodings say, with views into the frame or into the decoder's own
// storage.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "base/enum_names.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "json/escape.hpp"
#include "remoting/frame.hpp"

namespace tern::remoting {

// How peers name their language; spec wire-protocol 1.4. Unknown ones are other.
enum class Language : std::uint8_t {
    java = 0,
    cpp = 1,
    dotnet = 2,
    python = 3,
    delphi = 4,
    erlang = 5,
    ruby = 6,
    other = 7,
    http = 8,
    go = 9,
    php = 10,
    oms = 11,
    rust = 12,
    node_js = 13,
};
inline constexpr std::size_t language_count = 14;
constexpr std::array<std::string_view, language_count> enum_names(Language) {
    return {"JAVA",  "CPP",  "DOTNET", "PYTHON", "DELPHI", "ERLANG", "RUBY",
            "OTHER", "HTTP", "GO",     "PHP",    "OMS",    "RUST",   "NODE_JS"};
}
constexpr std::string_view language_name(Language language) {
    return enum_name(language);
}
Language language_of(std::string_view name);

// What we say we are: 5.5.0 (wire-protocol 1.6).
inline constexpr std::int32_t our_version = 513;

inline constexpr std::int32_t flag_response = 1;
inline constexpr std::int32_t flag_oneway = 2;

inline constexpr std::size_t field_count_max = 256;  // Entries of extFields; ours.

// How a field of a JSON header begins, "name":", put together by the compiler.
class FieldName {
public:
    static constexpr std::size_t json_size_max = 64;

    consteval FieldName(std::string_view name) : name_size_{name.size()} {
        char* at = text_.data();
        for (const char c : std::string_view{R"(,")"}) *at++ = c;
        for (const char c : name) *at++ = c;
        for (const char c : std::string_view{R"(":")"}) *at++ = c;
    }
    consteval FieldName(const char* name) : FieldName{std::string_view{name}} {}
    constexpr std::string_view json_behind_another() const { return {text_.data(), name_size_ + 5}; }
    constexpr std::string_view json() const { return json_behind_another().substr(1); }
    constexpr std::string_view name() const { return {text_.data() + 2, name_size_}; }

private:
    std::array<char, json_size_max> text_{};  // A longer name does not compile.
    std::size_t name_size_;
};

struct FieldView {
    std::string_view name;
    std::string_view value;
};

// The fields of one header as they come in.
class FieldList {
public:
    void clear() { count_ = 0; }
    bool full() const { return count_ == fields_.size(); }
    // Not when it is full.
    void add(std::string_view name, std::string_view value) { fields_[count_++] = {name, value}; }
    std::span<const FieldView> view() const { return {fields_.data(), count_}; }
    // The places that are free, for one who fills them himself and then says how many.
    std::span<FieldView> free() { return std::span{fields_}.subspan(count_); }
    void added(std::size_t count) { count_ += count; }

private:
    std::vector<FieldView> fields_ = std::vector<FieldView>(field_count_max);
    std::size_t count_{0};
};

// Where a decoder keeps what it had to take apart or to unescape.
struct FieldStore {
    FieldList list;
    Buffer unescaped;
    bool is_taken_apart{false};  // The text of the fields, into the list.

    void clear() {
        list.clear();
        unescaped.clear();
        is_taken_apart = false;
    }
    // The JSON string from behind its opening quote. Gives the place of its last quote, end when there is
    // none, nullptr for an escape that does not exist.
    const char* unescape(const char* begin, const char* end, std::string_view& text);
};

// The fields of a header. Those of a header as Java clients write it are text until somebody asks: who knows
// their names reads them where they lie (fields.hpp), and only for others they are taken apart. So it is then
// that a text is found to be no list of fields.
class Fields {
public:
    Fields() = default;
    Fields(std::span<const FieldView> entries) : entries_{entries} {}
    // What lies between the braces of "extFields", in a header that goes on behind it (JsonFieldReader).
    Fields(std::string_view text, FieldStore& store) : text_{text}, store_{&store} {}

    // In their order, also several of one name. Errc::malformed, or limit_exceeded for too many.
    Result<std::span<const FieldView>> entries() const;
    // The value of the last field, if it has that name and is a number.
    std::optional<std::string_view> last_number(const FieldName& name) const;

private:
    friend class JsonFieldReader;

    std::string_view text_;
    FieldStore* store_{nullptr};  // Of a text.
    std::span<const FieldView> entries_;
};

struct Command {
    std::int32_t code{};
    Language language{Language::other};
    std::int32_t version{};
    std::int32_t opaque{};
    std::int32_t flag{};
    HeaderEncoding encoding{HeaderEncoding::json};
    std::string_view remark{};
    Fields fields{};
    std::string_view body{};

    bool is_response() const { return (flag & flag_response) != 0; }
    bool is_oneway() const { return (flag & flag_oneway) != 0; }
    // The last entry of that name; nothing also when the fields are malformed.
    std::optional<std::string_view> field(std::string_view name) const;
};

// Decodes headers of both encodings. Keeps the storage that a decoded Command points into, so a Command is
// valid until the next decode() or the end of its frame's bytes, and steady traffic allocates nothing.
class CommandDecoder {
public:
    Result<Command> decode(const FrameView& frame);

private:
    Result<Command> decode_json(std::string_view header);
    Result<Command> decode_binary(std::string_view header);

    FieldStore store_;
};

// What a frame says beside its fields and its body. The remark must stay where it is until the frame is
// finished.
struct Preamble {
    std::int32_t code{};
    Language language{
        Language::java};  // Unknown names upset older clients, so we say JAVA, as the broker they know.
    std::int32_t version{our_version};
    std::int32_t opaque{};
    std::int32_t flag{};
    std::string_view remark{};
};

// Writes fields of a JSON header to where there is room for them, with a comma behind each: that of the last
// one becomes the end of the object.
class JsonFields {
public:
    static constexpr std::size_t digits_max = 20;
    static constexpr std::size_t text_size_max(std::string_view text) {
        return text.size() * json::escaped_size_factor;
    }
    // What a field takes beside its value.
    static constexpr std::size_t size_around(const FieldName& name) { return name.json().size() + 2; }

    explicit JsonFields(char* at) : at_{at} {}

    [[gnu::always_inline]] void field(const FieldName& name, std::string_view value) {
        close(json::escape(value, copy_text(at_, name.json())));
    }
    // A text without quotes, backslashes and control characters.
    [[gnu::always_inline]] void word(const FieldName& name, std::string_view value) {
        close(copy_text(copy_text(at_, name.json()), value));
    }
    [[gnu::always_inline]] void number(const FieldName& name, std::int64_t value) {
        close(write_decimal(copy_text(at_, name.json()), value));
    }
    char* end() const { return at_; }

private:
    void close(char* end) {
        end[0] = '"';
        end[1] = ',';
        at_ = end + 2;
    }
    char* at_;
};

// Appends one frame to out in either encoding; a code beyond int16 is written in JSON whatever was asked for,
// since a binary header would cut it. Usage: construct, add fields, then finish with the body.
//   FrameWriter frame{out, encoding, {.code = 0, .opaque = 7, .flag = flag_response}};
//   frame.field("msgId", id);
//   frame.number("queueOffset", 12);
//   frame.finish(body);
class FrameWriter {
public:
    FrameWriter(Buffer& out, HeaderEncoding encoding, const Preamble& preamble)
        : out_{out},
          // Codes beyond 16 bits do not fit into a binary header.
          encoding_{std::in_range<std::int16_t>(preamble.code) ? encoding : HeaderEncoding::json},
          preamble_{preamble},
          frame_at_{out.size()} {
        if (encoding_ == HeaderEncoding::binary) begin_binary();
    }
    HeaderEncoding encoding() const { return encoding_; }

    void field(const FieldName& name, std::string_view value) {
        if (encoding_ == HeaderEncoding::binary) return binary_field(name.name(), value);
        JsonFields fields{
            begin_json_fields(JsonFields::size_around(name) + JsonFields::text_size_max(value))};
        fields.field(name, value);
        end_json_fields(fields.end());
    }
    void word(const FieldName& name, std::string_view value) { field(name, value); }
    void number(const FieldName& name, std::int64_t value) {
        if (encoding_ == HeaderEncoding::binary) return binary_number(name.name(), value);
        JsonFields fields{begin_json_fields(JsonFields::size_around(name) + JsonFields::digits_max)};
        fields.number(name, value);
        end_json_fields(fields.end());
    }
    // Where fields of a JSON header go, with room for so many bytes; then where they end.
    char* begin_json_fields(std::size_t size_max) {
        char* const at = out_.prepare(size_max + before_fields);
        if (has_fields_) return at;
        has_fields_ = true;
        return copy_text(begin_json(at), R"(,"extFields":{)");
    }
    void end_json_fields(char* end) {
        if (end[-1] == '{') *end++ = ',';  // There were none.
        out_.commit(static_cast<std::size_t>(end - (out_.data() + out_.size())));
    }
    // A name that is known only when the program runs; it needs no escapes.
    void named_field(std::string_view name, std::string_view value);
    // For JSON: a header object without values says "extFields":{}. Does nothing once there are fields.
    void empty_fields() {
        if (encoding_ == HeaderEncoding::json) end_json_fields(begin_json_fields(0));
    }
    // The header is complete; the body's parts follow. Returns the size of the frame.
    std::size_t finish(std::span<const std::string_view> body_parts);
    std::size_t finish(std::string_view body = {});
    // The header is complete, and the caller appends body_size bytes to the buffer itself, at once.
    void finish_header(std::size_t body_size);

private:
    static constexpr std::size_t before_fields = 64;

    void begin_binary();
    char* begin_json(char* at) const;
    void binary_field(std::string_view name, std::string_view value);
    void binary_number(std::string_view name, std::int64_t value);
    void close_header();
    void close_plain_answer();

    Buffer& out_;
    HeaderEncoding encoding_;
    Preamble preamble_;
    std::size_t
        frame_at_;  // Distances from the buffer's front, which does not move while a frame is written.
    std::size_t fields_at_{0};
    bool has_fields_{false};
};

}  // namespace tern::remoting
