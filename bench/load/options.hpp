// What tern bench can be told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/runtime.hpp"
#include "remoting/frame.hpp"

namespace tern::bench {

enum class Mode {
    send,
    batch,
    pull,
    mixed,
    first_send,
};

struct Options {
    Mode mode{};

    std::string address;  // Of a broker; or
    std::string namesrv;  // of a NameServer.
    std::string topic{"bench"};
    std::string group{"bench"};
    std::int32_t queues{8};

    std::int32_t connections{8};
    std::int32_t outstanding{64};
    double rate{0};        // Messages a second; 0 is a closed loop.
    bool gives_up{false};  // In an open loop, what is due while all requests are under way.
    std::int32_t size{1024};
    std::int32_t batch_size{16};
    std::int32_t pull_max{32};
    remoting::HeaderEncoding header{remoting::HeaderEncoding::json};

    double warmup_s{0};
    std::optional<double> seconds;
    std::optional<std::uint64_t> messages;
    double patience_s{10};

    bool verify{false};
    bool json{false};
    bool by_second{false};
    std::string histogram_file;
    std::vector<int> server_pids;

    bool sends() const { return mode == Mode::send || mode == Mode::batch || mode == Mode::mixed; }
    bool pulls() const { return mode == Mode::pull || mode == Mode::mixed; }
    bool creates_topic() const { return sends(); }
    std::int32_t messages_a_request() const { return mode == Mode::batch ? batch_size : 1; }
};

std::string_view mode_name(Mode mode);

// What the arguments say, or the status to exit with after help or a complaint was printed.
struct ParsedOptions {
    std::optional<Options> options;
    int exit_status{0};
};
ParsedOptions parse_options(int argc, char** argv);

}  // namespace tern::bench
