// Any bytes as a property string: what is set is found, what is removed is gone, everything else stays.
#include "check.hpp"
#include "model/message_properties.hpp"

#include <vector>

namespace tern::model {
namespace {

// Each look-up goes through all: more would take a fuzzer's time.
constexpr std::size_t looked_up_max = 16;

// One entry after another, found in a different way.
void check_against_entries(std::string_view properties) {
    std::vector<std::pair<std::string_view, std::string_view>> found;
    for_each_property(
        properties, [&](std::string_view name, std::string_view value) { found.emplace_back(name, value); });
    auto next = found.begin();
    while (!properties.empty()) {
        const auto entry = first_property(properties);
        if (!entry.name.empty()) {
            TERN_ASSERT(next != found.end() && *next++ == std::pair(entry.name, entry.value));
            const auto text = properties.substr(0, entry.name.size() + 1 + entry.value.size());
            TERN_ASSERT(value_if(entry.name, text) == entry.value);
        }
        properties.remove_prefix(entry.size);
    }
    TERN_ASSERT(next == found.end());
}

void check(std::string_view properties) {
    check_against_entries(properties);
    std::size_t count = 0;
    for_each_property(properties, [&](std::string_view name, std::string_view value) {
        TERN_ASSERT(!name.empty() && !value.empty());
        if (++count <= looked_up_max) TERN_ASSERT(find_property(properties, name).has_value());
    });
    if (count > looked_up_max) return;

    PropertyEditor editor{properties};
    editor.set(property::tags, "tag");
    TERN_ASSERT(editor.find(property::tags) == "tag");
    for_each_property(properties, [&](std::string_view name, std::string_view) {
        if (name != property::tags) TERN_ASSERT(editor.find(name) == find_property(properties, name));
    });
    for_each_property(properties, [&](std::string_view name, std::string_view) {
        editor.remove(name);
        TERN_ASSERT(!editor.find(name));
    });
}

}  // namespace
}  // namespace tern::model

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tern::model::check(tern::as_bytes(data, size));
    return 0;
}
