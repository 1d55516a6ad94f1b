// The fields of a command's header, from and to any struct that lists them (base/fields.hpp). On the wire all
// values are text; members may be std::string_view (into the Command, so valid as long as it is),
// std::string, bool, integers, enums with names, positions and identifiers, and optionals of those.
//
// A struct with more than one list, as the send request with its long and its short names, is read and
// written by naming the list: decode_fields<SendMessageRequest, &SendMessageRequest::short_fields>(command).
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/enum_names.hpp"
#include "base/fields.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "remoting/command.hpp"
#include "remoting/name_index.hpp"

namespace tern::remoting {

// Errc::missing_field names the required field that is absent, Errc::malformed the field and the value that
// is not of its type. Unknown fields are ignored; of several with one name the last counts. An empty value is
// an empty text, and no value for everything else. Allocates nothing.
template <HasFields H, auto List = &H::fields>
Result<H> decode_fields(const Command& command);

// Absent optionals are left out.
template <HasFields H, auto List = &H::fields>
void encode_fields(FrameWriter& frame, const H& header);

namespace detail {

// For a value that is not there (a view of nullptr) or not of its type.
std::unexpected<Error> refuse(std::string_view name, std::string_view value);

template <class T>
inline constexpr bool is_text = std::same_as<T, std::string_view> || std::same_as<T, std::string>;
template <class T>
inline constexpr bool is_text<std::optional<T>> = is_text<T>;

bool read_text(std::string_view text, bool& out);
bool read_text(std::string_view text, std::int64_t& out);

template <class T>
bool read_text(std::string_view text, T& out) {
    if constexpr (is_optional<T>) {
        return read_text(text, out.emplace());
    } else if constexpr (is_text<T>) {
        out = text;
        return true;
    } else if constexpr (NamedEnum<T>) {
        const auto parsed = parse_enum<T>(text);
        if (parsed) out = *parsed;
        return parsed.has_value();
    } else if constexpr (std::integral<T>) {
        std::int64_t number{};
        if (!read_text(text, number) || !std::in_range<T>(number)) return false;
        out = static_cast<T>(number);
        return true;
    } else {
        typename T::rep number{};
        if (!read_text(text, number)) return false;
        out = T{number};
        return true;
    }
}

template <class T>
void write_text(FrameWriter& frame, const FieldName& name, const T& value) {
    if constexpr (is_optional<T>) {
        if (value) write_text(frame, name, *value);
    } else if constexpr (std::same_as<T, bool>) {
        frame.field(name, value ? "true" : "false");
    } else if constexpr (std::integral<T>) {
        frame.number(name, value);
    } else if constexpr (NamedEnum<T>) {
        frame.field(name, enum_name(value));
    } else if constexpr (std::convertible_to<T, std::string_view>) {
        frame.field(name, value);
    } else {
        frame.number(name, value.value());
    }
}

}  // namespace detail

template <HasFields H, auto List>
Result<H> decode_fields(const Command& command) {
    static constexpr auto list = List();
    static constexpr auto names = list(
        [](const auto&... field) { return std::array<std::string_view, sizeof...(field)>{field.name...}; });
    static constexpr NameIndex index{names};
    std::array<std::string_view, names.size() + 1> values{};  // The last takes what is unknown.
    for (const auto& field : command.fields) values[index.find(field.name)] = field.value;

    Result<H> header{std::in_place};
    std::size_t next = 0;
    std::size_t refused = index.none;
    const auto read_one = [&](const auto& field) {
        auto& value = values[next];
        auto& member = (*header).*field.member;
        if (value.empty() && !detail::is_text<std::remove_cvref_t<decltype(member)>>) value = {};
        const bool ok = value.data() == nullptr ? !field.required : detail::read_text(value, member);
        if (!ok && refused == index.none) refused = next;
        ++next;
    };
    list([&](const auto&... field) { (read_one(field), ...); });
    if (refused != index.none) header = detail::refuse(names[refused], values[refused]);
    return header;
}

template <HasFields H, auto List>
void encode_fields(FrameWriter& frame, const H& header) {
    static constexpr auto list = List();
    static constexpr auto names =
        list([](const auto&... field) { return std::array<FieldName, sizeof...(field)>{field.name...}; });
    const auto write_all = [&]<std::size_t... i>(std::index_sequence<i...>, const auto&... field) {
        (detail::write_text(frame, names[i], header.*field.member), ...);
    };
    list([&](const auto&... field) { write_all(std::index_sequence_for<decltype(field)...>{}, field...); });
    frame.empty_fields();
}

}  // namespace tern::remoting
