#include "model/message_properties.hpp"

#include "base/byte_scan.hpp"

namespace tern::model {

PropertyView first_property(std::string_view properties) {
    const char* const begin = properties.data();
    const char* const limit = begin + properties.size();
    const auto size_to = [&](const char* end) {
        return static_cast<std::size_t>(end - begin) + (end != limit ? 1 : 0);
    };
    const char* const name_end = find_either<property_name_end, property_value_end>(begin, limit);
    if (name_end == limit || *name_end == property_value_end) return {.size = size_to(name_end)};
    const char* const end = find_either<property_value_end, property_value_end>(name_end + 1, limit);
    if (name_end == begin || end == name_end + 1) return {.size = size_to(end)};
    return {.name = {begin, name_end}, .value = {name_end + 1, end}, .size = size_to(end)};
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
