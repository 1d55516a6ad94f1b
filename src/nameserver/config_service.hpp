// The NameServer's own settings, read and changed at run time: requests 318 and 319.
#pragma once

#include "base/log.hpp"
#include "base/settings.hpp"
#include "io/file_system.hpp"
#include "nameserver/config.hpp"
#include "remoting/router.hpp"

namespace tern::nameserver {

// What it is given outlives it. Owned by the NameServer's loop.
class ConfigService {
public:
    ConfigService(NameServerConfig& config, io::FileSystem& files, Log& log);

    // All of what is asked for, or nothing: settings that apply at once and stand on no black list, from our
    // own machine. What is changed is kept in configStorePath, and every attempt is in the log.
    void update(remoting::Request& request);
    void list(remoting::Request& request);

private:
    const NameServerConfig& config_;
    io::FileSystem& files_;
    Log& log_;
    Settings settings_;
};

}  // namespace tern::nameserver
