#include "broker/config_service.hpp"

#include <utility>

#include "base/properties.hpp"
#include "io/settings_file.hpp"
#include "json/fields.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/settings_change.hpp"

namespace tern::broker {

using remoting::ResponseCode;

ConfigService::ConfigService(Runtime runtime, const BrokerConfig& config, Settings& settings,
                             io::FileSystem& files, Apply apply)
    : runtime_{runtime}, config_{config}, settings_{settings}, files_{files}, apply_{std::move(apply)} {
    version_.timestamp = runtime_.clock.wall_ms();
}

void ConfigService::update(remoting::Request& request) {
    const auto keep = [this](std::span<const SettingChange> changes) {
        return io::keep_settings(files_, settings_file(config_), settings_, changes);
    };
    const auto changes =
        remoting::change_settings(request, {settings_, config_.config_black_list, runtime_.log, keep});
    if (!changes) return request.responder.fail(changes.error());
    version_.advance(0, runtime_.clock.wall_ms());
    apply_(*changes);
    request.responder.answer(ResponseCode::success);
}

void ConfigService::list(remoting::Request& request) {
    std::string text = settings_.text();
    // No settings here, but exportConfigs of RocketMQ 4.9 does not get along without them.
    append_property(text, "filterServerNums", "0");
    append_property(text, "useTLS", config_.dials_tls ? "true" : "false");
    const std::string version = json::encode(version_);
    const std::string_view part = text;
    request.responder.answer(ResponseCode::success, remoting::GetBrokerConfigResponse{version}, {},
                             {&part, 1});
}

}  // namespace tern::broker
