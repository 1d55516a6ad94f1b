#include "remoting/settings_change.hpp"

#include <algorithm>

#include "base/properties.hpp"
#include "base/text.hpp"
#include "remoting/same_host.hpp"

namespace tern::remoting {
namespace {

Result<std::vector<SettingChange>> checked(const Request& request, const SettingsChange& how) {
    if (!is_from_same_host(*request.connection))
        return failure(Errc::no_permission, "settings are changed from the server's own host only");
    const auto properties = parse_properties(request.body());
    if (!properties) return std::unexpected(properties.error());
    const auto black_list = split(how.black_list, ';');
    for (const auto& property : *properties) {
        const std::string_view name = how.settings.name_of(property.key).value_or(property.key);
        if (std::ranges::any_of(black_list, [&](auto black) { return trim(black) == name; }))
            return failure(Errc::no_permission, "Can not update config in black list: " + property.key);
    }
    return how.settings.check_update(*properties);
}

Result<std::vector<SettingChange>> changed(const Request& request, const SettingsChange& how) {
    auto changes = checked(request, how);
    if (!changes || changes->empty()) return changes;
    if (auto kept = how.keep(*changes); !kept) return std::unexpected(kept.error());
    how.settings.update(*changes);
    return changes;
}

}  // namespace

Result<std::vector<SettingChange>> change_settings(const Request& request, const SettingsChange& how) {
    auto changes = changed(request, how);
    const std::string by = request.connection->peer().text();
    if (!changes) how.log.warning("settings_change_refused", {{"by", by}, {"why", changes.error().detail}});
    for (const auto& change : changes.value_or(std::vector<SettingChange>{}))
        how.log.info("setting_changed",
                     {{"by", by}, {"key", change.name}, {"before", change.before}, {"after", change.after}});
    return changes;
}

}  // namespace tern::remoting
