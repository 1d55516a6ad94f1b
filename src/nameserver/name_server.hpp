// The NameServer: tables and services put together, behind one handler of connections. How to run one:
//
//   NameServerConfig config;                                              // With the settings of its file.
//   expand_home(config, home);
//   auto server = NameServer::start(config, runtime, files);              // Reads what it keeps.
//   auto listener = transport.listen(address_of(config), **server);       // And it serves.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "base/runtime.hpp"
#include "io/file_system.hpp"
#include "nameserver/config.hpp"
#include "nameserver/config_service.hpp"
#include "nameserver/kv_config.hpp"
#include "nameserver/kv_service.hpp"
#include "nameserver/registration_service.hpp"
#include "nameserver/route_service.hpp"
#include "nameserver/route_table.hpp"
#include "nameserver/topic_service.hpp"
#include "remoting/metrics_service.hpp"
#include "remoting/router.hpp"
#include "remoting/transport.hpp"

namespace tern::nameserver {

// Knows nothing of other NameServers: brokers register with each. Of one loop, that of its connections; what
// it is given outlives it, and it outlives its connections' callbacks.
class NameServer final : public remoting::ConnectionHandler {
public:
    // Errc::corrupt or Errc::io_failed when the key-value configuration can't be read.
    static Result<std::unique_ptr<NameServer>> start(NameServerConfig config, const Runtime& runtime,
                                                     io::FileSystem& files);

    void on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) override;
    void on_closed(const Ref<remoting::Connection>& connection, std::string_view why) override;

    const RouteTable& table() const { return table_; }
    // For what else the process counts.
    metrics::Registry& metrics() { return metrics_; }

private:
    NameServer(NameServerConfig config, const Runtime& runtime, io::FileSystem& files);
    void add_routes();
    void expose_metrics();

    NameServerConfig config_;
    RouteTable table_;
    KvConfig kv_;
    RouteService routes_;
    RegistrationService registrations_;
    TopicService topics_;
    KvService kv_service_;
    ConfigService settings_;
    metrics::Registry metrics_;
    remoting::MetricsService metrics_service_{metrics_};
    remoting::Router router_;
};

}  // namespace tern::nameserver
