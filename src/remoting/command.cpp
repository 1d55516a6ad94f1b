#include "remoting/command.hpp"

#include <algorithm>

#include "base/digits.hpp"

namespace tern::remoting {

Language language_of(std::string_view name) {
    return parse_enum<Language>(name).value_or(Language::other);
}

std::optional<std::string_view> Fields::last_number(const FieldName& name) const {
    if (store_ == nullptr) {
        if (entries_.empty() || entries_.back().name != name.name()) return std::nullopt;
        const auto value = entries_.back().value;
        return !value.empty() && std::ranges::all_of(value, is_digit) ? std::optional{value} : std::nullopt;
    }
    const char* const end = text_.data() + text_.size() - 1;  // Its last quote. In front of all is the '{'.
    if (!is_digit(end[-1])) return std::nullopt;
    const char* digits = end - 1;
    while (is_digit(digits[-1])) --digits;
    if (!std::string_view{text_.data(), digits}.ends_with(name.json())) return std::nullopt;
    return std::string_view{digits, end};
}

std::optional<std::string_view> Command::field(std::string_view name) const {
    const auto entries = fields.entries();
    if (!entries) return std::nullopt;
    for (auto each = entries->rbegin(); each != entries->rend(); ++each)
        if (each->name == name) return each->value;
    return std::nullopt;
}

Result<Command> CommandDecoder::decode(const FrameView& frame) {
    store_.clear();
    auto command =
        frame.encoding == HeaderEncoding::json ? decode_json(frame.header) : decode_binary(frame.header);
    if (!command) return command;
    command->encoding = frame.encoding;
    command->body = frame.body;
    return command;
}

}  // namespace tern::remoting
