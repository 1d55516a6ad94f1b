#include "model/host.hpp"

#include <arpa/inet.h>

#include "base/text.hpp"

namespace tern::model {

Host Host::v4(std::array<std::uint8_t, 4> address, std::uint16_t port) {
    Host host;
    std::copy(address.begin(), address.end(), host.address_.begin());
    host.port_ = port;
    return host;
}

Host Host::v6(std::array<std::uint8_t, 16> address, std::uint16_t port) {
    Host host;
    host.address_ = address;
    host.port_ = port;
    host.is_v6_ = true;
    return host;
}

Result<Host> Host::parse(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return failure(Errc::malformed, "address without a port: " + std::string{text});
    const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
    if (!port) return failure(Errc::malformed, "port of an address: " + std::string{text});
    auto address = text.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    const std::string terminated{address};
    Host host;
    host.port_ = *port;
    if (inet_pton(AF_INET, terminated.c_str(), host.address_.data()) == 1) return host;
    if (inet_pton(AF_INET6, terminated.c_str(), host.address_.data()) == 1) {
        host.is_v6_ = true;
        return host;
    }
    return failure(Errc::malformed, "neither an IPv4 nor an IPv6 address: " + std::string{text});
}

std::string Host::address_text() const {
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(is_v6_ ? AF_INET6 : AF_INET, address_.data(), text, sizeof text);
    return text;
}

std::string Host::text() const {
    const auto address = address_text();
    return (is_v6_ ? "[" + address + "]" : address) + ":" + std::to_string(port_);
}

Host Host::with_port(std::uint16_t port) const {
    Host host = *this;
    host.port_ = port;
    return host;
}

}  // namespace tern::model
