#include "nameserver/config_service.hpp"

#include <algorithm>

#include "base/properties.hpp"
#include "nameserver/foreign_settings.hpp"
#include "nameserver/kept_file.hpp"
#include "remoting/same_host.hpp"

namespace tern::nameserver {

using remoting::Request;
using remoting::ResponseCode;

ConfigService::ConfigService(NameServerConfig& config, io::FileSystem& files, Log& log)
    : config_{config}, files_{files}, log_{log}, settings_{foreign_settings, config} {}

void ConfigService::update(Request& request) {
    const auto changed = change(request);
    if (changed) return request.responder.answer(ResponseCode::success);
    log_.warning("settings_change_refused",
                 {{"by", request.connection->peer().text()}, {"why", changed.error().detail}});
    request.responder.fail(changed.error());
}

void ConfigService::list(Request& request) {
    request.responder.answer(ResponseCode::success, {}, settings_.text());
}

Result<> ConfigService::change(const Request& request) {
    if (!remoting::is_from_same_host(*request.connection))
        return failure(Errc::no_permission, "settings are changed from the NameServer's own host only");
    const auto changes = parse_properties(request.body());
    if (!changes) return std::unexpected(changes.error());
    if (auto checked = check(*changes); !checked) return checked;
    if (auto kept = keep(*changes); !kept) return kept;
    const auto updated = settings_.update(*changes);
    if (!updated) return std::unexpected(updated.error());
    for (const auto& property : *changes)
        log_.info(
            "setting_changed",
            {{"by", request.connection->peer().text()}, {"key", property.key}, {"value", property.value}});
    return {};
}

Result<> ConfigService::check(std::span<const Property> changes) const {
    const auto black_list = split(config_.config_black_list, ';');
    for (const auto& property : changes)
        if (std::ranges::find(black_list, property.key) != black_list.end())
            return failure(Errc::no_permission, "Can not update config in black list: " + property.key);
    if (auto notes = settings_.check_update(changes); !notes) return std::unexpected(notes.error());
    return {};
}

Result<> ConfigService::keep(std::span<const Property> changes) {
    std::vector<Property> ours;
    std::ranges::copy_if(changes, std::back_inserter(ours),
                         [this](const Property& property) { return settings_.has(property.key); });
    if (ours.empty()) return {};
    const auto& path = config_.config_store_path;
    std::string before;
    if (files_.exists(path)) {
        auto content = io::read_file(files_, path);
        if (!content) return std::unexpected(content.error());
        before = std::move(*content);
        if (auto kept = keep_file(files_, path + ".bak", before); !kept) return kept;
    }
    const auto after = change_properties(before, ours);
    if (!after) return std::unexpected(after.error());
    return keep_file(files_, path, *after);
}

}  // namespace tern::nameserver
