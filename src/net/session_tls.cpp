// The part of a connection that is TLS: which connections are, how they begin, what comes and goes sealed.
#include <boost/asio/buffer.hpp>

#include "net/session.hpp"

namespace tern::net {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr Duration tls_line_interval{10s};
// Of plain text: so much is sealed at once, and stands sealed at most when the system takes no more.
constexpr std::size_t sealed_part_size_max = std::size_t{64} * 1024;

}  // namespace

// --- Beginning.

void Session::read_off_the_fast_path() {
    if (state_ == State::secured) return read_sealed();
    if (state_ != State::undecided || is_reading_) return;
    is_reading_ = true;
    socket_.async_wait(Tcp::socket::wait_read, [self = Ref<Session>{this}](const error_code& failed) {
        self->is_reading_ = false;
        if (!self->is_open()) return;
        if (failed) return self->close("read: " + failed.message());
        self->look_at_first_byte();
    });
}

void Session::look_at_first_byte() {
    unsigned char first = 0;
    error_code failed;
    const auto count = socket_.receive(asio::buffer(&first, 1), Tcp::socket::message_peek, failed);
    if (failed == asio::error::would_block) return read();
    if (failed == asio::error::eof || (!failed && count == 0)) return close("closed by the peer");
    if (failed) return close("read: " + failed.message());
    const auto& tls = sessions_->tls_of(receiver_);
    // Both may have changed since the connection was accepted.
    if (first == tls_first_byte && tls.server) return secure(tls.server, TlsChannel::Role::accepts);
    if (tls.accepts == TlsMode::enforcing) return refuse_plain_text();
    state_ = State::open;
    flush();
    read();
}

void Session::refuse_plain_text() {
    sessions_->probe.plain_text_refused();
    if (const auto unsaid = sessions_->refused_plain.due(sessions_->loop.now(), tls_line_interval))
        sessions_->log.warning("plain_text_refused", {{"peer", peer_.text()}, {"unsaid", *unsaid}});
    close("plain text where TLS must be");
}

void Session::secure(const Ref<TlsContext>& context, TlsChannel::Role role) {
    state_ = State::secured;
    tls_ = std::make_unique<TlsChannel>(*context, role);
    handshake_began_at_ = sessions_->loop.now();
    if (role == TlsChannel::Role::accepts) sessions_->handshake_began(*this);
    if (role == TlsChannel::Role::dials) {
        if (const auto begun = tls_->begin(); !begun) return tls_failed(begun.error());
        flush();
    }
    read();
}

void Session::handshake_done() {
    handshake_began_at_.reset();
    sessions_->handshake_is_over(*this);
    sessions_->probe.tls_handshake_done();
    sessions_->log.debug("tls_handshake_done", {{"peer", peer_.text()}, {"tls", tls_->description()}});
    if (!address_.empty()) receiver_.opened(Ref<Connection>{this});  // Accepted ones were opened before.
}

void Session::handshake_has_to_yield() {
    tls_failed({Errc::limit_exceeded, "TLS: too many handshakes"});
}

// What is sealed says why to the other side, if the system takes it at once.
void Session::tls_failed(const Error& why) {
    if (!is_open()) return;
    sessions_->probe.tls_failed();
    if (const auto unsaid = sessions_->tls_failures.due(sessions_->loop.now(), tls_line_interval))
        sessions_->log.warning("tls_failed",
                               {{"peer", peer_.text()}, {"unsaid", *unsaid}, {"why", why.detail}});
    send_sealed_if_possible();
    close(why.detail);
}

// --- Input.

// The system keeps what came until we have room for it, so that those who wait hold no memory of ours.
void Session::read_sealed() {
    if (is_reading_ || must_not_read() || tls_->sealed().size() > buffer_kept_bytes) return;
    is_reading_ = true;
    socket_.async_wait(Tcp::socket::wait_read, [self = Ref<Session>{this}](const error_code& failed) {
        self->is_reading_ = false;
        if (!self->is_open()) return;
        if (failed) return self->close("read: " + failed.message());
        auto& sealed = self->sessions_->sealed;
        sealed.resize(read_size_max);
        error_code none;
        const auto count = self->socket_.receive(asio::buffer(sealed), 0, none);
        if (none == asio::error::would_block) return self->read();
        if (none == asio::error::eof) return self->close("closed by the peer");
        if (none) return self->close("read: " + none.message());
        self->take_sealed(count);
    });
}

void Session::take_sealed(std::size_t count) {
    received_at_ = sessions_->loop.now();
    sessions_->probe.bytes_read(count);
    const bool was_established = tls_->is_established();
    const auto taken = tls_->receive(std::string_view{sessions_->sealed}.substr(0, count), input_);
    if (!taken) return tls_failed(taken.error());
    if (!was_established && tls_->is_established()) handshake_done();
    if (input_.size() > buffer_kept_bytes) large_input_at_ = received_at_;
    if (is_open()) flush();
    if (is_open()) take_input();
    if (is_open() && tls_->is_ended()) close("closed by the peer");
}

// --- Output.

void Session::flush_sealed() {
    auto& sealed = tls_->sealed();
    while (state_ == State::secured && !is_waiting_for_room_) {
        if (sealed.empty()) {
            if (output_.empty() || !tls_->is_established()) break;
            const auto part = output_.view().substr(0, sealed_part_size_max);
            if (const auto sent = tls_->send(part); !sent) return close(sent.error().detail);
            output_.consume(part.size());
        }
        if (!send_some(sealed)) return;
    }
    // Reading may have waited for us to send; one that is paused is flush()'s to wake.
    if (state_ == State::secured && !is_reading_ && !is_paused_) take_input();
}

// At the end the other side is told, as TLS has it, where nothing stands in the way.
void Session::say_goodbye() {
    sessions_->handshake_is_over(*this);
    if (!tls_->is_established() || !tls_->sealed().empty()) return;
    tls_->send_end();
    send_sealed_if_possible();
}

void Session::send_sealed_if_possible() {
    auto& sealed = tls_->sealed();
    error_code ignored;
    if (!sealed.empty()) socket_.send(asio::buffer(sealed.data(), sealed.size()), 0, ignored);
}

}  // namespace tern::net
