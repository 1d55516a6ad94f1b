// Any bytes as a property string: what is set is found, what is removed is gone, everything else stays.
#include "check.hpp"
#include "model/message_properties.hpp"

namespace tern::model {
namespace {

void check(std::string_view properties) {
    std::size_t count = 0;
    for_each_property(properties, [&](std::string_view name, std::string_view value) {
        TERN_ASSERT(!name.empty() && !value.empty());
        TERN_ASSERT(find_property(properties, name).has_value());
        ++count;
    });
    if (count > 100) return;

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
