// Whether a peer sits on our own machine: what may change settings while there is no authentication.
#pragma once

#include "remoting/transport.hpp"

namespace tern::remoting {

// Over loopback, or over an address that both ends share.
inline bool is_from_same_host(const Connection& connection) {
    return connection.peer().address_bytes() == connection.local().address_bytes();
}

}  // namespace tern::remoting
