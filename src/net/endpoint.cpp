#include "net/endpoint.hpp"

#include <algorithm>

namespace tern::net {
namespace ip = boost::asio::ip;

model::Host host_of(const ip::tcp::endpoint& endpoint) {
    auto address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
    if (address.is_v4()) return model::Host::v4(address.to_v4().to_bytes(), endpoint.port());
    return model::Host::v6(address.to_v6().to_bytes(), endpoint.port());
}

ip::tcp::endpoint endpoint_of(const model::Host& host) {
    const auto bytes = host.address_bytes();
    if (host.is_v6()) {
        ip::address_v6::bytes_type address;
        std::ranges::copy(bytes, address.begin());
        return {ip::address_v6{address}, host.port()};
    }
    ip::address_v4::bytes_type address;
    std::ranges::copy(bytes, address.begin());
    return {ip::address_v4{address}, host.port()};
}

}  // namespace tern::net
