// Addresses as Asio has them and as the rest of the system has them. For the sources of this library only.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "model/host.hpp"

namespace tern::net {

// An IPv4 peer of an IPv6 socket is an IPv4 host.
model::Host host_of(const boost::asio::ip::tcp::endpoint& endpoint);
boost::asio::ip::tcp::endpoint endpoint_of(const model::Host& host);

}  // namespace tern::net
