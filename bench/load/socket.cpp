#include "bench/load/socket.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "model/host.hpp"

namespace tern::bench {
namespace {

std::unexpected<Error> system_error(const std::string& what, int error) {
    const auto code = error == ECONNRESET || error == EPIPE ? Errc::connection_closed : Errc::io_failed;
    return failure(code, what + ": " + std::strerror(error));
}

void send_small_segments_at_once(int fd) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// Waits until the connection under way is made; 0, or why it was not.
int outcome_of_connect(int fd, Duration timeout) {
    pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
    const auto timeout_ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
    if (poll(&ready, 1, static_cast<int>(timeout_ms)) != 1) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

}  // namespace

UniqueFd::~UniqueFd() {
    if (fd_ >= 0) close(fd_);
}

Result<UniqueFd> dial(const std::string& address, Duration timeout) {
    const auto colon = address.rfind(':');
    if (colon == std::string::npos) return failure(Errc::invalid_argument, "no host:port: " + address);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int unresolved =
        getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), &hints, &found);
    if (unresolved != 0) return failure(Errc::io_failed, address + ": " + gai_strerror(unresolved));

    int error = 0;
    UniqueFd fd;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        fd = UniqueFd{socket(each->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        error = connect(fd.get(), each->ai_addr, each->ai_addrlen) == 0 ? 0 : errno;
        if (error == EINPROGRESS) error = outcome_of_connect(fd.get(), timeout);
        if (error == 0) break;
    }
    freeaddrinfo(found);
    if (error != 0) return system_error("connect to " + address, error);
    send_small_segments_at_once(fd.get());
    return fd;
}

Result<UniqueFd> listen_at(const std::string& address) {
    const auto host = model::Host::parse(address);
    if (!host) return std::unexpected(host.error());
    if (host->is_v6()) return failure(Errc::not_supported, "an IPv4 address, please: " + address);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(host->port());
    std::memcpy(&name.sin_addr, host->address_bytes().data(), sizeof name.sin_addr);

    UniqueFd fd{socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    const int on = 1;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
        listen(fd.get(), 1024) != 0)
        return system_error("listen at " + address, errno);
    return fd;
}

std::string address_of(const UniqueFd& listener) {
    sockaddr_in name{};
    socklen_t size = sizeof name;
    getsockname(listener.get(), reinterpret_cast<sockaddr*>(&name), &size);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &name.sin_addr, bytes.size());
    return model::Host::v4(bytes, ntohs(name.sin_port)).text();
}

UniqueFd accept_one(const UniqueFd& listener) {
    UniqueFd fd{accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (fd.get() >= 0) send_small_segments_at_once(fd.get());
    return fd;
}

Result<std::size_t> Stream::read() {
    const auto size = recv(fd(), input_.prepare(read_size), read_size, 0);
    if (size == 0) return failure(Errc::connection_closed, "the other side closed the connection");
    if (size < 0) {
        if (errno == EAGAIN || errno == EINTR) return 0;
        return system_error("read", errno);
    }
    input_.commit(static_cast<std::size_t>(size));
    return static_cast<std::size_t>(size);
}

void Stream::append_borrowed(std::string_view bytes) {
    borrowed_.push_back({output_.size() - own_before_all_, bytes});
    own_before_all_ = output_.size();
}

Result<> Stream::flush() {
    while (has_unsent()) {
        const auto size =
            borrowed_.empty() ? send(fd(), output_.data(), output_.size(), MSG_NOSIGNAL) : send_borrowed();
        if (size < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) return {};
            return system_error("write", errno);
        }
        consume_sent(static_cast<std::size_t>(size));
    }
    return {};
}

ssize_t Stream::send_borrowed() {
    std::array<iovec, 128> parts;
    std::size_t count = 0;
    char* own = output_.data();
    for (const auto& [own_before, bytes] : borrowed_) {
        if (count + 2 > parts.size()) break;
        if (own_before > 0) parts[count++] = {.iov_base = own, .iov_len = own_before};
        own += own_before;
        parts[count++] = {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    return sendmsg(fd(), &message, MSG_NOSIGNAL);
}

void Stream::consume_sent(std::size_t size) {
    while (size > 0 && !borrowed_.empty()) {
        auto& first = borrowed_.front();
        const auto own = std::min(size, first.own_before);
        output_.consume(own);
        first.own_before -= own;
        own_before_all_ -= own;
        const auto taken = std::min(size - own, first.bytes.size());
        first.bytes.remove_prefix(taken);
        size -= own + taken;
        if (first.bytes.empty()) borrowed_.pop_front();
    }
    output_.consume(size);
}

Result<Poller> Poller::open() {
    UniqueFd fd{epoll_create1(EPOLL_CLOEXEC)};
    if (fd.get() < 0) return system_error("epoll", errno);
    return Poller{std::move(fd)};
}

void Poller::add(int fd, void* owner) {
    control(EPOLL_CTL_ADD, fd, owner, EPOLLIN);
}

void Poller::want_writable(int fd, void* owner, bool wanted) {
    control(EPOLL_CTL_MOD, fd, owner, EPOLLIN | (wanted ? std::uint32_t{EPOLLOUT} : 0U));
}

void Poller::remove(int fd) {
    control(EPOLL_CTL_DEL, fd, nullptr, 0);
}

void Poller::control(int operation, int fd, void* owner, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = owner;
    TERN_ASSERT(epoll_ctl(fd_.get(), operation, fd, &event) == 0);
}

std::span<const epoll_event> Poller::wait(Duration timeout) {
    const auto rounded = std::max(timeout, Duration{0});
    const timespec limit{.tv_sec = rounded / 1s, .tv_nsec = (rounded % 1s).count()};
    const int count = epoll_pwait2(fd_.get(), events_.data(), events_max, &limit, nullptr);
    TERN_ASSERT(count >= 0 || errno == EINTR);
    return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

}  // namespace tern::bench
