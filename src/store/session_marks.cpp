#include "store/session_marks.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"

namespace tern::store {
namespace {

constexpr std::string_view abort_word = "tern ";
constexpr std::string_view clean_stop_word = "clean-stop ";
constexpr std::size_t session_digits = 16;

std::string session_text(std::uint64_t session) {
    char bytes[8];
    store_be<std::uint64_t>(bytes, session);
    return to_hex({bytes, sizeof bytes});
}

std::optional<std::uint64_t> take_session(std::string_view& text) {
    const auto bytes = from_hex(text.substr(0, session_digits));
    if (!bytes || bytes->size() != 8) return std::nullopt;
    text.remove_prefix(session_digits);
    return load_be<std::uint64_t>(bytes->data());
}

}  // namespace

std::string encode_abort(const AbortMark& mark) {
    return std::string{abort_word} + session_text(mark.session) + " " + mark.boot_id + "\n";
}

std::optional<AbortMark> decode_abort(std::string_view text) {
    if (!text.starts_with(abort_word)) return std::nullopt;
    text.remove_prefix(abort_word.size());
    const auto session = take_session(text);
    if (!session) return std::nullopt;
    return AbortMark{*session, std::string{trim(text)}};
}

std::string encode_clean_stop(const CleanStop& stop) {
    return std::string{clean_stop_word} + session_text(stop.session) + " " +
           std::to_string(stop.log_end.value()) + "\n" + stop.note;
}

std::optional<CleanStop> decode_clean_stop(std::string_view text) {
    if (!text.starts_with(clean_stop_word)) return std::nullopt;
    text.remove_prefix(clean_stop_word.size());
    const auto session = take_session(text);
    const auto line_end = text.find('\n');
    if (!session || line_end == std::string_view::npos) return std::nullopt;
    const auto log_end = parse_number<std::int64_t>(trim(text.substr(0, line_end)));
    if (!log_end) return std::nullopt;
    return CleanStop{*session, PhysicalOffset{*log_end}, std::string{text.substr(line_end + 1)}};
}

Result<SessionMarks> read_session_marks(io::FileSystem& files, const std::string& root) {
    SessionMarks marks;
    marks.has_abort = files.exists(root + "/abort");
    if (marks.has_abort) {
        const auto text = io::read_file(files, root + "/abort");
        if (!text) return std::unexpected(text.error());
        marks.abort = decode_abort(*text);
    }
    if (files.exists(root + "/tern/clean-stop")) {
        const auto text = io::read_file(files, root + "/tern/clean-stop");
        if (!text) return std::unexpected(text.error());
        marks.clean_stop = decode_clean_stop(*text);
    }
    return marks;
}

}  // namespace tern::store
