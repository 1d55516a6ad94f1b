#include "net/session.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>

#include "base/text.hpp"
#include "net/endpoint.hpp"

namespace tern::net {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr Duration line_interval{1s};  // Between lines that strangers can cause.

// What a peer that does not speak our protocol seems to speak, for the person who reads the log.
std::string_view language_of(std::string_view first_bytes) {
    if (first_bytes.starts_with('\x16')) return "TLS";
    if (first_bytes.starts_with("PROXY ") || first_bytes.starts_with("\r\n\r\n")) return "PROXY protocol";
    for (const auto* method : {"GET ", "POST ", "HEAD ", "PUT ", "OPTIONS ", "PRI "}) {
        if (first_bytes.starts_with(method)) return "HTTP";
    }
    return "unknown";
}

void set_option(int socket, int level, int name, std::int64_t value) {
    const int number = static_cast<int>(std::clamp<std::int64_t>(value, 1, std::numeric_limits<int>::max()));
    ::setsockopt(socket, level, name, &number,
                 sizeof number);  // Without it, the connection works all the same.
}

template <class Unit>
std::int64_t count_of(Duration time) {
    return std::chrono::duration_cast<Unit>(time).count();
}

// No waiting for more to send; and a peer that is gone without a word is noticed, whether we send or are
// silent.
void set_options(int socket, const TransportLimits& limits) {
    set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT,
               count_of<std::chrono::milliseconds>(limits.unsent_time_max));
    set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, count_of<std::chrono::seconds>(limits.keep_alive_after));
    set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

}  // namespace

Session::Session(Ref<Sessions> sessions, remoting::Receiver receiver, std::uint64_t id)
    : Connection{id},
      sessions_{std::move(sessions)},
      receiver_{std::move(receiver)},
      is_stream_{!receiver_.is_for_commands()},
      held_bytes_max_{sessions_->limits.buffered_bytes_max * (is_stream_ ? 2 : 1)},
      socket_{sessions_->loop.context()} {}

// --- Beginning.

void Session::accepted(Tcp::socket socket) {
    socket_ = std::move(socket);
    connected();
}

void Session::connect(const std::string& address) {
    address_ = address;
    connect_timer_ = sessions_->loop.after(sessions_->limits.connect_time_max, [self = Ref<Session>{this}] {
        self->close("connect to " + self->address_ + ": no answer in time");
    });
    if (const auto host = model::Host::parse(address)) return connect_to(std::array{endpoint_of(*host)});

    const auto colon = address.rfind(':');
    const auto port =
        colon == std::string::npos ? std::nullopt : parse_number<std::uint16_t>(address.substr(colon + 1));
    if (!port) return close("connect to " + address + ": no host and port");
    auto resolver = std::make_shared<Tcp::resolver>(sessions_->loop.context());
    resolver->async_resolve(
        address.substr(0, colon), std::to_string(*port),
        [self = Ref<Session>{this}, resolver](const error_code& failed, const auto& found) {
            if (!self->is_open()) return;
            if (failed) return self->close("resolve " + self->address_ + ": " + failed.message());
            self->connect_to(found);
        });
}

template <class Endpoints>
void Session::connect_to(const Endpoints& endpoints) {
    asio::async_connect(socket_, endpoints,
                        [self = Ref<Session>{this}](const error_code& failed, const auto&) {
                            if (!self->is_open()) return;
                            if (failed)
                                return self->close("connect to " + self->address_ + ": " + failed.message());
                            self->connected();
                        });
}

void Session::connected() {
    sessions_->loop.cancel(connect_timer_);
    error_code failed;
    const auto peer = socket_.remote_endpoint(failed);
    const auto local = failed ? Tcp::endpoint{} : socket_.local_endpoint(failed);
    if (!failed) socket_.non_blocking(true, failed);
    if (failed) return close(failed.message());  // It is gone already.
    peer_ = host_of(peer);
    local_ = host_of(local);
    set_options(socket_.native_handle(), sessions_->limits);
    received_at_ = sent_at_ = sessions_->loop.now();
    const auto& tls = sessions_->tls_of(receiver_);
    const bool is_dialled = !address_.empty();
    if (is_dialled && tls.client) return secure(tls.client, TlsChannel::Role::dials);
    state_ = is_dialled || tls.accepts == TlsMode::disabled ? State::open : State::undecided;
    opened();
}

void Session::opened() {
    receiver_.opened(Ref<Connection>{this});
    flush();
    read();
}

