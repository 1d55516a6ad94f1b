// The names by which files of RocketMQ's servers configure Netty (spec config 4.1 and 4.2), as far as they
// are no settings of ours: its threads, its buffers, its limits of concurrent calls.
#pragma once

#include <array>
#include <string_view>

#include "base/settings.hpp"

namespace tern::remoting {

inline constexpr auto netty_names = std::to_array<std::string_view>({"serverWorkerThreads",
                                                                     "serverCallbackExecutorThreads",
                                                                     "serverSelectorThreads",
                                                                     "serverOnewaySemaphoreValue",
                                                                     "serverAsyncSemaphoreValue",
                                                                     "serverSocketSndBufSize",
                                                                     "serverSocketRcvBufSize",
                                                                     "writeBufferHighWaterMark",
                                                                     "writeBufferLowWaterMark",
                                                                     "serverSocketBacklog",
                                                                     "serverNettyWorkerGroupEnable",
                                                                     "serverPooledByteBufAllocatorEnable",
                                                                     "shutdownWaitTimeSeconds",
                                                                     "useEpollNativeSelector",
                                                                     "clientWorkerThreads",
                                                                     "clientCallbackExecutorThreads",
                                                                     "clientOnewaySemaphoreValue",
                                                                     "clientAsyncSemaphoreValue",
                                                                     "connectTimeoutMillis",
                                                                     "channelNotActiveInterval",
                                                                     "isScanAvailableNameSrv",
                                                                     "clientChannelMaxIdleTimeSeconds",
                                                                     "clientSocketSndBufSize",
                                                                     "clientSocketRcvBufSize",
                                                                     "clientPooledByteBufAllocatorEnable",
                                                                     "clientCloseSocketIfTimeout",
                                                                     "disableCallbackExecutor",
                                                                     "disableNettyWorkerGroup",
                                                                     "maxReconnectIntervalTimeSeconds",
                                                                     "enableReconnectForGoAway",
                                                                     "scanAvailableNameSrv"});

inline constexpr auto netty_unsupported = std::to_array<ForeignSettings::Unsupported>(
    {{"useTLS", "false"}, {"enableShutdownGracefully", "false"}, {"socksProxyConfig", "{}"}});

}  // namespace tern::remoting
