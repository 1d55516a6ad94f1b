// A protocol struct is its list of fields: one fields() gives the encoder, the decoder, the fuzzer's
// generator and the reference page.
//
//   struct QueryOffsetRequest {
//       std::string_view consumer_group;
//       std::optional<bool> zero_if_not_found;
//       static constexpr auto fields() {
//           using R = QueryOffsetRequest;
//           return list_of(field("consumerGroup", &R::consumer_group),
//                             field("setZeroIfNotFound", &R::zero_if_not_found));
//       }
//   };
//
// A field is required unless its type is std::optional, or it is made with optional_field (absent keeps the
// default).
#pragma once

#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/list_of.hpp"

namespace tern {

// A text for a field, in which there is nothing to escape, neither quotes nor control characters: who sets it
// answers for that. One that was received is any text.
struct PlainText : std::string_view {
    using std::string_view::string_view;
    template <std::convertible_to<std::string_view> Text>
    PlainText(const Text& text) : std::string_view{text} {}  // NOLINT: assigned as any text is.
};

template <class Struct, class Value>
struct Field {
    using value_type = Value;
    std::string_view name;
    Value Struct::* member;
    bool required;
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class Struct, class Value>
constexpr Field<Struct, Value> field(std::string_view name, Value Struct::* member) {
    return {name, member, !is_optional<Value>};
}

template <class Struct, class Value>
constexpr Field<Struct, Value> optional_field(std::string_view name, Value Struct::* member) {
    return {name, member, false};
}

template <class T>
concept HasFields = requires { T::fields(); };

// Calls visit(field) for each in turn.
template <HasFields T, class Visit>
constexpr void for_each_field(Visit&& visit) {
    T::fields()([&](const auto&... each) { (visit(each), ...); });
}

}  // namespace tern
