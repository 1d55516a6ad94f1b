#include "base/properties.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/unicode.hpp"

namespace tern {
namespace {

constexpr std::string_view blanks = " \t\f";
constexpr std::string_view line_ends = "\r\n";

// What is written as a backslash and a letter, and the letters.
constexpr std::string_view controls = "\t\n\r\f";
constexpr std::string_view control_letters = "tnrf";

bool is_blank(char c) {
    return blanks.contains(c);
}

// Natural lines one after the other, with "\n", "\r" and "\r\n" as their ends.
class Lines {
public:
    explicit Lines(std::string_view text) : text_{text} {}

    bool at_end() const { return at_ == text_.size(); }
    std::size_t place() const { return at_; }
    std::size_t number() const { return number_; }  // Of the line that next() gave last, from 1.
    std::string_view next() {
        const auto end = std::min(text_.find_first_of(line_ends, at_), text_.size());
        const auto line = text_.substr(at_, end - at_);
        at_ = end;
        if (text_.substr(at_).starts_with("\r\n")) ++at_;
        if (at_ < text_.size()) ++at_;
        ++number_;
        return line;
    }

private:
    std::string_view text_;
    std::size_t at_{0};
    std::size_t number_{0};
};

// An entry as it stands in the text: continuations joined, escapes not yet undone.
struct LogicalLine {
    std::string text;
    std::size_t line{};
    std::size_t begins_at{};
    std::size_t ends_at{};  // Behind its line end.
};

bool is_continued(std::string_view line) {
    const auto last_other = line.find_last_not_of('\\');
    const auto backslashes =
        last_other == std::string_view::npos ? line.size() : line.size() - last_other - 1;
    return backslashes % 2 == 1;
}

std::string_view without_leading_blanks(std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    return line;
}

std::optional<LogicalLine> next_logical_line(Lines& lines) {
    while (!lines.at_end()) {
        const auto begins_at = lines.place();
        auto part = without_leading_blanks(lines.next());
        if (part.empty() || part.front() == '#' || part.front() == '!') continue;
        LogicalLine line{.text = {}, .line = lines.number(), .begins_at = begins_at};
        while (is_continued(part)) {
            part.remove_suffix(1);
            line.text += part;
            part = lines.at_end() ? std::string_view{} : without_leading_blanks(lines.next());
        }
        line.text += part;
        line.ends_at = lines.place();
        return line;
    }
    return std::nullopt;
}

Result<std::string> unescape(std::string_view text, std::size_t line) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c != '\\') {
            out += c;
            continue;
        }
        if (text.empty()) break;
        const char escaped = text.front();
        text.remove_prefix(1);
        if (escaped == 'u') {
            const auto code_point = take_unicode_escape(text);
            if (!code_point)
                return failure(Errc::malformed, "line " + std::to_string(line) + ": \\u without four digits");
            std::array<char, utf8_size_max> utf8;
            out.append(utf8.data(), write_utf8(*code_point, utf8.data()));
        } else {
            const auto letter = control_letters.find(escaped);
            out += letter == std::string_view::npos ? escaped : controls[letter];
        }
    }
    return out;
}

// The length of the key at the front: up to the first separator that no backslash precedes.
std::size_t key_length(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\') {
            ++i;
        } else if (line[i] == '=' || line[i] == ':' || is_blank(line[i])) {
            return i;
        }
    }
    return line.size();
}

Result<Property> split_property(const LogicalLine& line) {
    const std::string_view text = line.text;
    const auto length = key_length(text);
    auto rest = without_leading_blanks(text.substr(length));
    if (!rest.empty() && (rest.front() == '=' || rest.front() == ':')) {
        rest.remove_prefix(1);
        rest = without_leading_blanks(rest);
    }
    auto key = unescape(text.substr(0, length), line.line);
    if (!key) return std::unexpected(key.error());
    auto value = unescape(rest, line.line);
    if (!value) return std::unexpected(value.error());
    return Property{std::move(*key), std::move(*value), line.line};
}

// Calls visit(property, logical line) for each entry; the first error ends it.
template <class Visit>
Result<> for_each_property(std::string_view text, Visit visit) {
    if (text.size() > properties_text_size_max)
        return failure(Errc::limit_exceeded, "properties of " + std::to_string(text.size()) + " bytes");
    Lines lines{text};
    while (const auto line = next_logical_line(lines)) {
        auto property = split_property(*line);
        if (!property) return std::unexpected(property.error());
        visit(std::move(*property), *line);
    }
    return {};
}

enum class Part { key, value };

void append_escaped(std::string& out, std::string_view text, Part part) {
    for (bool at_front = true; !text.empty(); at_front = false) {
        const auto code_point = take_code_point(text);
        const char c = code_point < 0x7F ? static_cast<char>(code_point) : '\0';
        if (const auto control = controls.find(c); control != std::string_view::npos) {
            out += '\\';
            out += control_letters[control];
            continue;
        }
        if (c < ' ') {
            std::array<char, unicode_escape_size_max> escape;
            out.append(escape.data(), write_unicode_escape(code_point, escape.data()));
            continue;
        }
        const bool ends_a_key = c == ' ' || c == '=' || c == ':';
        const bool begins_a_comment = c == '#' || c == '!';
        if (c == '\\' || (part == Part::key && (ends_a_key || begins_a_comment)) || (at_front && c == ' '))
            out += '\\';
        out += c;
    }
}

}  // namespace

Result<std::vector<Property>> parse_properties(std::string_view text) {
    std::vector<Property> properties;
    const auto read = for_each_property(
        text, [&](Property property, const LogicalLine&) { properties.push_back(std::move(property)); });
    if (!read) return std::unexpected(read.error());
    return properties;
}

void append_property(std::string& out, std::string_view key, std::string_view value) {
    append_escaped(out, key, Part::key);
    out += '=';
    append_escaped(out, value, Part::value);
    out += '\n';
}

Result<std::string> change_properties(std::string_view text, std::span<const Property> changes) {
    std::string changed;
    std::vector<bool> is_written(changes.size(), false);
    std::size_t copied_to = 0;
    const auto read = for_each_property(text, [&](const Property& property, const LogicalLine& line) {
        const auto change = std::ranges::find(changes, property.key, &Property::key);
        if (change == changes.end()) return;
        changed += text.substr(copied_to, line.begins_at - copied_to);
        append_property(changed, change->key, change->value);
        is_written[static_cast<std::size_t>(change - changes.begin())] = true;
        copied_to = line.ends_at;
    });
    if (!read) return std::unexpected(read.error());
    changed += text.substr(copied_to);
    if (!changed.empty() && !line_ends.contains(changed.back())) changed += '\n';
    for (std::size_t i = 0; i < changes.size(); ++i)
        if (!is_written[i]) append_property(changed, changes[i].key, changes[i].value);
    return changed;
}

}  // namespace tern
