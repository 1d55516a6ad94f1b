#include "remoting/command.hpp"

namespace tern::remoting {

Language language_of(std::string_view name) {
    return parse_enum<Language>(name).value_or(Language::other);
}

std::optional<std::string_view> Command::field(std::string_view name) const {
    for (auto each = fields.rbegin(); each != fields.rend(); ++each)
        if (each->name == name) return each->value;
    return std::nullopt;
}

Result<Command> CommandDecoder::decode(const FrameView& frame) {
    auto command =
        frame.encoding == HeaderEncoding::json ? decode_json(frame.header) : decode_binary(frame.header);
    if (!command) return command;
    command->encoding = frame.encoding;
    command->fields = fields_.view();
    command->body = frame.body;
    return command;
}

}  // namespace tern::remoting
