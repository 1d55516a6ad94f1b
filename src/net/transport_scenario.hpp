// The words of the transport's tests: peers that keep what they are told, a client that knows bytes only, and
// a transport that serves on loopback.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/endpoint.hpp"
#include "net/tcp_transport.hpp"
#include "remoting/command.hpp"

namespace tern::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using remoting::Command;
using remoting::Connection;

inline std::string frame(std::int32_t opaque, std::string_view body, std::int32_t flag = 0) {
    Buffer out;
    remoting::FrameWriter{out, remoting::HeaderEncoding::json, {.code = 10, .opaque = opaque, .flag = flag}}
        .finish(body);
    return std::string{out.view()};
}

// The bodies of all frames in a stream.
inline std::vector<std::string> bodies(std::string_view stream) {
    std::vector<std::string> found;
    while (true) {
        const auto cut = remoting::cut_frame(stream);
        if (!cut || !*cut) break;
        found.emplace_back((*cut)->body);
        stream.remove_prefix((*cut)->size);
    }
    return found;
}

// Keeps what it is told; answers each request with what answer() gives, once for each time.
class Peer final : public remoting::ConnectionHandler {
public:
    void on_opened(const Ref<Connection>& connection) override { opened.push_back(connection); }
    void on_command(const Ref<Connection>& connection, const Command& command) override {
        received.emplace_back(command.body);
        if (!command.is_response() && answer) {
            remoting::FrameWriter out{connection->output(),
                                      command.encoding,
                                      {.opaque = command.opaque, .flag = remoting::flag_response}};
            out.finish(answer(command.body));
        }
        if (closes_at == received.size()) connection->close("enough");
    }
    void on_closed(const Ref<Connection>& connection, std::string_view why) override {
        closed.push_back(connection);
        closed_because.emplace_back(why);
    }

    std::function<std::string(std::string_view)> answer;
    std::size_t closes_at{0};
    std::vector<std::string> received;
    std::vector<Ref<Connection>> opened;
    std::vector<Ref<Connection>> closed;
    std::vector<std::string> closed_because;
};

// A client that knows bytes only, on the same loop. It reads when it is told to.
class RawClient {
public:
    RawClient(Loop& loop, const model::Host& server) : socket_{loop.context()} {
        socket_.connect(endpoint_of(server));
    }
    void send(std::string_view bytes) { asio::write(socket_, asio::buffer(bytes)); }
    // In the background, for what is too much to send at once.
    void send_later(std::string bytes) {
        sending_ = std::move(bytes);
        asio::async_write(socket_, asio::buffer(sending_), [](const error_code&, std::size_t) {});
    }
    void read() {
        socket_.async_read_some(asio::buffer(buffer_), [this](const error_code& failed, std::size_t count) {
            if (failed == asio::error::operation_aborted) return;  // It is gone.
            is_closed = static_cast<bool>(failed);
            received.append(buffer_.data(), count);
            if (!is_closed) read();
        });
    }
    void close() { socket_.close(); }

    std::string received;
    bool is_closed{false};

private:
    tcp::socket socket_;
    std::array<char, 65'536> buffer_{};
    std::string sending_;
};

class KeepingLog final : public Log {
public:
    void write(LogLevel, std::string_view event, Fields fields) override {
        std::string line{event};
        for (const auto& field : fields) line.append(" ").append(field.name).append("=").append(field.value);
        lines.push_back(std::move(line));
    }
    std::vector<std::string> lines;
};

class ATcpTransport : public testing::Test {
protected:
    void SetUp() override {
        server_.answer = [](std::string_view body) { return std::string{body}; };
    }
    // Clients live shorter than the loop, and the listener shorter than the transport.
    void serve(const TransportLimits& limits = {}, const char* address = "127.0.0.1:0") {
        transport_.emplace(loop_, log_, limits);
        auto listener = transport_->listen(*model::Host::parse(address), server_);
        ASSERT_TRUE(listener) << listener.error().detail;
        listener_ = std::move(*listener);
    }
    model::Host address() { return listener_->address(); }
    Ref<Connection> connect() { return transport_->connect(address().text(), client_); }
    static void send(const Ref<Connection>& connection, std::string_view body, std::int32_t opaque = 1) {
        connection->output().append(frame(opaque, body));
    }
    template <class Condition>
    void run_until(Condition condition) {
        while (!condition()) loop_.run_one();
    }
    // Everything that is queued now, and what it causes at once.
    void run_turns() {
        bool is_over = false;
        loop_.after(5ms, [&] { is_over = true; });
        run_until([&] { return is_over; });
    }

    Loop loop_;
    KeepingLog log_;
    Peer server_;
    Peer client_;
    std::optional<TcpTransport> transport_;
    std::unique_ptr<remoting::Listener> listener_;
};

}  // namespace tern::net
