#include "server.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/text.hpp"
#include "net/descriptors.hpp"

namespace tern::apps {
ServerProcess::ServerProcess(std::unique_ptr<Log> log, const net::TransportLimits& limits)
    : log_{std::move(log)}, files_{loop_}, transport_{loop_, *log_, limits} {
    std::vector<std::string> warnings;
    transport_.inherit(net::inherited_sockets(supervisor_, warnings));
    for (const auto& warning : warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
}

Result<> ServerProcess::secure_server(const net::TlsConfig& config) {
    tls_.emplace(config, loop_, transport_, files_, *log_);
    return tls_->start_server();
}

Result<> ServerProcess::secure_client(const net::TlsConfig& config) {
    tls_.emplace(config, loop_, transport_, files_, *log_);
    return tls_->start_client();
}

void ServerProcess::is_ready() {
    for (const auto& socket : transport_.unused_sockets())
        std::fprintf(stderr,
                     "warning: inherited socket %s is at no port of this process and is not used; compare "
                     "ListenStream of the .socket unit with listenPort and bindAddress\n",
                     socket.c_str());
    tell("READY=1");
}

void ServerProcess::is_stopping() {
    tell("STOPPING=1");
}

void ServerProcess::tell(std::string_view state) {
    if (auto told = net::tell_supervisor(supervisor_, state); !told)
        std::fprintf(stderr, "warning: the supervisor was not told %s: %s\n", std::string{state}.c_str(),
                     told.error().detail.c_str());
}

Result<std::unique_ptr<ServerProcess>> ServerProcess::open(const std::string& home, std::string_view program,
                                                           LogLevel level,
                                                           const net::TransportLimits& limits) {
    FileLogConfig config;
    config.level = level;
    const char* const logs = std::getenv("TERN_LOGS");
    const std::string directory = !home.empty() ? home + "/logs" : logs != nullptr ? logs : "";
    if (!directory.empty()) config.path = directory + "/" + std::string{program} + ".log";
    auto log = open_log(config);
    if (!log) return std::unexpected(log.error());
    return std::unique_ptr<ServerProcess>{new ServerProcess{std::move(*log), limits}};
}

Result<std::unique_ptr<ServerProcess>> ServerProcess::open_server(const std::string& home,
                                                                  std::string_view program, LogLevel level,
                                                                  net::TransportLimits limits) {
    const std::size_t descriptors = net::raise_descriptor_limit();
    limits = net::within_descriptors(limits, descriptors);
    auto process = open(home, program, level, limits);
    if (process) net::log_descriptors((*process)->log(), limits, descriptors);
    return process;
}

// "brokerRole=SYNC_MASTER  # as handbooks have it": for Java the value goes on to the end of the line, is
// none of the key's, and is passed over in silence.
void take_comment_from(Property& property, const std::string& file) {
    const auto hash = std::min(property.value.find(" #"), property.value.find("\t#"));
    if (hash == std::string::npos) return;
    property.value.resize(property.value.find_last_not_of(" \t", hash) + 1);
    std::fprintf(stderr, "warning: %s:%zu: %s=%s: what stands behind # is taken for a comment\n",
                 file.c_str(), property.line, property.key.c_str(), property.value.c_str());
}

bool apply_file(Settings& settings, const std::string& file) {
    std::FILE* stream = std::fopen(file.c_str(), "rb");
    if (stream == nullptr) {
        std::fprintf(stderr, "%s: %s\n", file.c_str(), std::strerror(errno));
        return false;
    }
    std::string text;
    char chunk[4096];
    for (std::size_t count = 0; (count = std::fread(chunk, 1, sizeof chunk, stream)) > 0;)
        text.append(chunk, count);
    std::fclose(stream);
    auto properties = parse_properties(text);
    if (!properties) {
        std::fprintf(stderr, "%s: %s\n", file.c_str(), properties.error().detail.c_str());
        return false;
    }
    for (auto& property : *properties) take_comment_from(property, file);
    return apply_properties(settings, file, *properties);
}

bool apply_properties(Settings& settings, const std::string& source, std::span<const Property> properties) {
    const auto notes = settings.apply(source, properties);
    if (!notes) {
        std::fprintf(stderr, "%s\n", notes.error().detail.c_str());
        return false;
    }
    for (const auto& note : *notes) {
        const std::string place = note.at + ": " + note.property.key;
        if (note.kind == SettingNote::Kind::unknown)
            std::fprintf(stderr, "warning: %s is not known%s%s%s\n", place.c_str(),
                         note.advice.empty() ? "" : ", did you mean ", note.advice.c_str(),
                         note.advice.empty() ? "" : "?");
        if (note.kind == SettingNote::Kind::unsupported)
            std::fprintf(stderr, "warning: %s=%s is not supported yet; it acts as %s\n", place.c_str(),
                         note.property.value.c_str(), note.advice.c_str());
    }
    return true;
}

std::string home_directory() {
    const char* home = std::getenv("HOME");
    return home != nullptr && *home != '\0' ? home : "/root";
}

std::string absolute_path(const std::string& path) {
    std::error_code failed;
    const auto absolute = std::filesystem::absolute(path, failed);
    return failed ? path : absolute.string();
}

bool may_exist(const std::string& path) {
    std::error_code failed;
    return std::filesystem::exists(path, failed) || failed;
}

std::string first_address() {
    ifaddrs* all = nullptr;
    std::string found = "127.0.0.1";
    if (::getifaddrs(&all) != 0) return found;
    for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
        if ((each->ifa_flags & IFF_LOOPBACK) != 0 || (each->ifa_flags & IFF_UP) == 0) continue;
        char text[INET_ADDRSTRLEN] = {};
        const auto* address = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
        ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
        found = text;
        break;
    }
    ::freeifaddrs(all);
    return found;
}

std::string host_name() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "DEFAULT_BROKER";
}

std::string boot_id() {
    std::FILE* stream = std::fopen("/proc/sys/kernel/random/boot_id", "rb");
    if (stream == nullptr) return {};
    char text[64] = {};
    const std::size_t size = std::fread(text, 1, sizeof text - 1, stream);
    std::fclose(stream);
    return std::string{trim({text, size})};
}

}  // namespace tern::apps
