// Reads the JSON form of a command's header (docs/formats/frame.md). A scanner of its own, for nearly every
// frame comes through here: one pass, and a string without escapes stays where it lies.
#include <algorithm>
#include <charconv>

#include "base/digits.hpp"
#include "json/escape.hpp"
#include "json/string_scan.hpp"
#include "remoting/json_field_reader.hpp"

namespace tern::remoting {
namespace {

// What comes behind the fields as Java clients write them, at least.
constexpr std::string_view shortest_java_tail =
    R"(,"flag":0,"language":"JAVA","opaque":1,"serializeTypeCurrentRPC":"JSON","version":1})";
static_assert(shortest_java_tail.size() > FieldName::json_size_max + scan_block_size);

constexpr int nesting_max = 32;            // Of unknown members, which are skipped.
constexpr std::ptrdiff_t digits_max = 10;  // Of an int32.

// Every byte up to the space counts as one: those that are none are in no header.
constexpr bool is_blank(char c) {
    return static_cast<unsigned char>(c) <= ' ';
}

template <std::size_t Size>
bool take(const char*& at, const char* end, const char (&text)[Size]) {
    constexpr auto size = static_cast<std::ptrdiff_t>(Size - 1);
    if (end - at < size || std::memcmp(at, text, Size - 1) != 0) return false;
    at += size;
    return true;
}

// Of at most nine digits, so that it fits. A byte that is no digit comes before the end: the '}'.
bool take_number(const char*& at, std::int32_t& number) {
    const char* const begin = at;
    std::uint32_t value = 0;
    for (unsigned char digit; (digit = static_cast<unsigned char>(*at - '0')) <= 9; ++at)
        value = value * 10 + digit;
    number = static_cast<std::int32_t>(value);
    return at != begin && at - begin <= 9;
}

// The same for one that is mostly long.
[[gnu::always_inline]] inline bool take_long_number(const char*& at, const char* end, std::int32_t& number) {
    if (end - at <= 9) return take_number(at, number);
    const std::uint64_t eight = load_digits(at);
    const std::uint64_t others = non_digits(eight);
    const int size = others == 0 ? 8 : std::countr_zero(others) / 8;
    if (size == 0) return false;
    number = static_cast<std::int32_t>(digits_value(eight << (64 - 8 * size)));
    at += size;
    if (size == 8 && is_digit(*at)) number = number * 10 + (*at++ - '0');
    return true;
}

// The members in the order and the form in which Java clients write them; the fields stay text. Whatever
// looks different is left to the scanner, which reads it from its beginning and says what is wrong with it.
//
// The fields end at the first '}', right behind the last quote of a string. Were that quote a first one, or
// the
// '}' that of an object among the fields, then what comes behind it, which is compared to the header's last
// byte, would make no JSON of the whole.
bool read_as_java_writes(std::string_view header, Command& command, FieldStore& store) {
    const char* at = header.data();
    const char* const end = at + header.size();
    if (at == end || end[-1] != '}') return false;
    if (!take(at, end, R"({"code":)") || !take_number(at, command.code)) return false;
    if (take(at, end, R"(,"extFields":{)")) {
        const auto* const brace =
            static_cast<const char*>(std::memchr(at, '}', static_cast<std::size_t>(end - at)));
        if (brace != at) {
            if (brace[-1] != '"' || brace[-2] == '\\') return false;
            command.fields = Fields{{at, brace}, store};
        }
        at = brace + 1;
    }
    if (!take(at, end, R"(,"flag":)") || !take_number(at, command.flag)) return false;
    if (!take(at, end, R"(,"language":"JAVA","opaque":)") || !take_long_number(at, end, command.opaque))
        return false;
    command.language = Language::java;
    if (!take(at, end, R"(,"serializeTypeCurrentRPC":"JSON","version":)")) return false;
    if (!take_number(at, command.version) || !take(at, end, "}")) return false;
    return at == end;
}

// Each read_… takes the place where it begins, which has no blanks before it, and gives the place behind what
// it read, or nullptr after a failure. The place is handed on by value so that it stays in a register.
class Scanner {
public:
    Scanner(std::string_view text, FieldStore& store)
        : begin_{text.data()}, end_{begin_ + text.size()}, store_{store} {}

