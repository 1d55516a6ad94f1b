// Replies of the request-reply pattern: pushed to the producer that waits for one, then stored.
// spec/wire-protocol.md 5.3 and 11.
#pragma once

#include "base/runtime.hpp"
#include "broker/broker_config.hpp"
#include "broker/client_registry.hpp"
#include "broker/send_service.hpp"
#include "model/host.hpp"
#include "remoting/caller.hpp"
#include "remoting/header/send.hpp"
#include "remoting/router.hpp"

namespace tern::broker {

// Of one loop; the parts it refers to outlive it.
class ReplyService {
public:
    static constexpr Duration timeout = 10s;  // RocketMQ's.
    // Of replies that requesters have not confirmed yet, in all; beyond it another one is refused (2).
    static constexpr std::size_t pushed_bytes_max = 64 * 1024 * 1024;

    struct Parts {
        const BrokerConfig& config;
        const ClientRegistry& clients;
        remoting::Caller& caller;
        SendService& send;
    };
    ReplyService(Runtime runtime, Parts parts, const model::Host& store_host)
        : runtime_{runtime}, parts_{parts}, store_host_{store_host} {}

    // SEND_REPLY_MESSAGE (324).
    void reply(remoting::Request& request);
    // SEND_REPLY_MESSAGE_V2 (325): the same with short names.
    void reply_v2(remoting::Request& request);
    // Replies for which there was no room.
    const std::uint64_t& refused() const { return refused_; }

private:
    struct Pushed;

    void push(const remoting::SendMessageRequest& header, remoting::Request& request);
    void on_pushed(Pushed& reply, const Result<remoting::Command>& answer);
    void answer_unstored(Pushed& reply) const;

    Runtime runtime_;
    Parts parts_;
    model::Host store_host_;
    std::size_t pushed_bytes_{0};
    std::uint64_t refused_{0};
};

}  // namespace tern::broker
