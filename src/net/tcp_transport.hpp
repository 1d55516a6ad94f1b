// Connections over TCP, IPv4 and IPv6: frames in as commands or as a stream, whole frames out, with limits
// for peers that are slow, silent, hostile or gone.
#pragma once

#include "base/log.hpp"
#include "net/loop.hpp"
#include "net/supervisor.hpp"
#include "net/tls_context.hpp"
#include "net/transport_limits.hpp"
#include "net/transport_probe.hpp"
#include "remoting/receiver.hpp"

namespace tern::net {

class Sessions;

// Lives on one loop, and so do its connections and listeners. Everything a handler is told, it is told on the
// loop, and never from inside a call of its own to the transport or to a connection. Handlers of commands
// outlive the transport.
class TcpTransport final : public remoting::Transport {
public:
    TcpTransport(Loop& loop, Log& log, const TransportLimits& limits = {});
    // Closes all connections, if close() has not. Listeners are gone by then.
    ~TcpTransport() override;
    // Closes all connections; no handler is called any more.
    void close();

    // Errc::io_failed says why the address can't be had.
    Result<std::unique_ptr<remoting::Listener>> listen(const model::Host& address,
                                                       remoting::ConnectionHandler& handler) override;
    Ref<remoting::Connection> connect(const std::string& address,
                                      remoting::ConnectionHandler& handler) override;
    Result<std::unique_ptr<remoting::Listener>> listen_stream(const model::Host& address,
                                                              Ref<remoting::StreamHandler> handler) override;
    Ref<remoting::Connection> connect_stream(const std::string& address,
                                             Ref<remoting::StreamHandler> handler) override;

    // Listeners at the addresses of these sockets are made of them from now on, instead of sockets of their
    // own.
    void inherit(std::vector<InheritedSocket> sockets);
    // Those that no listener was made of: "name (address)".
    std::vector<std::string> unused_sockets() const;

    // TLS from now on, for connections with commands and for streams; those that are there stay as they are.
    // Without it everything is plain text, and TLS is refused.
    void secure(TlsUse commands, TlsUse streams);

    const TransportProbe& probe() const;
    TransportProbe& probe();

private:
    Result<std::unique_ptr<remoting::Listener>> listen_for(const model::Host& address,
                                                           remoting::Receiver receiver);
    Ref<remoting::Connection> connect_for(const std::string& address, remoting::Receiver receiver);

    Ref<Sessions> sessions_;
};

}  // namespace tern::net
