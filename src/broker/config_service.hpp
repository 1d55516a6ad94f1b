// The broker's own settings, read and changed at run time: requests 26 and 25. spec/config.md 1.3.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "base/runtime.hpp"
#include "broker/broker_config.hpp"
#include "io/file_system.hpp"
#include "model/data_version.hpp"
#include "remoting/router.hpp"

namespace tern::broker {

// Of one loop; what it refers to outlives it.
class ConfigService {
public:
    // Settings that are read where they are used have changed by themselves; this takes the others to where
    // they are used.
    using Apply = std::function<void(std::span<const SettingChange>)>;
    ConfigService(Runtime runtime, const BrokerConfig& config, Settings& settings, io::FileSystem& files,
                  Apply apply);

    // All of what is asked for, or nothing: settings that apply at once and stand on no black list, from our
    // own host. What changes is on the disk first, in brokerConfigPath, and in the log.
    void update(remoting::Request& request);
    void list(remoting::Request& request);

private:
    Runtime runtime_;
    const BrokerConfig& config_;
    Settings& settings_;
    io::FileSystem& files_;
    Apply apply_;
    model::DataVersion version_;  // One more with each update.
};

}  // namespace tern::broker
