// Reads the binary form of a command's header (docs/formats/frame.md).
#include "base/bytes.hpp"
#include "remoting/command.hpp"

namespace tern::remoting {
namespace {

std::unexpected<Error> bad_header(std::string_view what) {
    return failure(Errc::malformed, "binary header: " + std::string{what});
}

// A text behind its length, which may be of any size the reader has left.
template <class Length>
std::optional<std::string_view> read_text(ByteReader& reader) {
    const auto length = reader.read<Length>();
    if (!length || *length < 0) return std::nullopt;
    return reader.read_bytes(static_cast<std::size_t>(*length));
}

}  // namespace

Result<Command> CommandDecoder::decode_binary(std::string_view header) {
    ByteReader reader{header};
    const auto code = reader.read<std::int16_t>();
    const auto language = reader.read<std::uint8_t>();
    const auto version = reader.read<std::int16_t>();
    const auto opaque = reader.read<std::int32_t>();
    const auto flag = reader.read<std::int32_t>();
    if (!code || !language || !version || !opaque || !flag) return bad_header("ends inside its fixed part");
    const auto remark = read_text<std::int32_t>(reader);
    if (!remark) return bad_header("length of the remark");
    const auto entries = read_text<std::int32_t>(reader);
    if (!entries) return bad_header("length of the fields");

    ByteReader fields{*entries};
    while (!fields.rest().empty()) {
        const auto name = read_text<std::int16_t>(fields);
        const auto value = name ? read_text<std::int32_t>(fields) : std::nullopt;
        if (!value) return bad_header("length of a field");
        if (name->empty()) continue;
        if (store_.list.full()) return failure(Errc::limit_exceeded, "binary header: too many fields");
        store_.list.add(*name, *value);
    }
    return Command{
        .code = *code,
        .language = *language < language_count ? static_cast<Language>(*language) : Language::other,
        .version = *version,
        .opaque = *opaque,
        .flag = *flag,
        .remark = *remark,
        .fields = store_.list.view()};
}

}  // namespace tern::remoting
