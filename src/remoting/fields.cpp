#include "remoting/fields.hpp"

#include <algorithm>

namespace tern::remoting::detail {
namespace {

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    return std::ranges::equal(text, lower, [](char a, char b) { return (a | 0x20) == b; });
}

}  // namespace

void match_fields(std::span<const FieldView> fields, std::span<const std::string_view> names,
                  std::span<std::string_view> values) {
    std::size_t cursor = 0;
    for (const auto& field : fields) {
        for (std::size_t tried = 0; tried < names.size(); ++tried) {
            const std::size_t index = cursor;
            cursor = cursor + 1 == names.size() ? 0 : cursor + 1;
            if (names[index] == field.name) {
                values[index] = field.value;
                break;
            }
        }
    }
}

std::unexpected<Error> missing_field(std::string_view name) {
    return failure(Errc::missing_field, "header field missing: " + std::string{name});
}

std::unexpected<Error> malformed_field(std::string_view name, std::string_view value) {
    return failure(Errc::malformed,
                   "header field " + std::string{name} + ": " + std::string{value.substr(0, 128)});
}

bool read_text(std::string_view text, bool& out) {
    out = equals_ignoring_case(text, "true") || text == "1";
    return out || equals_ignoring_case(text, "false") || text == "0";
}

}  // namespace tern::remoting::detail
