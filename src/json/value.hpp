// A JSON document in memory, in the dialect of fastjson: the key of a member is a string, but may also be a
// bare integer or a whole object, as Java writes maps keyed by numbers and by message queues
// (docs/formats/headers.md).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tern::json {

class Value;
struct Member;
using Array = std::vector<Value>;
using Object =
    std::vector<Member>;  // In the order written; of several members with one key, find() takes the last.

class Value {
public:
    Value();  // null
    template <std::same_as<bool> Bool>
    Value(Bool value);
    template <std::integral Int>
        requires(!std::same_as<Int, bool>)
    Value(Int value);
    Value(double value);
    Value(std::string value);
    Value(std::string_view value);
    Value(const char* value);
    Value(Array value);
    Value(Object value);

    bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
    // Each gives the value if it is of that kind, else nullptr.
    const bool* boolean() const { return std::get_if<bool>(&data_); }
    const std::int64_t* integer() const { return std::get_if<std::int64_t>(&data_); }
    const double* real() const { return std::get_if<double>(&data_); }
    const std::string* string() const { return std::get_if<std::string>(&data_); }
    const Array* array() const { return std::get_if<Array>(&data_); }
    const Object* object() const { return std::get_if<Object>(&data_); }

    // The member of that name; nullptr when there is none or this is no object.
    const Value* find(std::string_view name) const;
    // The same, with null for what is not there: for walking into a document whose shape is known.
    const Value& operator[](std::string_view name) const;
    const Value& operator[](std::size_t index) const;

    friend bool operator==(const Value&, const Value&);

private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> data_;
};

struct Member {
    Value key;  // A string, an integer or an object.
    Value value;
    friend bool operator==(const Member&, const Member&) = default;
};

template <std::same_as<bool> Bool>
Value::Value(Bool value) : data_{value} {}
template <std::integral Int>
    requires(!std::same_as<Int, bool>)
Value::Value(Int value) : data_{static_cast<std::int64_t>(value)} {}

}  // namespace tern::json
