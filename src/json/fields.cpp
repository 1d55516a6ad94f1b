#include "json/fields.hpp"

#include <cmath>

namespace tern::json::fields {

Result<> read_number(const Value& value, std::int64_t& out) {
    if (const auto* integer = value.integer()) {
        out = *integer;
        return {};
    }
    if (const auto* text = value.string()) {
        const auto number = parse_number<std::int64_t>(*text);
        if (!number) return failure(Errc::malformed, ": not an integer: " + *text);
        out = *number;
        return {};
    }
    if (const auto* real = value.real();
        real != nullptr && std::trunc(*real) == *real && std::abs(*real) < 0x1p63) {
        out = static_cast<std::int64_t>(*real);
        return {};
    }
    return mismatch("an integer");
}

Result<> read_number(const Value& value, double& out) {
    if (const auto* real = value.real()) {
        out = *real;
        return {};
    }
    if (const auto* integer = value.integer()) {
        out = static_cast<double>(*integer);
        return {};
    }
    if (const auto* text = value.string()) {
        const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
        if (error == std::errc{} && end == text->data() + text->size()) return {};
        return failure(Errc::malformed, ": not a number: " + *text);
    }
    return mismatch("a number");
}

Result<> read_boolean(const Value& value, bool& out) {
    if (const auto* boolean = value.boolean()) {
        out = *boolean;
        return {};
    }
    if (const auto* integer = value.integer()) {
        out = *integer != 0;
        return {};
    }
    const auto* text = value.string();
    if (text == nullptr || (*text != "true" && *text != "false")) return mismatch("a boolean");
    out = *text == "true";
    return {};
}

Result<> read_string(const Value& value, std::string& out) {
    if (const auto* text = value.string()) {
        out = *text;
    } else if (value.object() != nullptr || value.array() != nullptr || value.is_null()) {
        return mismatch("a string");
    } else {
        out = write(value);
    }
    return {};
}

}  // namespace tern::json::fields
