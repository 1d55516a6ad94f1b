// Requests to servers by their addresses: one connection to each, made when it is first needed, kept, and
// made anew after it broke.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/inplace_function.hpp"
#include "base/ref.hpp"
#include "base/result.hpp"
#include "base/runtime.hpp"
#include "base/string_map.hpp"
#include "remoting/caller.hpp"
#include "remoting/router.hpp"
#include "remoting/transport.hpp"

namespace tern::client {

// Of one loop. Connections call back into it until they are closed: its owner calls close() and runs the loop
// until is_closed(), unless the transport goes first.
class Rpc final : private remoting::ConnectionHandler {
public:
    // The answer, whatever its code, valid during the call only; or Errc::deadline_exceeded or
    // Errc::connection_closed with the address and what happened. Never called from within call().
    using Done = InplaceFunction<void(Result<remoting::Command>), 64>;

    Rpc(remoting::Transport& transport, Timers& timers) : transport_{transport}, caller_{timers} {}
    Rpc(const Rpc&) = delete;
    Rpc& operator=(const Rpc&) = delete;

    // address is "host:port". The time-out covers making the connection.
    template <HasFields Header>
    void call(std::string_view address, const Header& header, std::string_view body, Duration timeout,
              Done done) {
        const auto peer = reach(address);
        caller_.call(peer->connection, header, body, timeout, expect(peer, std::move(done)));
    }
    // write_fields(FrameWriter&) writes the header's fields.
    template <class WriteFields>
        requires std::invocable<WriteFields, remoting::FrameWriter&>
    void call(std::string_view address, remoting::RequestCode code, WriteFields&& write_fields,
              std::string_view body, Duration timeout, Done done) {
        const auto peer = reach(address);
        caller_.call(peer->connection, code, write_fields, body, timeout, expect(peer, std::move(done)));
    }
    // A request without fields.
    void call(std::string_view address, remoting::RequestCode code, std::string_view body, Duration timeout,
              Done done) {
        call(address, code, [](remoting::FrameWriter&) {}, body, timeout, std::move(done));
    }
    template <HasFields Header>
    void send_oneway(std::string_view address, const Header& header, std::string_view body = {}) {
        caller_.send_oneway(reach(address)->connection, header, body);
    }

    // What servers ask of us.
    remoting::Router& requests() { return requests_; }
    // Called for every connection that is begun: what it sends to the address leaves before everything else.
    using Greeting = InplaceFunction<void(const std::string& address), 16>;
    void greet_with(Greeting greeting) { greeting_ = std::move(greeting); }

    // Ends every connection and every wait.
    void close();
    bool is_closed() const { return peers_.empty(); }

private:
    // A connection on its way through its life: waits refer to it to say afterwards whom they waited for, and
    // why in vain.
    struct Peer final : Counted {
        explicit Peer(std::string_view to) : address{to} {}
        std::string address;
        Ref<remoting::Connection> connection;
        std::string closed_because;
    };

    void on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) override;
    void on_closed(const Ref<remoting::Connection>& connection, std::string_view why) override;

    Ref<Peer> reach(std::string_view address);
    static remoting::Caller::Done expect(const Ref<Peer>& peer, Done done);

    remoting::Transport& transport_;
    remoting::Caller caller_;
    remoting::Router requests_;
    Greeting greeting_;
    StringMap<Ref<Peer>> by_address_;
    std::unordered_map<std::uint64_t, Ref<Peer>>
        peers_;  // By their connections' ids, until their ends were told.
};

}  // namespace tern::client
