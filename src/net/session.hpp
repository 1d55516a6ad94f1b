// One TCP connection: hands what arrives to its receiver, and sends what was appended to its output. For the
// sources of this library only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>

#include "net/sessions.hpp"
#include "net/tls_channel.hpp"

namespace tern::net {

class Session final : public remoting::Connection {
public:
    Session(Ref<Sessions> sessions, remoting::Receiver receiver, std::uint64_t id);

    const model::Host& peer() const override { return peer_; }
    const model::Host& local() const override { return local_; }
    bool is_open() const override { return state_ != State::closed; }
    Buffer& output() override;
    std::size_t unsent_bytes() const override { return is_open() ? output_.size() : 0; }
    void close(std::string_view why) override;

    // One of these two begins it.
    void accepted(boost::asio::ip::tcp::socket socket);
    void connect(const std::string& address);

    // Sends what is appended, as far as the system takes it.
    void flush();
    // Closes it if a deadline has passed, and reads on if it had to wait for memory.
    void look_over(Instant now);
    // While it holds its share of what all may hold, and waits for the peer to send or to take the rest.
    std::optional<Instant> stuck_since() const;
    void crowd_out();
    bool is_stream() const { return is_stream_; }
    // Too many handshakes are under way, and this is the oldest.
    void handshake_has_to_yield();

private:
    // Of those that are connected only `open` is on the fast path: plain text, which pays nothing for the
    // others.
    enum class State {
        connecting,
        open,
        undecided,  // Its first byte will tell whether it is TLS.
        secured,    // TLS, from the handshake on.
        closed,
    };
    using Tcp = boost::asio::ip::tcp;

    template <class Endpoints>
    void connect_to(const Endpoints& endpoints);
    void connected();
    void opened();

    void read();
    // Without storage, until something comes.
    void rest();
    void take_read(std::size_t count);
    void take_input();
    void reject(const Error& error);
    bool must_not_read();

    // Of TLS; session_tls.cpp.
    void read_off_the_fast_path();
    void look_at_first_byte();
    void refuse_plain_text();
    void secure(const Ref<TlsContext>& context, TlsChannel::Role role);
    void read_sealed();
    void take_sealed(std::size_t count);
    void handshake_done();
    void tls_failed(const Error& why);
    void flush_sealed();
    void say_goodbye();
    void send_sealed_if_possible();

    // Takes from the front what the system does, and waits for room where it takes none; false: it failed,
    // and the connection is closed.
    bool send_some(Buffer& bytes);
    void wait_for_room();
    void count_buffered();
    void close_by_limit(std::string_view why);
    void close_by_us(std::string_view why);

    Ref<Sessions> sessions_;
    remoting::Receiver receiver_;
    // Of all connections, with which this one is not read from. For a stream it is twice as much: what
    // clients hold must not silence the members of a group to each other.
    const bool is_stream_;
    const std::size_t held_bytes_max_;
    Tcp::socket socket_;
    model::Host peer_;
    model::Host local_;
    std::string address_;  // That was dialled.
    State state_{State::connecting};
    std::string closed_because_;
    TimerId connect_timer_{0};

    Buffer input_;
    std::size_t read_size_{read_size_min};
    bool is_reading_{false};  // Then input_'s storage must stay where it is.
    bool is_paused_{false};
    std::optional<Instant> frame_began_at_;  // While a frame is there in part.
    Instant received_at_{};
    Instant large_input_at_{};  // When the input last needed more than buffer_kept_bytes.

    Buffer output_;
    bool is_flush_due_{false};
    bool is_waiting_for_room_{false};
    Instant sent_at_{};  // When the system last took a byte, or had to be waited for.

    std::size_t counted_bytes_{0};  // Our part of the bytes buffered by all.

    std::unique_ptr<TlsChannel> tls_;            // Of one that is secured.
    std::optional<Instant> handshake_began_at_;  // While it is under way.
};

}  // namespace tern::net
