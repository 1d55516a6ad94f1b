// Enums that travel as names. Beside such an enum, whose values count from 0, stands
//
//   constexpr std::array<std::string_view, 2> enum_names(MessageModel) { return {"BROADCASTING",
//   "CLUSTERING"}; }
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/text.hpp"

namespace tern {

template <class E>
concept NamedEnum = std::is_enum_v<E> && requires(E value) { enum_names(value); };

template <NamedEnum E>
constexpr std::string_view enum_name(E value) {
    static constexpr auto names = enum_names(E{});
    return names[static_cast<std::size_t>(value)];
}

// By its name, or by its number, as C++ clients send it.
template <NamedEnum E>
std::optional<E> parse_enum(std::string_view text) {
    static constexpr auto names = enum_names(E{});
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == text) return static_cast<E>(i);
    const auto ordinal = parse_number<std::size_t>(text);
    if (ordinal && *ordinal < names.size()) return static_cast<E>(*ordinal);
    return std::nullopt;
}

}  // namespace tern
