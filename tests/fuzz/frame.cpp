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
    const auto fields = a.fields.entries();
    const auto others = b.fields.entries();
    TERN_ASSERT(fields && others);
    return std::ranges::equal(*fields, *others, [](const FieldView& x, const FieldView& y) {
        return x.name == y.name && x.value == y.value;
    });
}

// Names are ours when we write, and not escaped: only such fields can be compared.
bool has_plain_names(std::span<const FieldView> fields) {
    return std::ranges::all_of(fields, [](const FieldView& field) {
        return !field.name.empty() && std::ranges::all_of(field.name, [](char c) {
            return static_cast<unsigned char>(c) >= ' ' && c != '"' && c != '\\';
        });
    });
}

void check_round_trip(const Command& command) {
    const auto fields = command.fields.entries();
    if (!has_plain_names(*fields)) return;
    Buffer out;
    FrameWriter frame{out,
                      command.encoding,
                      {.code = command.code,
                       .language = command.language,
                       .version = command.version,
                       .opaque = command.opaque,
                       .flag = command.flag,
                       .remark = command.remark}};
    for (const auto& field : *fields) frame.named_field(field.name, field.value);
    frame.finish(command.body);
    const auto cut = cut_frame(out.view());
    if (!cut && cut.error().code == Errc::limit_exceeded) return;  // Escapes may make it longer than a frame.
    TERN_ASSERT(cut && *cut && (*cut)->size == out.size());
    CommandDecoder decoder;
    const auto again = decoder.decode(**cut);
    TERN_ASSERT(again && same(command, *again));
}

template <class H, auto List = &H::fields>
std::string encoded(const Command& command) {
    const auto header = decode_fields<H, List>(command);
    if (!header) return header.error().detail;
    Buffer out;
    FrameWriter frame{out, HeaderEncoding::binary, {}};
    encode_fields<H, List>(frame, *header);
    frame.finish();
    return std::string{out.view()};
}

template <class H, auto List = &H::fields>
void check_typed(const Command& command, const Command& expected) {
    TERN_ASSERT((encoded<H, List>(command) == encoded<H, List>(expected)));
}

// Short cuts are taken for what Java clients write, and none of them when a blank follows. Fields that are
// none may be noticed when they are asked for.
void check_against_general_way(const FrameView& frame, const Result<Command>& command) {
    const bool is_json = frame.encoding == HeaderEncoding::json;
    const std::string with_blank = std::string{frame.header} + (is_json ? " " : "");
    CommandDecoder decoder;
    const auto expected = decoder.decode(
        {.encoding = frame.encoding, .header = with_blank, .body = frame.body, .size = frame.size});
    if (!expected) {
        TERN_ASSERT(!command || !command->fields.entries());
        return;
    }
    TERN_ASSERT(command);
    check_typed<SendMessageRequest>(*command, *expected);
    check_typed<SendMessageRequest, &SendMessageRequest::short_fields>(*command, *expected);
    check_typed<PullMessageRequest>(*command, *expected);
    check_typed<RegisterBrokerRequest>(*command, *expected);
    TERN_ASSERT(same(*command, *expected));
    check_round_trip(*command);
}

void check(std::string_view stream) {
    CommandDecoder decoder;
    while (true) {
        const auto frame = cut_frame(stream);
        if (!frame || !*frame) return;
        TERN_ASSERT((*frame)->size <= stream.size() && (*frame)->size >= frame_prefix_size);
        const auto command = decoder.decode(**frame);
        check_against_general_way(**frame, command);
        stream.remove_prefix((*frame)->size);
    }
}

}  // namespace
}  // namespace tern::remoting

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tern::remoting::check(tern::as_bytes(data, size));
    return 0;
}
