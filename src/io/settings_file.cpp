#include "io/settings_file.hpp"

#include <algorithm>

#include "base/properties.hpp"

namespace tern::io {
namespace {

// As the file spells them: of a key that stands under two names the last one would count at the next start.
std::vector<Property> spelled(const Settings& settings, std::span<const Property> before,
                              std::span<const SettingChange> changes) {
    std::vector<Property> lines;
    for (const auto& change : changes) {
        const std::size_t known = lines.size();
        for (const auto& property : before)
            if (settings.name_of(property.key) == change.name)
                lines.push_back({property.key, change.after, property.line});
        if (lines.size() == known) lines.push_back({change.name, change.after, 0});
    }
    return lines;
}

}  // namespace

Result<> keep_settings(FileSystem& files, const std::string& path, const Settings& settings,
                       std::span<const SettingChange> changes) {
    std::string before;
    const bool exists = files.exists(path);
    if (exists) {
        auto content = read_file(files, path);
        if (!content) return std::unexpected(content.error());
        before = std::move(*content);
    }
    const auto properties = parse_properties(before);
    if (!properties) return failure(properties.error().code, path + ": " + properties.error().detail);
    const auto after = change_properties(before, spelled(settings, *properties, changes));
    if (!after) return failure(after.error().code, path + ": " + after.error().detail);
    if (exists) {
        if (auto kept = keep_file(files, path + ".bak", before, path); !kept) return kept;
    }
    return keep_file(files, path, *after);
}

}  // namespace tern::io
