// A stream of frames in either encoding: whatever is accepted survives being written and read again.
#include "check.hpp"
#include "remoting/command.hpp"
#include "remoting/fields.hpp"
#include "remoting/header/pull.hpp"
#include "remoting/header/route.hpp"
#include "remoting/header/send.hpp"

namespace tern::remoting {
namespace {

bool same(const Command& a, const Command& b) {
    if (a.code != b.code || a.opaque != b.opaque || a.flag != b.flag || a.version != b.version) return false;
    if (a.language != b.language || a.remark != b.remark || a.body != b.body) return false;
    return std::ranges::equal(a.fields, b.fields, [](const FieldView& x, const FieldView& y) {
        return x.name == y.name && x.value == y.value;
    });
}

// Names are ours when we write, and not escaped: only such fields can be compared.
bool has_plain_names(const Command& command) {
    return std::ranges::all_of(command.fields, [](const FieldView& field) {
        return !field.name.empty() && std::ranges::all_of(field.name, [](char c) {
            return static_cast<unsigned char>(c) >= ' ' && c != '"' && c != '\\';
        });
    });
}

void check_round_trip(const Command& command) {
    if (!has_plain_names(command)) return;
    Buffer out;
    FrameWriter frame{out,
                      command.encoding,
                      {.code = command.code,
                       .language = command.language,
                       .version = command.version,
                       .opaque = command.opaque,
                       .flag = command.flag,
                       .remark = command.remark}};
    for (const auto& field : command.fields) frame.named_field(field.name, field.value);
    frame.finish(command.body);
    const auto cut = cut_frame(out.view());
    if (!cut && cut.error().code == Errc::limit_exceeded) return;  // Escapes may make it longer than a frame.
    TERN_ASSERT(cut && *cut && (*cut)->size == out.size());
    CommandDecoder decoder;
    const auto again = decoder.decode(**cut);
    TERN_ASSERT(again && same(command, *again));
}

// Short cuts are taken for what Java clients write, and none of them when a blank follows.
void check_against_general_way(const FrameView& frame, const Result<Command>& command) {
    if (frame.encoding != HeaderEncoding::json) return;
    const std::string with_blank = std::string{frame.header} + " ";
    CommandDecoder decoder;
    const auto expected = decoder.decode(
        {.encoding = HeaderEncoding::json, .header = with_blank, .body = frame.body, .size = frame.size});
    TERN_ASSERT(command.has_value() == expected.has_value());
    TERN_ASSERT(!command || same(*command, *expected));
}

void check(std::string_view stream) {
    CommandDecoder decoder;
    while (true) {
        const auto frame = cut_frame(stream);
        if (!frame || !*frame) return;
        TERN_ASSERT((*frame)->size <= stream.size() && (*frame)->size >= frame_prefix_size);
        const auto command = decoder.decode(**frame);
        check_against_general_way(**frame, command);
        if (command) {
            check_round_trip(*command);
            (void)decode_fields<SendMessageRequest>(*command);
            (void)decode_fields<SendMessageRequest, &SendMessageRequest::short_fields>(*command);
            (void)decode_fields<PullMessageRequest>(*command);
            (void)decode_fields<RegisterBrokerRequest>(*command);
        }
        stream.remove_prefix((*frame)->size);
    }
}

}  // namespace
}  // namespace tern::remoting

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tern::remoting::check(tern::as_bytes(data, size));
    return 0;
}
