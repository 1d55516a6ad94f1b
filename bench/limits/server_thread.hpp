// A limit server that runs beside the test that talks to it.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>

#include "bench/limits/frame_server.hpp"
#include "bench/load/options.hpp"
#include "bench/load/target.hpp"

namespace tern::bench {

// Serves on a thread of its own, at a port that the system chose, until it dies.
class ServerThread {
public:
    explicit ServerThread(FrameService& service)
        : server_{*FrameServer::open("127.0.0.1:0", service)},
          thread_{[this] { (void)server_.run(stop_.get()); }} {}
    ~ServerThread() {
        const std::uint64_t one = 1;
        (void)!write(stop_.get(), &one, sizeof one);
        thread_.join();
    }
    ServerThread(const ServerThread&) = delete;
    ServerThread& operator=(const ServerThread&) = delete;

    Target target() const { return {.address = server_.address(), .broker_name = "broker-a", .queues = 4}; }

private:
    UniqueFd stop_{eventfd(0, EFD_CLOEXEC)};
    FrameServer server_;
    std::thread thread_;
};

// What a generator sends to it.
inline Options sends(std::uint64_t messages) {
    Options options;
    options.mode = Mode::send;
    options.connections = 3;
    options.outstanding = 5;
    options.size = 100;
    options.messages = messages;
    return options;
}

}  // namespace tern::bench
