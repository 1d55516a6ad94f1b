#include "json/reader.hpp"

#include <charconv>

#include "json/escape.hpp"
#include "json/string_scan.hpp"

namespace tern::json {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_name_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
           c == '-';
}

// Reads one document from front to back. The first failure is kept, and everything after it returns false.
class Reader {
public:
    Reader(std::string_view text, const Limits& limits)
        : begin_{text.data()}, at_{begin_}, end_{begin_ + text.size()}, limits_{limits} {}

    Result<Value> read_document() {
        Value value;
        if (!read_value(value)) return std::unexpected{std::move(error_)};
        skip_blanks();
        if (at_ != end_) {
            fail("text behind the document");
            return std::unexpected{std::move(error_)};
        }
        return value;
    }

private:
    bool fail(std::string_view what, Errc code = Errc::malformed) {
        error_ = {code, "json: " + std::string{what} + " at byte " + std::to_string(at_ - begin_)};
        return false;
    }

    void skip_blanks() {
        while (at_ != end_ && is_blank(*at_)) ++at_;
    }

    // Takes c, with blanks before it, if it is next.
    bool take(char c) {
        skip_blanks();
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }

    bool count_value() {
        return ++values_ <= limits_.values || fail("too many values", Errc::limit_exceeded);
    }

    bool read_value(Value& value) {
        skip_blanks();
        if (at_ == end_) return fail("a value is missing");
        if (!count_value()) return false;
        switch (*at_) {
            case '{':
                return read_object(value);
            case '[':
                return read_array(value);
            case '"':
            case '\'':
                return read_string(value);
            default:
                return *at_ == '-' || is_digit(*at_) ? read_number(value) : read_word(value);
        }
    }

    bool enter() { return ++depth_ <= limits_.depth || fail("too deeply nested", Errc::limit_exceeded); }

    bool read_object(Value& value) {
        ++at_;
        if (!enter()) return false;
        Object members;
        if (!take('}')) {
            do {
                auto& member = members.emplace_back();
                if (!read_key(member.key)) return false;
                if (!take(':')) return fail("':' is missing");
                if (!read_value(member.value)) return false;
            } while (take(','));
            if (!take('}')) return fail("',' or '}' is missing");
        }
        --depth_;
        value = Value{std::move(members)};
        return true;
    }

    bool read_array(Value& value) {
        ++at_;
        if (!enter()) return false;
        Array elements;
        if (!take(']')) {
            do {
                if (!read_value(elements.emplace_back())) return false;
            } while (take(','));
            if (!take(']')) return fail("',' or ']' is missing");
        }
        --depth_;
        value = Value{std::move(elements)};
        return true;
    }

    bool read_key(Value& key) {
        skip_blanks();
        if (at_ == end_) return fail("a key is missing");
        if (!count_value()) return false;
        if (*at_ == '"' || *at_ == '\'') return read_string(key);
        if (*at_ == '{') return read_object(key);
        const char* const begin = at_;
        while (at_ != end_ && is_name_byte(*at_)) ++at_;
        if (at_ == begin) return fail("a key is missing");
        std::int64_t number{};
        const auto [end, error] = std::from_chars(begin, at_, number);
        key = error == std::errc{} && end == at_ ? Value{number} : Value{std::string_view{begin, at_}};
        return true;
    }

    bool read_string(Value& value) {
        const char quote = *at_++;
        const char* const begin = at_;
        bool has_escapes = false;
        while ((at_ = find_end_or_escape(quote)) != end_ && *at_ == '\\') {
            has_escapes = true;
            at_ = end_ - at_ < 2 ? end_ : at_ + 2;
        }
        if (at_ == end_) return fail("a string without its end");
        std::string text{begin, at_};
        if (has_escapes && !unescape_into(text, {begin, at_}))
            return fail("an unknown escape in the string that ends");
        ++at_;
        value = Value{std::move(text)};
        return true;
    }

    // text has the size of raw already.
    static bool unescape_into(std::string& text, std::string_view raw) {
        const char* at = raw.data();
        const char* const end = at + raw.size();
        char* out = text.data();
        while ((at = unescape(at, end, out)) != nullptr && at != end)
            *out++ = *at++;  // A double quote within single ones.
        text.resize(static_cast<std::size_t>(out - text.data()));
        return at != nullptr;
    }

    const char* find_end_or_escape(char quote) const {
        if (quote == '"') return find_quote_or_backslash(at_, end_);
        return std::find_if(at_, end_, [quote](char c) { return c == quote || c == '\\'; });
    }

    bool read_number(Value& value) {
        const char* const begin = at_;
        std::int64_t integer{};
        const auto [end, error] = std::from_chars(begin, end_, integer);
        const bool is_real = end != end_ && (*end == '.' || *end == 'e' || *end == 'E');
        if (error == std::errc{} && !is_real) {
            at_ = end;
            value = Value{integer};
            return true;
        }
        double real{};
        const auto [real_end, real_error] = std::from_chars(begin, end_, real);
        if (real_error != std::errc{}) return fail("not a number");
        at_ = real_end;
        value = Value{real};
        return true;
    }

    bool read_word(Value& value) {
        const std::string_view rest{at_, end_};
        const auto is = [&](std::string_view word) {
            if (!rest.starts_with(word)) return false;
            at_ += word.size();
            return true;
        };
        if (is("true")) {
            value = Value{true};
        } else if (is("false")) {
            value = Value{false};
        } else if (!is("null")) {
            return fail("not a value");
        }
        return true;
    }

    const char* begin_;
    const char* at_;
    const char* end_;
    Limits limits_;
    std::size_t depth_{0};
    std::size_t values_{0};
    Error error_{Errc::malformed, {}};
};

}  // namespace

Result<Value> parse(std::string_view text, const Limits& limits) {
    return Reader{text, limits}.read_document();
}

}  // namespace tern::json
