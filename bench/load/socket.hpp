// Plain non-blocking sockets and epoll: the load generator and the limit servers shall cost what the kernel
// costs, and show what is left to win over it.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/buffer.hpp"
#include "base/result.hpp"
#include "base/runtime.hpp"

namespace tern::bench {

class UniqueFd {
public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_{fd} {}
    UniqueFd(UniqueFd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~UniqueFd();

    int get() const { return fd_; }

private:
    int fd_{-1};
};

// A connection to "host:port", made before this returns, non-blocking afterwards. timeout bounds each
// attempt.
Result<UniqueFd> dial(const std::string& address, Duration timeout);
// Accepts on the IPv4 address and port; port 0 lets the system choose.
Result<UniqueFd> listen_at(const std::string& address);
// "127.0.0.1:34567": where a listening socket can be reached.
std::string address_of(const UniqueFd& listener);
// The next connection that waits, non-blocking; an invalid descriptor when there is none.
UniqueFd accept_one(const UniqueFd& listener);

// Both directions of one connection.
class Stream {
public:
    static constexpr std::size_t read_size = std::size_t{64} * 1024;

    explicit Stream(UniqueFd fd) : fd_{std::move(fd)} {}

    int fd() const { return fd_.get(); }
    // Reads once, read_size bytes at most, behind what is there. How many; 0 when the socket has none.
    // Errc::connection_closed when the other side ended, Errc::io_failed.
    Result<std::size_t> read();
    std::string_view input() const { return input_.view(); }
    void consume(std::size_t size) { input_.consume(size); }

    Buffer& output() { return output_; }
    // Bytes that are sent behind the output so far, from where they lie: they stay there.
    void append_borrowed(std::string_view bytes);
    // Writes as much of the output as the socket takes.
    Result<> flush();
    bool has_unsent() const { return !output_.empty() || !borrowed_.empty(); }

private:
    struct Borrowed {
        std::size_t own_before;  // Bytes of the output, from the borrowed ones before.
        std::string_view bytes;
    };
    // As send(2), the output and the borrowed bytes in their order, as many as one call takes.
    ssize_t send_borrowed();
    void consume_sent(std::size_t size);

    UniqueFd fd_;
    Buffer input_;
    Buffer output_;
    std::deque<Borrowed> borrowed_;
    std::size_t own_before_all_{0};  // Of the output, what is sent before the last borrowed bytes.
};

// Tells which of its descriptors can be read, or written where asked; level-triggered.
class Poller {
public:
    static Result<Poller> open();

    void add(int fd, void* owner);
    void want_writable(int fd, void* owner, bool wanted);
    void remove(int fd);

    // What is ready within timeout, at most events_max; valid until the next call. Precise to microseconds.
    std::span<const epoll_event> wait(Duration timeout);

private:
    static constexpr std::size_t events_max = 256;

    explicit Poller(UniqueFd fd) : fd_{std::move(fd)} {}
    void control(int operation, int fd, void* owner, std::uint32_t events);

    UniqueFd fd_;
    std::array<epoll_event, events_max> events_{};
};

}  // namespace tern::bench
