// What a NameServer's file of RocketMQ may hold beside our own settings (spec config 3, 4 and 7).
#pragma once

#include <array>
#include <string_view>

#include "base/settings.hpp"
#include "remoting/netty_settings.hpp"

namespace tern::nameserver {

// Java's threads; and the controller inside the NameServer, which enableControllerInNamesrv speaks for.
inline constexpr auto foreign_namesrv_names = std::to_array<std::string_view>(
    {"clientRequestThreadPoolNums", "defaultThreadPoolNums", "clientRequestThreadPoolQueueCapacity",
     "defaultThreadPoolQueueCapacity", "unRegisterBrokerQueueCapacity", "productEnvName", "namesrvAddr"});
inline constexpr auto foreign_controller_names =
    std::to_array<std::string_view>({"jraftConfig",
                                     "controllerType",
                                     "controllerThreadPoolNums",
                                     "controllerRequestThreadPoolQueueCapacity",
                                     "controllerDLegerGroup",
                                     "controllerDLegerPeers",
                                     "controllerDLegerSelfId",
                                     "mappedFileSize",
                                     "controllerStorePath",
                                     "electMasterMaxRetryCount",
                                     "enableElectUncleanMaster",
                                     "isProcessReadEvent",
                                     "notifyBrokerRoleChanged",
                                     "scanInactiveMasterInterval",
                                     "metricsExporterType",
                                     "metricsGrpcExporterTarget",
                                     "metricsGrpcExporterHeader",
                                     "metricGrpcExporterTimeOutInMills",
                                     "metricGrpcExporterIntervalInMills",
                                     "metricLoggingExporterIntervalInMills",
                                     "metricsPromExporterPort",
                                     "metricsPromExporterHost",
                                     "metricsLabel",
                                     "metricsInDelta",
                                     "jRaftElectionTimeoutMs",
                                     "jRaftScanWaitTimeoutMs",
                                     "jRaftSnapshotIntervalSecs",
                                     "jRaftGroupId",
                                     "jRaftServerId",
                                     "jRaftInitConf",
                                     "jRaftControllerRPCAddr"});

inline constexpr auto foreign_names =
    join_names(foreign_namesrv_names, foreign_controller_names, remoting::netty_names);

// Switches of what is not there (yet), and how they stand for us.
inline constexpr auto foreign_switches =
    std::to_array<ForeignSettings::Unsupported>({{"enableControllerInNamesrv", "false"},
                                                 {"notifyMinBrokerIdChanged", "false"},
                                                 {"clusterTest", "false"}});

inline constexpr auto foreign_unsupported = join_names(foreign_switches, remoting::netty_unsupported);

inline constexpr auto aliases = std::to_array<ForeignSettings::Alias>({{"useTLS", "tls.enable"}});

inline constexpr ForeignSettings foreign_settings{foreign_names, foreign_unsupported, aliases};

}  // namespace tern::nameserver
