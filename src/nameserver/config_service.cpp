#include "nameserver/config_service.hpp"

#include "io/settings_file.hpp"
#include "nameserver/foreign_settings.hpp"
#include "remoting/settings_change.hpp"

namespace tern::nameserver {

using remoting::Request;
using remoting::ResponseCode;

ConfigService::ConfigService(NameServerConfig& config, io::FileSystem& files, Log& log)
    : config_{config}, files_{files}, log_{log}, settings_{foreign_settings, config} {}

void ConfigService::update(Request& request) {
    const auto keep = [this](std::span<const SettingChange> changes) {
        return io::keep_settings(files_, config_.config_store_path, settings_, changes);
    };
    const auto changed =
        remoting::change_settings(request, {settings_, config_.config_black_list, log_, keep});
    if (!changed) return request.responder.fail(changed.error());
    log_.set_level(config_.log_level);
    request.responder.answer(ResponseCode::success);
}

void ConfigService::list(Request& request) {
    request.responder.answer(ResponseCode::success, {}, settings_.text());
}

}  // namespace tern::nameserver
