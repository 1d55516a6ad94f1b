// One connection's TLS, without its socket: what was sealed comes in and goes out as bytes. For the sources
// of this library only.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "base/result.hpp"
#include "net/tls_context.hpp"

using SSL = struct ssl_st;
using BIO = struct bio_st;

namespace tern::net {

inline constexpr unsigned char tls_first_byte = 0x16;  // Of a handshake; no frame of ours begins like that.

class TlsChannel {
public:
    enum class Role { accepts, dials };
    TlsChannel(const TlsContext& context, Role role);
    ~TlsChannel();
    TlsChannel(const TlsChannel&) = delete;
    TlsChannel& operator=(const TlsChannel&) = delete;

    // The one who dials speaks first.
    Result<> begin();
    // Takes all that came, and appends what it says to plain. After an error, which says why, only what is in
    // sealed() may still leave: it tells the other side.
    Result<> receive(std::string_view sealed, Buffer& plain);
    // Seals it; not before is_established().
    Result<> send(std::string_view plain);
    // Tells the other side that nothing more comes.
    void send_end();

    // What is to go over the socket: taken from the front.
    Buffer& sealed() { return sealed_; }
    bool is_established() const { return is_established_; }
    // The other side has said that nothing more comes.
    bool is_ended() const { return is_ended_; }
    // Version and cipher, and the name in the other side's certificate if there is one.
    std::string description() const;

private:
    friend struct ChannelBio;
    struct FreeSsl {
        void operator()(SSL* ssl) const;
    };

    Result<> shake_hands();
    Result<> failed(int returned);

    std::unique_ptr<SSL, FreeSsl> ssl_;
    std::string_view arrived_;  // During receive(): what OpenSSL has not taken yet.
    Buffer sealed_;
    bool is_established_{false};
    bool is_ended_{false};
    bool is_broken_{false};
};

}  // namespace tern::net
