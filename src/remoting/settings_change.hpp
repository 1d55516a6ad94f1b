// Settings of a running server, changed on request: what UPDATE_BROKER_CONFIG (25) and UPDATE_NAMESRV_CONFIG
// (318) have in common. spec/config.md 1.3.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/settings.hpp"
#include "remoting/router.hpp"

namespace tern::remoting {

struct SettingsChange {
    Settings& settings;
    std::string_view black_list;  // Names that stand whatever their rows say, with semicolons between.
    Log& log;
    // Makes it durable; an error ends the request before anything has changed.
    std::function<Result<>(std::span<const SettingChange>)> keep;
};

// All that the body asks for, or nothing: settings whose rows say that they apply at once, from our own host
// only, for there is no authentication. Each change and each refusal is in the log, with the peer. Gives what
// has changed; an error is the answer to the request.
Result<std::vector<SettingChange>> change_settings(const Request& request, const SettingsChange& how);

}  // namespace tern::remoting
