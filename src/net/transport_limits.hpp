// What a transport allows its peers, in bytes, connections and time. Frames and headers have their own limits
// (remoting/frame.hpp).
#pragma once

#include <cstddef>

#include "base/runtime.hpp"

namespace tern::net {

struct TransportLimits {
    // Accepted and dialled; beyond, accepted ones are closed at once. Those between members are counted by
    // themselves: a crowd of clients must not keep a group from its majority.
    std::size_t connections_max{20'000};
    std::size_t streams_max{1024};

    // Accepted connections in a TLS handshake, each of which holds some 25 KB: with another one the oldest is
    // closed. One who means it needs milliseconds.
    std::size_t tls_handshakes_max{1024};
    // A connection with more unsent output is not read from until half of it is gone, so that one that asks
    // for much takes its turns with the others; with even more it is closed.
    std::size_t unsent_pause_bytes{std::size_t{256} << 10};
    std::size_t unsent_close_bytes{std::size_t{64} << 20};
    // Bytes received and not yet taken, and bytes unsent, of all connections: with more, none is read from
    // that carries commands and holds more than its share, and those that hold it for longest without getting
    // anywhere are closed; with twice as much none is that carries commands. Streams have twice of each.
    std::size_t buffered_bytes_max{std::size_t{256} << 20};
    std::size_t buffered_share_bytes{std::size_t{64} << 10};

    Duration frame_time_max{30s};   // From a frame's first byte to its last.
    Duration unsent_time_max{30s};  // Without the peer taking a byte of what is unsent.
    Duration stuck_time_max{1s};    // With its share or more held, once all hold too much.
    Duration rest_after{5s};        // Of silence: then a connection gives its buffers back.
    // Without a byte in either direction, as RocketMQ has it: accepted ones, and those we dialled.
    Duration idle_time_max{120s};
    Duration dialled_idle_time_max{120s};
    Duration connect_time_max{3s};         // Resolving and connecting; RocketMQ's connect timeout.
    Duration tls_handshake_time_max{10s};  // From its first byte, or from the connection we dialled; Netty's.
    Duration keep_alive_after{60s};        // Then the system asks an idle peer whether it is still there.
};

inline constexpr std::size_t read_size_max = std::size_t{64} * 1024;  // Of one read.
inline constexpr std::size_t read_size_min =
    std::size_t{4} * 1024;  // What a connection has room for at first.
inline constexpr std::size_t buffer_kept_bytes =
    std::size_t{256} * 1024;  // Storage beyond is given back when unused.

}  // namespace tern::net