    [[gnu::noinline]] Result<Command> scan() {
        Result<Command> command{std::in_place};
        const char* at = expect(begin_, '{');
        at = at == nullptr ? fail(begin_, "no object")
                           : read_members(at, [&](const char* value, std::string_view key) {
                                 return read_member(value, key, *command);
                             });
        if (at != nullptr && skip_blanks(at) != end_) at = fail(skip_blanks(at), "text behind the object");
        if (at == nullptr) return std::unexpected{std::move(error_)};
        command->fields = store_.list.view();
        return command;
    }

    // Of the fields alone, with their '}' and a tail behind them.
    Result<> scan_fields() {
        const std::size_t unescaped = store_.unescaped.size();
        store_.list.clear();
        const char* at = take_plain_fields(begin_, end_ + shortest_java_tail.size());
        if (at != end_) {
            store_.unescaped.truncate(unescaped);
            at = read_fields(begin_);
        }
        if (at != nullptr && at != end_) at = fail(at, "text behind the fields");
        if (at != nullptr) return {};
        store_.unescaped.truncate(unescaped);
        error_.detail += " of its fields";
        return std::unexpected{std::move(error_)};
    }

private:
    [[gnu::cold, gnu::noinline]] const char* fail(const char* at, std::string_view what,
                                                  Errc code = Errc::malformed) {
        error_ = {code, "header: " + std::string{what} + " at byte " + std::to_string(at - begin_)};
        return nullptr;
    }

    const char* skip_blanks(const char* at) const {
        while (at != end_ && is_blank(*at)) ++at;
        return at;
    }

    // The place behind c, which may have blanks before it; nullptr when something else comes. Java writes no
    // blanks, so they are looked for last.
    const char* expect(const char* at, char c) const {
        if (at == end_ || *at != c) [[unlikely]] {
            at = skip_blanks(at);
            if (at == end_ || *at != c) return nullptr;
        }
        return at + 1;
    }

    // The members of an object, from behind its '{'. read_value(place, key) is called for each.
    template <class ReadValue>
    const char* read_members(const char* at, ReadValue read_value) {
        if (const char* const end = expect(at, '}')) return end;
        at = read_one_member(at, read_value);
        return at != nullptr ? read_more_members(at, read_value) : nullptr;
    }

    // From behind a member.
    template <class ReadValue>
    const char* read_more_members(const char* at, ReadValue read_value) {
        while (const char* const next = expect(at, ','))
            if ((at = read_one_member(next, read_value)) == nullptr) return nullptr;
        const char* const end = expect(at, '}');
        return end != nullptr ? end : fail(at, "neither ',' nor '}'");
    }

    template <class ReadValue>
    const char* read_one_member(const char* at, ReadValue& read_value) {
        std::string_view key;
        const char* next = expect(at, '"');
        if (next == nullptr) return fail(at, "no key");
        if ((at = read_string(next, key)) == nullptr) return nullptr;
        if ((next = expect(at, ':')) == nullptr) return fail(at, "no ':'");
        return read_value(skip_blanks(next), key);
    }

    const char* read_member(const char* at, std::string_view key, Command& command) {
        if (key == "code") return read_number(at, command.code);
        if (key == "extFields") return read_ext_fields(at);
        if (key == "flag") return read_number(at, command.flag);
        if (key == "language") return read_language(at, command.language);
        if (key == "opaque") return read_number(at, command.opaque);
        if (key == "remark") return read_remark(at, command.remark);
        if (key == "version") return read_number(at, command.version);
        return skip(at, 0);
    }

    const char* read_ext_fields(const char* at) {
        store_.list.clear();
        if (at != end_ && *at == 'n') return skip_word(at, "null");
        if (at == end_ || *at != '{') return fail(at, "extFields is no object");
        return read_fields(at + 1);
    }

    // From behind the '{'.
    const char* read_fields(const char* at) {
        const auto read_value = [this](const char* value, std::string_view name) {
            return read_field(value, name);
        };
        return read_members(at, read_value);
    }

