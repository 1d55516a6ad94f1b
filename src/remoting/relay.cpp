#include "remoting/relay.hpp"

#include <algorithm>

namespace tern::remoting {
namespace {

bool is_plain(std::string_view name) {
    return !name.empty() &&
           std::ranges::all_of(name, [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

}  // namespace

Result<> relay_command(Buffer& out, const Command& command, std::int32_t opaque, const FieldView& more) {
    const auto fields = command.fields.entries();
    if (!fields) return std::unexpected(fields.error());
    FrameWriter frame{out,
                      command.encoding,
                      {.code = command.code,
                       .language = command.language,
                       .version = command.version,
                       .opaque = opaque,
                       .flag = command.flag,
                       .remark = command.remark}};
    for (const auto& field : *fields) {
        if (is_plain(field.name)) frame.named_field(field.name, field.value);
    }
    if (!more.name.empty()) frame.named_field(more.name, more.value);
    frame.finish(command.body);
    return {};
}

}  // namespace tern::remoting
