#include "local_process.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace tern::apps {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

fs::path directory_of(pid_t pid) {
    return fs::path{"/proc"} / std::to_string(pid);
}

// `tern broker …`, also when bin/mqbroker became it.
bool is_broker(pid_t pid) {
    const std::string line = content_of(directory_of(pid) / "cmdline");
    const auto words = split(line, '\0');
    return words.size() >= 2 && fs::path{words[0]}.filename().string().starts_with("tern") &&
           words[1] == "broker";
}

bool is_of_this_machine(const model::Host& address) {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return false;
    bool found = false;
    for (const ifaddrs* each = all; each != nullptr && !found; each = each->ifa_next) {
        if (each->ifa_addr == nullptr) continue;
        const void* bytes = nullptr;
        if (each->ifa_addr->sa_family == AF_INET)
            bytes = &reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr;
        if (each->ifa_addr->sa_family == AF_INET6)
            bytes = &reinterpret_cast<const sockaddr_in6*>(each->ifa_addr)->sin6_addr;
        const auto wanted = address.address_bytes();
        found = bytes != nullptr && (each->ifa_addr->sa_family == AF_INET6) == address.is_v6() &&
                std::memcmp(bytes, wanted.data(), wanted.size()) == 0;
    }
    ::freeifaddrs(all);
    return found;
}

// The sockets that listen on the port, by their inodes, as the process's network namespace has them.
std::set<std::string> listening(pid_t pid, std::uint16_t port) {
    constexpr std::string_view listen_state = "0A";
    std::set<std::string> inodes;
    for (const char* table : {"net/tcp", "net/tcp6"}) {
        std::istringstream lines{content_of(directory_of(pid) / table)};
        std::string line;
        while (std::getline(lines, line)) {
            const auto words = split(line, ' ');
            if (words.size() < 10 || words[3] != listen_state) continue;
            const auto colon = words[1].rfind(':');
            const std::string hex{words[1].substr(colon + 1)};
            if (std::strtoul(hex.c_str(), nullptr, 16) == port) inodes.emplace(words[9]);
        }
    }
    return inodes;
}

bool listens_at(pid_t pid, std::uint16_t port) {
    const auto inodes = listening(pid, port);
    std::error_code failed;
    for (fs::directory_iterator each{directory_of(pid) / "fd", failed}, end; !failed && each != end;
         each.increment(failed)) {
        std::error_code unreadable;
        const auto target = fs::read_symlink(each->path(), unreadable).string();
        if (unreadable || !target.starts_with("socket:[")) continue;
        if (inodes.contains(target.substr(8, target.size() - 9))) return true;
    }
    return false;
}

}  // namespace

Result<LocalBroker> LocalBroker::of(pid_t pid) {
    io::Descriptor descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    if (descriptor.number() < 0)
        return failure(Errc::invalid_argument,
                       "process " + std::to_string(pid) + ": " + std::strerror(errno));
    if (!is_broker(pid))  // Looked at after it was opened: the number cannot become another's any more.
        return failure(Errc::invalid_argument, "process " + std::to_string(pid) +
                                                   " is no `tern broker`; name the brokers' own processes");
    return LocalBroker{pid, std::move(descriptor)};
}

Result<LocalBroker> LocalBroker::at(const model::Host& address) {
    if (is_of_this_machine(address)) {
        std::error_code failed;
        for (fs::directory_iterator each{"/proc", failed}, end; !failed && each != end;
             each.increment(failed)) {
            const auto pid = parse_number<pid_t>(each->path().filename().string());
            if (!pid || !is_broker(*pid) || !listens_at(*pid, address.port())) continue;
            return of(*pid);
        }
    }
    return failure(Errc::query_not_found,
                   "no `tern broker` of this machine that may be looked into listens at " + address.text());
}

Result<> LocalBroker::signal(int number) const {
    if (::syscall(SYS_pidfd_send_signal, descriptor_.number(), number, nullptr, 0) == 0) return {};
    return failure(Errc::io_failed, "signal " + std::to_string(number) + " to process " +
                                        std::to_string(pid_) + ": " + std::strerror(errno));
}

Result<std::unique_ptr<StoppedBroker>> StoppedBroker::stop(LocalBroker broker) {
    if (auto stopped = broker.signal(SIGSTOP); !stopped) return std::unexpected{stopped.error()};
    return std::unique_ptr<StoppedBroker>{new StoppedBroker{std::move(broker)}};
}

StoppedBroker::~StoppedBroker() {
    (void)broker_.signal(SIGCONT);  // One that has ended needs none.
}

}  // namespace tern::apps
