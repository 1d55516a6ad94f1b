#include "local_process.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

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

struct Socket {
    std::uint16_t own_port{};
    std::uint16_t other_port{};
    std::string state;
    std::string inode;
};
constexpr std::string_view listens = "0A";
constexpr std::string_view is_established = "01";

std::uint16_t port_of(std::string_view hexadecimal) {
    const std::string port{hexadecimal.substr(hexadecimal.rfind(':') + 1)};
    return static_cast<std::uint16_t>(std::strtoul(port.c_str(), nullptr, 16));
}

// All of the process's network namespace.
std::vector<Socket> sockets_around(pid_t pid) {
    std::vector<Socket> sockets;
    for (const char* table : {"net/tcp", "net/tcp6"}) {
        std::istringstream lines{content_of(directory_of(pid) / table)};
        std::string line;
        while (std::getline(lines, line)) {
            const auto words = split(line, ' ');
            if (words.size() < 10 || words[1].find(':') == std::string_view::npos) continue;
            sockets.push_back(
                {port_of(words[1]), port_of(words[2]), std::string{words[3]}, std::string{words[9]}});
        }
    }
    return sockets;
}

std::set<std::string> own_inodes(pid_t pid) {
    std::set<std::string> inodes;
    std::error_code failed;
    for (fs::directory_iterator each{directory_of(pid) / "fd", failed}, end; !failed && each != end;
         each.increment(failed)) {
        std::error_code unreadable;
        const auto target = fs::read_symlink(each->path(), unreadable).string();
        if (!unreadable && target.starts_with("socket:[")) inodes.insert(target.substr(8, target.size() - 9));
    }
    return inodes;
}

std::vector<Socket> sockets_of(pid_t pid) {
    auto sockets = sockets_around(pid);
    const auto own = own_inodes(pid);
    std::erase_if(sockets, [&](const Socket& socket) { return !own.contains(socket.inode); });
    return sockets;
}

bool listens_at(pid_t pid, std::uint16_t port) {
    return std::ranges::any_of(sockets_of(pid), [port](const Socket& socket) {
        return socket.state == listens && socket.own_port == port;
    });
}

// All of it or nothing.
Result<> change_firewall(const std::string& lines, bool tells) {
    std::FILE* input = ::popen(
        tells ? "iptables-restore -w 2 --noflush" : "iptables-restore -w 2 --noflush 2>/dev/null", "w");
    if (input == nullptr)
        return failure(Errc::io_failed, std::string{"iptables-restore: "} + std::strerror(errno));
    std::fputs(("*filter\n" + lines + "COMMIT\n").c_str(), input);
    if (const int status = ::pclose(input); status != 0)
        return failure(Errc::io_failed,
                       "iptables-restore did not do it; it takes root, and the package iptables");
    return {};
}

// Deletes the chain, with all rules that there are about it.
Result<> restore_firewall(bool tells) {
    return change_firewall(
        fmt::format("-D INPUT -j {0}\n-D OUTPUT -j {0}\n-F {0}\n-X {0}\n", CutLinks::chain), tells);
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

std::vector<std::uint16_t> LocalBroker::connections_to(std::uint16_t port) const {
    std::vector<std::uint16_t> own;
    for (const auto& socket : sockets_of(pid_))
        if (socket.state == is_established && socket.other_port == port) own.push_back(socket.own_port);
    return own;
}

Result<std::unique_ptr<StoppedBroker>> StoppedBroker::stop(LocalBroker broker) {
    if (auto stopped = broker.signal(SIGSTOP); !stopped) return std::unexpected{stopped.error()};
    return std::unique_ptr<StoppedBroker>{new StoppedBroker{std::move(broker)}};
}

StoppedBroker::~StoppedBroker() {
    (void)broker_.signal(SIGCONT);  // One that has ended needs none.
}

// The links that stand are known by their ports, those that the others dial by where they lead; what the
// broker itself dials anew looks like any other's.
Result<std::unique_ptr<CutLinks>> CutLinks::cut(const LocalBroker& broker, const Address& own,
                                                std::span<const Address> others) {
    (void)restore_firewall(false);  // Mostly there is nothing to restore.
    std::string lines = fmt::format(":{0} - [0:0]\n-I INPUT -j {0}\n-I OUTPUT -j {0}\n", chain);
    const auto drop = [&lines](const std::string& what) {
        lines += fmt::format("-A {} -p tcp {} -j DROP\n", chain, what);
    };
    drop(fmt::format("-d {} --dport {}", own.host, own.port));
    drop(fmt::format("-s {} --sport {}", own.host, own.port));
    for (const auto& other : others) {
        drop(fmt::format("--syn -d {} --dport {}", other.host, other.port));
        for (const auto port : broker.connections_to(other.port)) {
            drop(fmt::format("-d {} --dport {} --sport {}", other.host, other.port, port));
            drop(fmt::format("-s {} --sport {} --dport {}", other.host, other.port, port));
        }
    }
    if (auto changed = change_firewall(lines, true); !changed) return std::unexpected{changed.error()};
    return std::unique_ptr<CutLinks>{new CutLinks};
}

CutLinks::~CutLinks() {
    if (const auto restored = restore_firewall(true); !restored)
        std::fprintf(stderr, "tern verify: the chain %s stays: %s\n", std::string{chain}.c_str(),
                     restored.error().detail.c_str());
}

}  // namespace tern::apps
