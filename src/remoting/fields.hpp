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
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "base/enum_names.hpp"
#include "base/fields.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "remoting/command.hpp"
#include "remoting/json_field_reader.hpp"
#include "remoting/name_index.hpp"

namespace tern::remoting {

// Errc::missing_field names the required field that is absent, Errc::malformed the field and the value that
// is not of its type, or the place where the fields of a JSON header are none. Unknown fields are ignored; of
// several with one name the last counts. An empty value is an empty text, and no value for everything else.
// Allocates nothing.
template <HasFields H, auto List = &H::fields>
Result<H> decode_fields(const Command& command);

// Absent optionals are left out.
template <HasFields H, auto List = &H::fields>
void encode_fields(FrameWriter& frame, const H& header);

namespace detail {

// For a value that is not there, or empty, or not of its type.
std::unexpected<Error> refuse(std::string_view name, std::string_view value);

template <class T>
inline constexpr bool is_text =
    std::same_as<T, std::string_view> || std::same_as<T, PlainText> || std::same_as<T, std::string>;
template <class T>
inline constexpr bool is_text<std::optional<T>> = is_text<T>;

bool read_other_bool(std::string_view text, bool& out);
bool read_long_number(std::string_view text, std::int64_t& out);

[[gnu::always_inline]] inline bool read_text(std::string_view text, bool& out) {
    out = text == "true";
    return out || text == "false" || read_other_bool(text, out);
}

template <std::integral Int>
[[gnu::always_inline]] inline bool read_text(std::string_view text, Int& out) {
    if (text.size() == 1) [[likely]] {
        const auto digit = static_cast<unsigned char>(text[0] - '0');
        out = digit;
        return digit <= 9;
    }
    if constexpr (std::same_as<Int, std::int64_t>) return read_long_number(text, out);
    std::int64_t number{};
    if (!read_long_number(text, number) || !std::in_range<Int>(number)) return false;
    out = static_cast<Int>(number);
    return true;
}

template <class T>
[[gnu::always_inline]] inline bool read_text(std::string_view text, T& out) {
    if constexpr (is_optional<T>) {
        return read_text(text, out.emplace());
    } else if constexpr (is_text<T>) {
        out = text;
        return true;
    } else if constexpr (NamedEnum<T>) {
        const auto parsed = parse_enum<T>(text);
        if (parsed) out = *parsed;
        return parsed.has_value();
    } else {
        typename T::rep number{};
        if (!read_text(text, number)) return false;
        out = T{number};
        return true;
    }
}

// To a FrameWriter, or to the JsonFields within it.
template <class Writer, class T>
[[gnu::always_inline]] inline void write_text(Writer& writer, const FieldName& name, const T& value) {
    if constexpr (is_optional<T>) {
        if (value) write_text(writer, name, *value);
    } else if constexpr (std::same_as<T, bool>) {
        writer.word(name, value ? "true" : "false");
    } else if constexpr (std::integral<T>) {
        writer.number(name, value);
    } else if constexpr (NamedEnum<T>) {
        writer.word(name, enum_name(value));
    } else if constexpr (std::same_as<T, PlainText>) {
        writer.word(name, value);
    } else if constexpr (std::convertible_to<T, std::string_view>) {
        writer.field(name, value);
    } else {
        writer.number(name, value.value());
    }
}

// What the value takes in a JSON header, at most.
template <class T>
std::size_t json_size_max(const T& value) {
    if constexpr (is_optional<T>) {
        return value ? json_size_max(*value) : 0;
    } else if constexpr (NamedEnum<T>) {
        return enum_name(value).size();
    } else if constexpr (std::same_as<T, PlainText>) {
        return value.size();
    } else if constexpr (std::convertible_to<T, std::string_view>) {
        return JsonFields::text_size_max(value);
    } else {
        return JsonFields::digits_max;
    }
}

template <auto List>
inline constexpr auto as_tuple = List()(
    [](const auto&... field) { return std::tuple<std::remove_cvref_t<decltype(field)>...>{field...}; });

template <auto List>
using Places = std::make_index_sequence<std::tuple_size_v<decltype(as_tuple<List>)>>;

template <auto List>
inline constexpr auto names =
    List()([](const auto&... field) { return std::array<FieldName, sizeof...(field)>{field.name...}; });

// Of fields that have been taken apart; see JsonFieldReader for the others.
class EntryReader {
public:
    explicit EntryReader(std::span<const FieldView> entries)
        : next_{entries.data()}, end_{next_ + entries.size()} {}
    template <bool>
    bool take_name(const FieldName& name) const {
        return !at_end() && next_->name == name.name();
    }
    bool take_value(std::string_view& value) {
        value = next_++->value;
        return true;
    }
    bool take_short_value(std::string_view& value) { return take_value(value); }
    static bool take_false() { return false; }
    bool at_end() const { return next_ == end_; }

private:
    const FieldView* next_;
    const FieldView* end_;
};

// Reads fields that come in the order of the list, as senders that sort theirs have them. True when that was
// all of them; else place is that in the list where a field is missing or not of its type, unless there is
// another name behind the last one.
template <auto List, class Reader, class H>
[[gnu::always_inline]] inline bool read_in_order(Reader reader, H& header, std::size_t& place) {
    const auto read_one = [&]<std::size_t i> [[gnu::always_inline]] (std::integral_constant<std::size_t, i>) {
        constexpr auto field = std::get<i>(as_tuple<List>);
        auto& member = header.*field.member;
        using Value = std::remove_cvref_t<decltype(member)>;
        constexpr bool may_be_empty = is_text<Value>;
        place = i;
        if (!reader.template take_name < i == 0 > (names<List>[i])) return !field.required;
        if constexpr (std::same_as<Value, bool>) {
            member = false;
            if (reader.take_false()) return true;
        }
        std::string_view value;
        if (!(may_be_empty ? reader.take_value(value) : reader.take_short_value(value))) return false;
        return !may_be_empty && value.empty() ? !field.required : read_text(value, member);
    };
    const bool all_read = [&]<std::size_t... i> [[gnu::always_inline]] (std::index_sequence<i...>) {
        return (read_one(std::integral_constant<std::size_t, i>{}) && ...);
    }(Places<List>{});
    return all_read && reader.at_end();
}

template <HasFields H, auto List>
Result<H> decode_entries(std::span<const FieldView> entries) {
    Result<H> header{std::in_place};
    std::size_t refused{};
    const auto read = [&](std::span<const FieldView> in_order) {
        return read_in_order<List>(EntryReader{in_order}, *header, refused);
    };
    if (read(entries)) return header;

    // Other orders: sorted here, without those that are unknown.
    static constexpr auto& known = names<List>;
    static constexpr NameIndex index{List()(
        [](const auto&... field) { return std::array<std::string_view, sizeof...(field)>{field.name...}; })};
    std::array<std::string_view, known.size() + 1> values{};  // The last takes what is unknown.
    for (const auto& field : entries) values[index.find(field.name)] = field.value;
    std::array<FieldView, known.size()> sorted;
    std::size_t count = 0;
    for (std::size_t i = 0; i < known.size(); ++i)
        if (values[i].data() != nullptr) sorted[count++] = {known[i].name(), values[i]};
    *header = {};
    if (!read(std::span{sorted}.first(count))) header = refuse(known[refused].name(), values[refused]);
    return header;
}

}  // namespace detail

template <HasFields H, auto List>
Result<H> decode_fields(const Command& command) {
    if (JsonFieldReader::can_read(command.fields)) [[likely]] {
        Result<H> header{std::in_place};
        std::size_t refused{};
        if (detail::read_in_order<List>(JsonFieldReader{command.fields}, *header, refused)) [[likely]]
            return header;
    }
    const auto entries = command.fields.entries();
    if (!entries) return std::unexpected(entries.error());
    return detail::decode_entries<H, List>(*entries);
}

template <HasFields H, auto List>
void encode_fields(FrameWriter& frame, const H& header) {
    static constexpr auto& list = detail::as_tuple<List>;
    [&]<std::size_t... i>(std::index_sequence<i...>) {
        static constexpr auto& names = detail::names<List>;
        const auto write_all = [&] [[gnu::always_inline]] (auto& writer) {
            (detail::write_text(writer, names[i], header.*std::get<i>(list).member), ...);
        };
        if (frame.encoding() == HeaderEncoding::binary) return write_all(frame);
        constexpr std::size_t around = (JsonFields::size_around(names[i]) + ... + 0);
        const std::size_t values = (detail::json_size_max(header.*std::get<i>(list).member) + ... + 0);
        JsonFields fields{frame.begin_json_fields(around + values)};
        write_all(fields);
        frame.end_json_fields(fields.end());
    }(detail::Places<List>{});
}

}  // namespace tern::remoting
