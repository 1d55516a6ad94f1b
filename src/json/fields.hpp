// JSON from and to any struct that lists its fields (base/fields.hpp), and the types that fields have: bool,
// integers, doubles, strings, enums with names, positions and identifiers, optionals, vectors, sets, maps and
// other such structs.
//
// Reading is lenient, as Java peers are: unknown members are ignored, null is absent, numbers and booleans
// may be strings, enums may be numbers. Writing leaves out absent optionals.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/enum_names.hpp"
#include "base/fields.hpp"
#include "base/result.hpp"
#include "json/reader.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace tern::json {

// Errors name the member by its path: Errc::missing_field for a required one that is absent, Errc::malformed
// for a value that is not of its type, and those of parse().
template <class T>
Result<T> decode(std::string_view text, const Limits& limits = {});
template <class T>
Result<T> from_value(const Value& value);

template <class T>
std::string encode(const T& value, const Style& style = {});
template <class T>
Value to_value(const T& value);

namespace fields {

// Positions and identifiers: a number with a type of its own.
template <class T>
concept StrongNumber = requires(const T& t) {
    typename T::rep;
    { t.value() } -> std::same_as<typename T::rep>;
};
template <class T>
concept Map = requires {
    typename T::key_type;
    typename T::mapped_type;
};
template <class T>
concept Set = requires { typename T::key_type; } && !Map<T>;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

// The words of a failure begin with the path; what follows it begins with ": ".
inline std::unexpected<Error> mismatch(std::string_view expected) {
    return failure(Errc::malformed, ": not " + std::string{expected});
}
inline std::unexpected<Error> below(std::string_view name, Error error) {
    const bool is_member = !error.detail.starts_with(':') && !error.detail.starts_with('[');
    error.detail.insert(0, std::string{name} + (is_member ? "." : ""));
    return std::unexpected{std::move(error)};
}

template <class T>
Result<> read(const Value& value, T& out);

Result<> read_number(const Value& value, std::int64_t& out);
Result<> read_number(const Value& value, double& out);
Result<> read_boolean(const Value& value, bool& out);
Result<> read_string(const Value& value, std::string& out);

template <class Int>
Result<> read_integer(const Value& value, Int& out) {
    std::int64_t number{};
    if (auto read = read_number(value, number); !read) return read;
    if (!std::in_range<Int>(number))
        return failure(Errc::malformed, ": out of range: " + std::to_string(number));
    out = static_cast<Int>(number);
    return {};
}

template <NamedEnum E>
Result<> read_enum(const Value& value, E& out) {
    std::string text;
    if (auto read = read_string(value, text); !read) return read;
    const auto parsed = parse_enum<E>(text);
    if (!parsed) return failure(Errc::malformed, ": unknown name: " + text);
    out = *parsed;
    return {};
}

template <HasFields T>
Result<> read_struct(const Value& value, T& out) {
    if (value.object() == nullptr) return mismatch("an object");
    Result<> result;
    for_each_field<T>([&](const auto& field) {
        if (!result) return;
        const auto* found = value.find(field.name);
        if (found == nullptr || found->is_null()) {
            if (field.required) result = failure(Errc::missing_field, std::string{field.name} + ": missing");
        } else if (auto member = read(*found, out.*field.member); !member) {
            result = below(field.name, std::move(member.error()));
        }
    });
    return result;
}

template <class List>
Result<> read_elements(const Value& value, List& out) {
    if (value.array() == nullptr) return mismatch("an array");
    std::size_t index = 0;
    for (const auto& each : *value.array()) {
        typename List::value_type element{};
        if (auto result = read(each, element); !result)
            return below("[" + std::to_string(index) + "]", std::move(result.error()));
        out.insert(out.end(), std::move(element));
        ++index;
    }
    return {};
}

template <Map M>
Result<> read_map(const Value& value, M& out) {
    if (value.object() == nullptr) return mismatch("an object");
    for (const auto& member : *value.object()) {
        if (member.value.is_null()) continue;
        typename M::key_type key{};
        typename M::mapped_type mapped{};
        auto result = read(member.key, key);
        if (result) result = read(member.value, mapped);
        if (!result) return below(write(member.key), std::move(result.error()));
        out.insert_or_assign(std::move(key), std::move(mapped));
    }
    return {};
}

template <class T>
Result<> read(const Value& value, T& out) {
    if constexpr (std::same_as<T, Value>) {
        out = value;
        return {};
    } else if constexpr (std::same_as<T, bool>) {
        return read_boolean(value, out);
    } else if constexpr (std::same_as<T, std::string>) {
        return read_string(value, out);
    } else if constexpr (std::integral<T>) {
        return read_integer(value, out);
    } else if constexpr (std::same_as<T, double>) {
        return read_number(value, out);
    } else if constexpr (NamedEnum<T>) {
        return read_enum(value, out);
    } else if constexpr (is_optional<T>) {
        return read(value, out.emplace());
    } else if constexpr (StrongNumber<T>) {
        typename T::rep number{};
        auto result = read_integer(value, number);
        out = T{number};
        return result;
    } else if constexpr (Map<T>) {
        return read_map(value, out);
    } else if constexpr (Set<T> || is_vector<T>) {
        return read_elements(value, out);
    } else {
        static_assert(HasFields<T>, "a type that JSON can hold");
        return read_struct(value, out);
    }
}

template <HasFields T>
Value write_struct(const T& value) {
    Object members;
    for_each_field<T>([&](const auto& field) {
        const auto& member = value.*field.member;
        if constexpr (is_optional<std::remove_cvref_t<decltype(member)>>) {
            if (member) members.push_back({field.name, to_value(*member)});
        } else {
            members.push_back({field.name, to_value(member)});
        }
    });
    return members;
}

}  // namespace fields

template <class T>
Value to_value(const T& value) {
    if constexpr (std::same_as<T, Value> || std::same_as<T, bool> || std::integral<T> ||
                  std::same_as<T, double>) {
        return Value{value};
    } else if constexpr (std::convertible_to<T, std::string_view>) {
        return Value{std::string_view{value}};
    } else if constexpr (NamedEnum<T>) {
        return Value{enum_name(value)};
    } else if constexpr (fields::StrongNumber<T>) {
        return Value{value.value()};
    } else if constexpr (fields::Map<T>) {
        Object members;
        for (const auto& [key, mapped] : value) members.push_back({to_value(key), to_value(mapped)});
        return members;
    } else if constexpr (fields::Set<T> || fields::is_vector<T>) {
        Array elements;
        for (const auto& each : value) elements.push_back(to_value(each));
        return elements;
    } else {
        static_assert(HasFields<T>, "a type that JSON can hold");
        return fields::write_struct(value);
    }
}

template <class T>
std::string encode(const T& value, const Style& style) {
    return write(to_value(value), style);
}

template <class T>
Result<T> from_value(const Value& value) {
    T out{};
    if (auto result = fields::read(value, out); !result)
        return fields::below("json", std::move(result.error()));
    return out;
}

template <class T>
Result<T> decode(std::string_view text, const Limits& limits) {
    const auto value = parse(text, limits);
    if (!value) return std::unexpected{value.error()};
    return from_value<T>(*value);
}

}  // namespace tern::json
