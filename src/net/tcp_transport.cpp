#include "net/tcp_transport.hpp"

#include "net/session.hpp"
#include "net/sessions.hpp"
#include "net/tcp_listener.hpp"

namespace tern::net {

TcpTransport::TcpTransport(Loop& loop, Log& log, const TransportLimits& limits)
    : sessions_{make_counted<Sessions>(loop, log, limits)} {}

TcpTransport::~TcpTransport() {
    sessions_->shut_down();
}

Result<std::unique_ptr<remoting::Listener>> TcpTransport::listen(const model::Host& address,
                                                                 remoting::ConnectionHandler& handler) {
    const auto acceptor = make_counted<Acceptor>(sessions_, handler);
    if (auto opened = acceptor->open(address); !opened) return std::unexpected{opened.error()};
    return std::make_unique<TcpListener>(acceptor);
}

Ref<remoting::Connection> TcpTransport::connect(const std::string& address,
                                                remoting::ConnectionHandler& handler) {
    auto session = sessions_->add(handler);
    session->connect(address);
    return session;
}

const TransportProbe& TcpTransport::probe() const {
    return sessions_->probe;
}

}  // namespace tern::net
