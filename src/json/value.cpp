#include "json/value.hpp"

namespace tern::json {
namespace {

const Value& null_value() {
    static const Value null;
    return null;
}

}  // namespace

Value::Value() = default;
Value::Value(double value) : data_{value} {}
Value::Value(std::string value) : data_{std::move(value)} {}
Value::Value(std::string_view value) : data_{std::string{value}} {}
Value::Value(const char* value) : data_{std::string{value}} {}
Value::Value(Array value) : data_{std::move(value)} {}
Value::Value(Object value) : data_{std::move(value)} {}

const Value* Value::find(std::string_view name) const {
    const auto* members = object();
    if (members == nullptr) return nullptr;
    for (auto member = members->rbegin(); member != members->rend(); ++member) {
        const auto* key = member->key.string();
        if (key != nullptr && *key == name) return &member->value;
    }
    return nullptr;
}

const Value& Value::operator[](std::string_view name) const {
    const auto* found = find(name);
    return found != nullptr ? *found : null_value();
}

const Value& Value::operator[](std::size_t index) const {
    const auto* elements = array();
    return elements != nullptr && index < elements->size() ? (*elements)[index] : null_value();
}

bool operator==(const Value& a, const Value& b) {
    return a.data_ == b.data_;
}

}  // namespace tern::json
