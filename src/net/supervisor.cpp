#include "net/supervisor.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/text.hpp"
#include "net/endpoint.hpp"

namespace tern::net {
namespace {

constexpr int descriptors_max = 64;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// Where the socket listens; nothing when it is no TCP socket, or does not listen.
std::optional<model::Host> listening_address(int descriptor) {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0)
        return std::nullopt;
    boost::asio::ip::tcp::endpoint endpoint;
    size = static_cast<socklen_t>(endpoint.capacity());
    if (::getsockname(descriptor, endpoint.data(), &size) != 0) return std::nullopt;
    if (endpoint.data()->sa_family != AF_INET && endpoint.data()->sa_family != AF_INET6) return std::nullopt;
    endpoint.resize(size);
    return host_of(endpoint);
}

}  // namespace

SupervisorEnvironment SupervisorEnvironment::of_this_process() {
    return {.listen_pid = variable("LISTEN_PID"),
            .listen_fds = variable("LISTEN_FDS"),
            .listen_fdnames = variable("LISTEN_FDNAMES"),
            .notify_socket = variable("NOTIFY_SOCKET")};
}

std::vector<InheritedSocket> inherited_sockets(const SupervisorEnvironment& environment,
                                               std::vector<std::string>& warnings, int first) {
    std::vector<InheritedSocket> sockets;
    if (environment.listen_fds.empty() || environment.listen_pid != std::to_string(::getpid()))
        return sockets;
    const auto count = parse_number<int>(environment.listen_fds);
    if (!count || *count < 0 || *count > descriptors_max) {
        warnings.push_back("LISTEN_FDS=" + environment.listen_fds + " is no number from 0 to " +
                           std::to_string(descriptors_max) + "; no inherited socket is used");
        return sockets;
    }
    const auto names = split(environment.listen_fdnames, ':');
    for (int i = 0; i < *count; ++i) {
        const int number = first + i;
        const auto place = static_cast<std::size_t>(i);
        std::string name{place < names.size() ? names[place] : "unknown"};
        const auto address = listening_address(number);
        if (!address) {
            warnings.push_back("inherited descriptor " + std::to_string(number) + " (" + name +
                               ") is no listening TCP socket and is not used; in the .socket unit only "
                               "ListenStream=address:port is of use");
            continue;
        }
        ::fcntl(number, F_SETFD, FD_CLOEXEC);
        sockets.push_back({io::Descriptor{number}, *address, std::move(name)});
    }
    return sockets;
}

Result<> tell_supervisor(const SupervisorEnvironment& environment, std::string_view state) {
    const std::string& path = environment.notify_socket;
    if (path.empty()) return {};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path || (path.front() != '/' && path.front() != '@'))
        return failure(Errc::io_failed, "NOTIFY_SOCKET=" + path + " is neither a path nor an abstract name");
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path.front() == '@') address.sun_path[0] = '\0';
    const io::Descriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (socket.number() < 0 || ::sendto(socket.number(), state.data(), state.size(), MSG_NOSIGNAL,
                                        reinterpret_cast<const sockaddr*>(&address), size) < 0)
        return io::system_failure(path, "notify");
    return {};
}

}  // namespace tern::net
