#include "net/tcp_listener.hpp"

#include <unistd.h>

#include <algorithm>

#include "net/endpoint.hpp"
#include "net/session.hpp"

namespace tern::net {
using Tcp = boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int backlog = 1024;          // RocketMQ's.
constexpr Duration pause_time{100ms};  // When the process has no descriptor left, say.

// 0.0.0.0 and [::] are the same place to systemd, which opens the latter where only a port is given.
bool is_any(const model::Host& address) {
    return std::ranges::all_of(address.address_bytes(), [](char byte) { return byte == 0; });
}

bool is_same_place(const model::Host& one, const model::Host& other) {
    return one == other || (one.port() == other.port() && is_any(one) && is_any(other));
}

}  // namespace

Acceptor::Acceptor(Ref<Sessions> sessions, remoting::Receiver receiver)
    : sessions_{std::move(sessions)}, receiver_{std::move(receiver)}, acceptor_{sessions_->loop.context()} {}

Result<> Acceptor::open(const model::Host& address) {
    if (open_inherited(address)) return {};
    const auto endpoint = endpoint_of(address);
    error_code failed;
    acceptor_.open(endpoint.protocol(), failed);
    if (!failed) acceptor_.set_option(Tcp::acceptor::reuse_address{true}, failed);
    if (!failed) acceptor_.bind(endpoint, failed);
    if (!failed) acceptor_.listen(backlog, failed);
    if (failed) return failure(Errc::io_failed, "listen on " + address.text() + ": " + failed.message());
    address_ = address.with_port(acceptor_.local_endpoint(failed).port());
    accept();
    return {};
}

// Of a socket that was handed over; false when none listens there.
bool Acceptor::open_inherited(const model::Host& address) {
    auto& inherited = sessions_->inherited;
    const auto socket = std::ranges::find_if(
        inherited, [&](const InheritedSocket& each) { return is_same_place(each.address, address); });
    if (socket == inherited.end()) return false;
    const auto protocol = socket->address.is_v6() ? Tcp::v6() : Tcp::v4();
    const int number = ::dup(socket->descriptor.number());  // The acceptor closes its own.
    error_code failed;
    acceptor_.assign(protocol, number, failed);
    if (failed) {
        if (number >= 0) ::close(number);
        sessions_->log.warning("inherited_socket_refused",
                               {{"address", address.text()}, {"why", failed.message()}});
        return false;
    }
    address_ = address;
    is_inherited_ = true;
    inherited.erase(socket);
    accept();
    return true;
}

void Acceptor::close() {
    sessions_->loop.cancel(pause_timer_);
    error_code ignored;
    acceptor_.close(ignored);
    receiver_ = {};
}

void Acceptor::accept() {
    acceptor_.async_accept([self = Ref<Acceptor>{this}](const error_code& failed, Tcp::socket socket) {
        if (!self->acceptor_.is_open() || self->sessions_->is_shut_down()) return;
        if (failed && failed != boost::asio::error::connection_aborted) return self->pause(failed.message());
        if (!failed) self->take(std::move(socket));
        self->accept();
    });
}

// Beyond the limit a connection is closed at once: the peer knows where it stands, and tries elsewhere.
void Acceptor::take(Tcp::socket socket) {
    if (!sessions_->has_room_for_another(receiver_)) {
        sessions_->probe.connection_refused();
        if (!std::exchange(is_refusing_, true))
            sessions_->log.warning(
                "connections_refused",
                {{"address", address_.text()},
                 {"connections_max", receiver_.is_for_commands() ? sessions_->limits.connections_max
                                                                 : sessions_->limits.streams_max}});
        return;
    }
    is_refusing_ = false;
    sessions_->add(receiver_)->accepted(std::move(socket));
}

void Acceptor::pause(std::string_view why) {
    sessions_->log.warning("accept_failed", {{"address", address_.text()}, {"why", why}});
    pause_timer_ = sessions_->loop.after(pause_time, [self = Ref<Acceptor>{this}] { self->accept(); });
}

}  // namespace tern::net
