// An address and a port, as RocketMQ stores them in records and message ids: 4 or 16 address bytes, then the
// port.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace tern::model {

class Host {
public:
    Host() = default;
    static Host v4(std::array<std::uint8_t, 4> address, std::uint16_t port);
    static Host v6(std::array<std::uint8_t, 16> address, std::uint16_t port);
    // "10.0.0.1:10911" or "[::1]:10911". No names: resolving is the transport's work.
    static Result<Host> parse(std::string_view text);
    // 8 bytes for IPv4, 20 for IPv6: the address, then the port as int32.
    static Host decode(std::string_view encoded) {
        TERN_ASSERT(encoded.size() == 8 || encoded.size() == 20);
        Host host;
        host.is_v6_ = encoded.size() == 20;
        copy_address(host.address_.data(), encoded.data(), host.is_v6_);
        host.port_ = static_cast<std::uint16_t>(load_be<std::int32_t>(encoded.data() + encoded.size() - 4));
        return host;
    }

    bool is_v6() const { return is_v6_; }
    std::uint16_t port() const { return port_; }
    std::string_view address_bytes() const {
        return {reinterpret_cast<const char*>(address_.data()), is_v6_ ? std::size_t{16} : std::size_t{4}};
    }
    std::size_t encoded_size() const { return is_v6_ ? 20 : 8; }
    void encode(char* out) const {
        copy_address(out, address_.data(), is_v6_);
        store_be<std::int32_t>(out + address_bytes().size(), port_);
    }
    std::string address_text() const;
    std::string text() const;  // "address:port", IPv6 in brackets.
    Host with_port(std::uint16_t port) const;
    friend bool operator==(const Host&, const Host&) = default;

private:
    // Of a size that the compiler knows, either way.
    static void copy_address(void* to, const void* from, bool is_v6) {
        if (is_v6) {
            std::memcpy(to, from, 16);
        } else {
            std::memcpy(to, from, 4);
        }
    }

    std::array<std::uint8_t, 16> address_{};
    std::uint16_t port_{0};
    bool is_v6_{false};
};

}  // namespace tern::model