    // Of four bytes the first three.
    static bool begins_with(const char* four, const char (&text)[4]) {
        const auto word = [](const char* at) {
            std::uint32_t bytes;
            std::memcpy(&bytes, at, sizeof bytes);
            return bytes;
        };
        const std::uint32_t differs = word(four) ^ word(text);
        return (std::endian::native == std::endian::little ? differs << 8U : differs >> 8U) == 0;
    }

    // The fields as Java writes them, "name":"value" and a comma between, to behind their '}'. nullptr when
    // they look different.
    const char* take_plain_fields(const char* at, const char* const end) {
        // A name of one letter, the piece between, a value within a block and what follows it: more than that
        // comes behind the last field, so that no shorter distance has to be looked at.
        constexpr std::ptrdiff_t reach = 1 + 3 + scan_block_size + 4;
        if (end - at <= reach || *at++ != '"') return nullptr;
        const char* const last = end - reach;
        const auto free = store_.list.free();
        FieldView* next = free.data();
        const FieldView* const limit = next + free.size();
        while (at <= last && next != limit) {
            const char* value = at + 4;
            if (*at >= 'a' && begins_with(at + 1, R"(":")")) [[likely]] {  // Producers send such names.
                next->name = {at, 1};
            } else {
                const char* const name_end = json::find_quote_or_backslash(at, end);
                if (name_end > last || !begins_with(name_end, R"(":")")) return nullptr;
                next->name = {at, name_end};
                value = name_end + 3;
            }
            std::size_t value_size = json::plain_to_read(value);
            if (value_size == scan_block_size) {
                const char* const value_end = json::find_quote_or_backslash(value + value_size, end);
                if (value_end > last) return nullptr;
                value_size = static_cast<std::size_t>(value_end - value);
            }
            next->value = {value, value_size};
            at = value + value_size;
            if (!begins_with(at, R"(",")")) {
                if (*at == '\\')
                    at = read_string_with_escapes(value, next->value);
                else
                    ++at;
                if (at == nullptr || at > last) return nullptr;
                if (*at == '}') {
                    store_.list.added(static_cast<std::size_t>(next + 1 - free.data()));
                    return at + 1;
                }
                if (*at != ',' || at[1] != '"') return nullptr;
                --at;
            }
            ++next;
            at += 3;
        }
        return nullptr;
    }

    const char* read_field(const char* at, std::string_view name) {
        std::string_view value;
        if (at != end_ && *at == '"') {
            at = read_string(at + 1, value);
        } else {
            if (at != end_ && *at == 'n') return skip_word(at, "null");
            const char* const begin = at;
            at = skip(at, 0);
            value = at != nullptr ? std::string_view{begin, at} : value;
        }
        if (at == nullptr) return nullptr;
        if (store_.list.full()) return fail(at, "too many fields", Errc::limit_exceeded);
        store_.list.add(name, value);
        return at;
    }

    const char* read_language(const char* at, Language& language) {
        std::string_view name;
        if (at != end_ && *at == '"') {
            at = read_string(at + 1, name);
        } else {
            const char* const begin = at;
            if ((at = skip(at, 0)) != nullptr) name = {begin, at};
        }
        language = language_of(name);
        return at;
    }

    const char* read_remark(const char* at, std::string_view& remark) {
        if (at != end_ && *at == 'n') return skip_word(at, "null");
        if (at == end_ || *at != '"') return fail(at, "remark is no string");
        return read_string(at + 1, remark);
    }

    const char* read_number(const char* at, std::int32_t& number) {
        const bool quoted = at != end_ && *at == '"';
        if (quoted) ++at;
        const bool negative = at != end_ && *at == '-';
        if (negative) ++at;
        const char* const digits = at;
        std::int64_t value = 0;
        while (at != end_ && is_digit(*at) && at - digits <= digits_max) value = value * 10 + (*at++ - '0');
        value = negative ? -value : value;
        number = static_cast<std::int32_t>(value);
        const bool ends_there = at == end_ || (*at != '.' && *at != 'e' && *at != 'E');
        if (at == digits || number != value || !ends_there) return fail(digits, "not an int32");
        if (!quoted) return at;
        return at != end_ && *at == '"' ? at + 1 : fail(digits, "not an int32");
    }

