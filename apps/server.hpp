// What the server programs share: reading a property file, the log, the loop that runs until a signal ends
// it.
#pragma once

#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_log.hpp"
#include "base/runtime.hpp"
#include "base/settings.hpp"
#include "io/posix_file_system.hpp"
#include "net/loop.hpp"
#include "net/supervisor.hpp"
#include "net/system_random.hpp"
#include "net/tcp_transport.hpp"
#include "net/tls_keeper.hpp"
#include "tls.hpp"

namespace tern::apps {

inline constexpr int exit_usage = 1;
inline constexpr int exit_start_failed = 253;  // RocketMQ's -3.

struct ServerArguments {
    std::string config_file;          // -c
    std::optional<std::string> port;  // -p PORT; given without one: print the settings.
    std::optional<std::string> home;  // -h DIR; given without one: help.
    bool print_settings{false};
    bool print_important{false};  // -m
    std::string name_servers;     // -n
    TlsArguments tls;             // -Dtls.name=value
};

// The loop, the disk, the network and the log of one process.
class ServerProcess {
public:
    // Logs go to <home>/logs/<program>.log; without a home to the directory that TERN_LOGS names, which the
    // scripts in bin/ set as RocketMQ's do, or to standard error.
    static Result<std::unique_ptr<ServerProcess>> open(const std::string& home, std::string_view program,
                                                       LogLevel level,
                                                       const net::TransportLimits& limits = {});

    // The same for a server, whose descriptors are raised and shared out between files and connections.
    static Result<std::unique_ptr<ServerProcess>> open_server(const std::string& home,
                                                              std::string_view program, LogLevel level,
                                                              net::TransportLimits limits);

    Runtime runtime() { return {loop_, loop_, loop_, random_, *log_}; }
    net::Loop& loop() { return loop_; }
    // All ports are open: sockets of the supervisor that none of them is at are named on standard error, and
    // the supervisor hears that the process is ready.
    void is_ready();
    // The supervisor hears that the process ends.
    void is_stopping();
    io::PosixFileSystem& files() { return files_; }
    net::TcpTransport& transport() { return transport_; }
    // TLS as the settings say: of ports and connections, or of the connections that a tool makes. The error
    // names setting and file. Once.
    Result<> secure_server(const net::TlsConfig& config);
    Result<> secure_client(const net::TlsConfig& config);
    bool dials_tls() const { return tls_ && tls_->dials(); }
    Log& log() { return *log_; }

private:
    ServerProcess(std::unique_ptr<Log> log, const net::TransportLimits& limits);

    void tell(std::string_view state);

    net::SupervisorEnvironment supervisor_{net::SupervisorEnvironment::of_this_process()};
    std::unique_ptr<Log> log_;
    net::SystemRandom random_;
    net::Loop loop_;
    io::PosixFileSystem files_;
    net::TcpTransport transport_;
    std::optional<net::TlsKeeper> tls_;
};

// Applies a property file to settings; prints what a person has to know, on standard error; what is only good
// to know is among the settings' notes. False: the start must stop.
bool apply_file(Settings& settings, const std::string& file);
// The same of properties that come from elsewhere.
bool apply_properties(Settings& settings, const std::string& source, std::span<const Property> properties);

std::string home_directory();
// As seen from here, and still true wherever the process goes.
std::string absolute_path(const std::string& path);
// Also where the system does not say: then reading it says why.
bool may_exist(const std::string& path);
// The first address of this host that is not loopback; 127.0.0.1 when there is no other.
std::string first_address();
std::string host_name();
std::string boot_id();

}  // namespace tern::apps