// --- Input.

void Session::read() {
    if (state_ != State::open) [[unlikely]]
        return read_off_the_fast_path();
    if (is_reading_ || must_not_read()) return;
    is_reading_ = true;
    char* const room = input_.prepare(read_size_);
    const auto size = std::min(input_.room(), read_size_max);
    socket_.async_read_some(asio::buffer(room, size),
                            [self = Ref<Session>{this}, size](const error_code& failed, std::size_t count) {
                                self->is_reading_ = false;
                                if (!self->is_open()) return;
                                if (failed == asio::error::operation_aborted) return self->rest();
                                if (failed == asio::error::eof) return self->close("closed by the peer");
                                if (failed) return self->close("read: " + failed.message());
                                if (count == size)
                                    self->read_size_ = std::min(self->read_size_ * 4, read_size_max);
                                self->take_read(count);
                            });
}

void Session::rest() {
    sessions_->probe.rested();
    input_.shrink(0);
    output_.shrink(0);
    read_size_ = read_size_min;
    is_reading_ = true;
    socket_.async_wait(Tcp::socket::wait_read, [self = Ref<Session>{this}](const error_code& failed) {
        self->is_reading_ = false;
        if (!self->is_open()) return;
        if (failed) return self->close("read: " + failed.message());
        self->read();
    });
}

void Session::take_read(std::size_t count) {
    input_.commit(count);
    received_at_ = sessions_->loop.now();
    if (input_.size() > buffer_kept_bytes) large_input_at_ = received_at_;
    sessions_->probe.bytes_read(count);
    take_input();
}

void Session::take_input() {
    const Ref<Connection> self{this};
    Error failed{};
    while (!must_not_read()) {
        const auto taken = receiver_.take(self, input_.view(), sessions_->decoder, failed);
        if (!taken) return reject(failed);
        if (*taken == 0) {
            if (!input_.empty() && !frame_began_at_) frame_began_at_ = received_at_;
            break;
        }
        frame_began_at_.reset();
        if (receiver_.is_for_commands()) sessions_->probe.command_received();
        if (!is_open()) return;
        input_.consume(*taken);
    }
    if (input_.empty() && received_at_ - large_input_at_ > 1s) input_.shrink(buffer_kept_bytes);
    count_buffered();
    read();
}

void Session::reject(const Error& error) {
    if (!is_open()) return;
    sessions_->probe.frame_rejected();
    // Who reads a stream has words of its own.
    const auto unsaid = receiver_.is_for_commands()
                            ? sessions_->rejected_frames.due(sessions_->loop.now(), line_interval)
                            : std::nullopt;
    if (unsaid)
        sessions_->log.warning("frame_rejected", {{"peer", peer_.text()},
                                                  {"seems_to_speak", language_of(input_.view())},
                                                  {"unsaid", *unsaid},
                                                  {"why", error.detail}});
    close(error.detail);
}

// A peer that does not take its answers, or all of them together, must wait with further questions.
bool Session::must_not_read() {
    const auto limit =
        is_paused_ ? sessions_->limits.unsent_pause_bytes / 2 : sessions_->limits.unsent_pause_bytes;
    const bool is_to_pause = output_.size() > limit;
    if (is_to_pause && !is_paused_) sessions_->probe.reading_paused();
    is_paused_ = is_to_pause;
    if (is_paused_) return true;
    const auto held = sessions_->probe.buffered_bytes();
    if (held <= held_bytes_max_) [[likely]]
        return false;
    return held > 2 * held_bytes_max_ || counted_bytes_ > sessions_->limits.buffered_share_bytes;
}

// --- Output.

Buffer& Session::output() {
    if (state_ == State::closed) output_.clear();
    if (state_ != State::closed && !std::exchange(is_flush_due_, true)) sessions_->flush_later(*this);
    return output_;
}

void Session::flush() {
    is_flush_due_ = false;
    while (state_ == State::open && !is_waiting_for_room_ && !output_.empty()) {
        if (!send_some(output_)) return;
    }
    if (state_ != State::open) [[unlikely]] {
        if (state_ == State::secured) flush_sealed();
        if (state_ == State::closed) return;
    }
    if (output_.size() > sessions_->limits.unsent_close_bytes)
        return close_by_limit("unsent: " + std::to_string(output_.size()) + " bytes");
    count_buffered();
    if (is_paused_ && !is_reading_ && !must_not_read()) take_input();
}

