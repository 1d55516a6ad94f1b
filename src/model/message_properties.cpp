#include "model/message_properties.hpp"

#include <algorithm>

namespace tern::model {

PropertyView first_property(std::string_view properties) {
    const auto end = std::min(properties.find(property_value_end), properties.size());
    const auto size = std::min(end + 1, properties.size());
    const auto entry = properties.substr(0, end);
    const auto name_end = entry.find(property_name_end);
    if (entry.size() < 3 || name_end == std::string_view::npos || name_end == 0 ||
        name_end + 1 == entry.size())
        return {.size = size};
    return {.name = entry.substr(0, name_end), .value = entry.substr(name_end + 1), .size = size};
}

std::optional<std::string_view> find_property(std::string_view properties, std::string_view name) {
    std::optional<std::string_view> found;
    for_each_property(properties, [&](std::string_view each, std::string_view value) {
        if (each == name) found = value;
    });
    return found;
}

void PropertyEditor::reset(std::string_view properties) {
    text_ = properties;
    if (!text_.empty() && text_.back() != property_value_end) text_ += property_value_end;
}

void PropertyEditor::set(std::string_view name, std::string_view value) {
    remove(name);
    if (value.empty()) return;
    text_ += name;
    text_ += property_name_end;
    text_ += value;
    text_ += property_value_end;
}

void PropertyEditor::remove(std::string_view name) {
    for (std::size_t at = 0; at < text_.size();) {
        const auto entry = first_property(std::string_view{text_}.substr(at));
        if (entry.name == name) {
            text_.erase(at, entry.size);
        } else {
            at += entry.size;
        }
    }
}

}  // namespace tern::model
