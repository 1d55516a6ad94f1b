#include "json/writer.hpp"

#include <charconv>
#include <cmath>

#include "json/escape.hpp"

namespace tern::json {
namespace {

class Writer {
public:
    explicit Writer(const Style& style) : style_{style} {}

    void write_value(const Value& value) {
        if (const auto* text = value.string()) {
            write_string(*text);
        } else if (const auto* integer = value.integer()) {
            out_ += std::to_string(*integer);
        } else if (const auto* real = value.real()) {
            write_real(*real);
        } else if (const auto* boolean = value.boolean()) {
            out_ += *boolean ? "true" : "false";
        } else if (const auto* members = value.object()) {
            write_list('{', *members, '}', [this](const Member& member) {
                write_key(member.key);
                out_ += ':';
                write_value(member.value);
            });
        } else if (const auto* elements = value.array()) {
            write_list('[', *elements, ']', [this](const Value& element) { write_value(element); });
        } else {
            out_ += "null";
        }
    }
    std::string take() { return std::move(out_); }

private:
    template <class List, class WriteOne>
    void write_list(char open, const List& list, char close, WriteOne write_one) {
        out_ += open;
        ++depth_;
        bool first = true;
        for (const auto& each : list) {
            if (!first) out_ += ',';
            first = false;
            break_line();
            write_one(each);
        }
        --depth_;
        if (!list.empty()) break_line();
        out_ += close;
    }

    void break_line() {
        if (!style_.pretty) return;
        out_ += '\n';
        out_.append(depth_, '\t');
    }

    void write_key(const Value& key) {
        if (key.integer() == nullptr || style_.bare_integer_keys) return write_value(key);
        out_ += '"';
        write_value(key);
        out_ += '"';
    }

    void write_string(std::string_view text) {
        out_ += '"';
        const auto size = out_.size();
        out_.resize(size + text.size() * escaped_size_factor);
        char* const begin = out_.data() + size;
        char* const end = style_.ascii ? escape_ascii(text, begin) : escape(text, begin);
        out_.resize(static_cast<std::size_t>(end - out_.data()));
        out_ += '"';
    }

    void write_real(double real) {
        if (!std::isfinite(real)) {
            out_ += "null";
            return;
        }
        char digits[32];
        const auto [end, error] = std::to_chars(digits, digits + sizeof digits, real);
        const std::string_view text{digits, end};
        out_ += text;
        if (text.find_first_of(".e") == std::string_view::npos) out_ += ".0";  // Java's reals always show it.
    }

    Style style_;
    std::size_t depth_{0};
    std::string out_;
};

}  // namespace

std::string write(const Value& value, const Style& style) {
    Writer writer{style};
    writer.write_value(value);
    return writer.take();
}

}  // namespace tern::json