bool Session::send_some(Buffer& bytes) {
    error_code failed;
    const auto count = socket_.send(asio::buffer(bytes.data(), bytes.size()), 0, failed);
    if (failed == asio::error::would_block) {
        wait_for_room();
    } else if (failed) {
        close("write: " + failed.message());
        return false;
    } else {
        bytes.consume(count);
        sent_at_ = sessions_->loop.now();
        sessions_->probe.bytes_written(count);
    }
    return true;
}

void Session::wait_for_room() {
    is_waiting_for_room_ = true;
    sent_at_ = sessions_->loop.now();
    socket_.async_wait(Tcp::socket::wait_write, [self = Ref<Session>{this}](const error_code& failed) {
        self->is_waiting_for_room_ = false;
        if (!self->is_open()) return;
        if (failed) return self->close("write: " + failed.message());
        self->flush();
    });
}

// --- Limits and the end.

void Session::look_over(Instant now) {
    if (state_ == State::connecting || state_ == State::closed) return;
    const auto& limits = sessions_->limits;
    if (handshake_began_at_ && now - *handshake_began_at_ > limits.tls_handshake_time_max)
        return tls_failed({Errc::deadline_exceeded, "TLS: no handshake in time"});
    if (frame_began_at_ && is_paused_) frame_began_at_ = now;  // It is we who do not read.
    if (frame_began_at_ && now - *frame_began_at_ > limits.frame_time_max)
        return close_by_limit("incomplete frame");
    if (is_waiting_for_room_ && now - sent_at_ > limits.unsent_time_max)
        return close_by_limit("takes no answer");
    const Duration idle_time_max = address_.empty() ? limits.idle_time_max : limits.dialled_idle_time_max;
    if (now - std::max(received_at_, sent_at_) > idle_time_max) return close_by_limit("idle");
    if (output_.empty() && now - sent_at_ > 1s) output_.shrink(buffer_kept_bytes);
    const bool is_silent =
        input_.empty() && output_.empty() && now - std::max(received_at_, sent_at_) > limits.rest_after;
    if (is_silent && state_ == State::secured) input_.shrink(0), output_.shrink(0);
    // Whoever reads has to let go of the storage first.
    if (is_silent && state_ == State::open && is_reading_ && input_.capacity() > 0) {
        error_code ignored;
        socket_.cancel(ignored);
    }
    if (!is_reading_ && !must_not_read()) take_input();
}

std::optional<Instant> Session::stuck_since() const {
    if (!is_open() || counted_bytes_ < sessions_->limits.buffered_share_bytes) return std::nullopt;
    if (is_waiting_for_room_) return frame_began_at_ ? std::min(sent_at_, *frame_began_at_) : sent_at_;
    return frame_began_at_;
}

void Session::crowd_out() {
    close_by_us("holds " + std::to_string(counted_bytes_) + " bytes while all hold too many");
}

void Session::close_by_limit(std::string_view why) {
    sessions_->probe.deadline_passed();
    close_by_us(why);
}

void Session::close_by_us(std::string_view why) {
    if (const auto unsaid = sessions_->closed_by_limits.due(sessions_->loop.now(), line_interval))
        sessions_->log.info("connection_closed_by_us",
                            {{"peer", peer_.text()}, {"unsaid", *unsaid}, {"why", why}});
    close(why);
}

// The input stays: the handler that closes may be looking at a command in it.
void Session::close(std::string_view why) {
    if (sessions_->is_shut_down()) receiver_ = {};  // Which may refer to us.
    if (state_ == State::closed) return;
    if (state_ == State::secured) say_goodbye();
    state_ = State::closed;
    closed_because_ = why;
    sessions_->loop.cancel(connect_timer_);
    error_code ignored;
    socket_.close(ignored);
    output_.clear();
    sessions_->probe.buffered(-static_cast<std::int64_t>(std::exchange(counted_bytes_, 0)));
    if (sessions_->is_shut_down()) return;
    sessions_->loop.post([self = Ref<Session>{this}] {
        if (self->sessions_->is_shut_down()) return;
        std::exchange(self->receiver_, {}).closed(self, self->closed_because_);
        self->sessions_->remove(*self);
        self->input_ = {};  // Whoever still refers to it needs no more than its name.
        self->output_ = {};
        self->tls_.reset();
    });
}

void Session::count_buffered() {
    const auto bytes = input_.size() + output_.size();
    sessions_->probe.buffered(static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(counted_bytes_));
    counted_bytes_ = bytes;
}

}  // namespace tern::net