    // From behind its opening quote.
    const char* read_string(const char* begin, std::string_view& text) {
        const char* const at = json::find_quote_or_backslash(begin, end_);
        if (at == end_) return fail(at, "a string without its end");
        if (*at != '"') return read_string_with_escapes(begin, text);
        text = {begin, at};
        return at + 1;
    }

    [[gnu::noinline]] const char* read_string_with_escapes(const char* begin, std::string_view& text) {
        const char* const at = store_.unescape(begin, end_, text);
        if (at == nullptr) return fail(begin, "an unknown escape in the string");
        if (at == end_) return fail(at, "a string without its end");
        return at + 1;
    }

    // A value of any kind.
    const char* skip(const char* at, int depth) {
        if (depth > nesting_max) return fail(at, "too deeply nested", Errc::limit_exceeded);
        if (at == end_) return fail(at, "not a value");
        std::string_view ignored;
        switch (*at) {
            case '"':
                return read_string(at + 1, ignored);
            case '{':
                return read_members(at + 1, [this, depth](const char* value, std::string_view) {
                    return skip(value, depth + 1);
                });
            case '[':
                return skip_elements(at + 1, depth);
            case 't':
                return skip_word(at, "true");
            case 'f':
                return skip_word(at, "false");
            case 'n':
                return skip_word(at, "null");
            default:
                return skip_number(at);
        }
    }

    const char* skip_elements(const char* at, int depth) {
        if (const char* const end = expect(at, ']')) return end;
        while (true) {
            if ((at = skip(skip_blanks(at), depth + 1)) == nullptr) return nullptr;
            const char* const next = expect(at, ',');
            if (next == nullptr) break;
            at = next;
        }
        const char* const end = expect(at, ']');
        return end != nullptr ? end : fail(at, "neither ',' nor ']'");
    }

    const char* skip_word(const char* at, std::string_view word) {
        return std::string_view{at, end_}.starts_with(word) ? at + word.size() : fail(at, "not a value");
    }

    const char* skip_number(const char* at) {
        double number{};
        const auto [end, error] = std::from_chars(at, end_, number);
        const bool is_number = *at == '-' || is_digit(*at);
        return is_number && end != at ? end : fail(at, "not a value");
    }

    const char* begin_;
    const char* end_;
    FieldStore& store_;
    Error error_{Errc::malformed, {}};
};

}  // namespace

const char* FieldStore::unescape(const char* begin, const char* end, std::string_view& text) {
    // Room at the first escape for all that is left, twice: text never grows by being unescaped, and is read
    // in place once and taken apart once. So the storage is not moved again, and earlier views stay put.
    const auto room = static_cast<std::size_t>(end - begin);
    TERN_ASSERT(unescaped.empty() || unescaped.room() >= room);
    char* const out = unescaped.prepare(unescaped.empty() ? 2 * room : room);
    char* out_end = out;
    const char* const at = json::unescape(begin, end, out_end);
    if (at == nullptr || at == end) return at;
    text = {out, out_end};
    unescaped.commit(text.size());
    return at;
}

[[gnu::flatten]] JsonFieldReader::Found JsonFieldReader::find_long_value(const char* at, const char* end,
                                                                         FieldStore& store) {
    const char* const value_end = json::find_quote_or_backslash(at, end);
    if (value_end == end) return {};
    if (*value_end == '"') return {{at, value_end}, value_end + 1};
    Found found{};
    const char* const last = store.unescape(at, end, found.text);
    if (last != nullptr && last != end) found.end = last + 1;
    return found;
}

Result<std::span<const FieldView>> Fields::entries() const {
    if (store_ == nullptr) return entries_;
    if (!store_->is_taken_apart) {
        Scanner scanner{{text_.data(), text_.size() + 1}, *store_};
        if (auto scanned = scanner.scan_fields(); !scanned)
            return std::unexpected{std::move(scanned.error())};
        store_->is_taken_apart = true;
    }
    return store_->list.view();
}

Result<Command> CommandDecoder::decode_json(std::string_view header) {
    Result<Command> command{std::in_place};
    if (!read_as_java_writes(header, *command, store_)) command = Scanner{header, store_}.scan();
    return command;
}

}  // namespace tern::remoting
