#include "net/tcp_transport.hpp"

#include "net/session.hpp"
#include "net/sessions.hpp"
#include "net/tcp_listener.hpp"

namespace tern::net {

TcpTransport::TcpTransport(Loop& loop, Log& log, const TransportLimits& limits)
    : sessions_{make_counted<Sessions>(loop, log, limits)} {}

TcpTransport::~TcpTransport() {
    close();
}

void TcpTransport::close() {
    sessions_->shut_down();
}

Result<std::unique_ptr<remoting::Listener>> TcpTransport::listen_for(const model::Host& address,
                                                                     remoting::Receiver receiver) {
    const auto acceptor = make_counted<Acceptor>(sessions_, std::move(receiver));
    if (auto opened = acceptor->open(address); !opened) return std::unexpected{opened.error()};
    return std::make_unique<TcpListener>(acceptor);
}

Ref<remoting::Connection> TcpTransport::connect_for(const std::string& address, remoting::Receiver receiver) {
    auto session = sessions_->add(std::move(receiver));
    session->connect(address);
    return session;
}

Result<std::unique_ptr<remoting::Listener>> TcpTransport::listen(const model::Host& address,
                                                                 remoting::ConnectionHandler& handler) {
    return listen_for(address, remoting::Receiver{handler});
}

Ref<remoting::Connection> TcpTransport::connect(const std::string& address,
                                                remoting::ConnectionHandler& handler) {
    return connect_for(address, remoting::Receiver{handler});
}

Result<std::unique_ptr<remoting::Listener>> TcpTransport::listen_stream(
    const model::Host& address, Ref<remoting::StreamHandler> handler) {
    return listen_for(address, remoting::Receiver{std::move(handler)});
}

Ref<remoting::Connection> TcpTransport::connect_stream(const std::string& address,
                                                       Ref<remoting::StreamHandler> handler) {
    return connect_for(address, remoting::Receiver{std::move(handler)});
}

void TcpTransport::inherit(std::vector<InheritedSocket> sockets) {
    sessions_->inherited = std::move(sockets);
}

std::vector<std::string> TcpTransport::unused_sockets() const {
    std::vector<std::string> unused;
    for (const auto& socket : sessions_->inherited)
        unused.push_back(socket.name + " (" + socket.address.text() + ")");
    return unused;
}

void TcpTransport::secure(TlsUse commands, TlsUse streams) {
    sessions_->tls_of_commands = std::move(commands);
    sessions_->tls_of_streams = std::move(streams);
}

TransportProbe& TcpTransport::probe() {
    return sessions_->probe;
}

const TransportProbe& TcpTransport::probe() const {
    return sessions_->probe;
}

}  // namespace tern::net
