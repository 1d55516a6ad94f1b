// Accepts connections for a transport. For the sources of this library only.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "net/sessions.hpp"

namespace tern::net {

class Acceptor final : public Counted {
public:
    Acceptor(Ref<Sessions> sessions, remoting::Receiver receiver);

    Result<> open(const model::Host& address);
    void close();
    const model::Host& address() const { return address_; }
    bool is_inherited() const { return is_inherited_; }

private:
    bool open_inherited(const model::Host& address);
    void accept();
    void take(boost::asio::ip::tcp::socket socket);
    void pause(std::string_view why);

    Ref<Sessions> sessions_;
    remoting::Receiver receiver_;
    boost::asio::ip::tcp::acceptor acceptor_;
    model::Host address_;
    TimerId pause_timer_{0};
    bool is_refusing_{false};
    bool is_inherited_{false};
};

class TcpListener final : public remoting::Listener {
public:
    explicit TcpListener(Ref<Acceptor> acceptor) : acceptor_{std::move(acceptor)} {}
    ~TcpListener() override { acceptor_->close(); }
    model::Host address() const override { return acceptor_->address(); }
    bool outlives_process() const override { return acceptor_->is_inherited(); }

private:
    Ref<Acceptor> acceptor_;
};

}  // namespace tern::net
