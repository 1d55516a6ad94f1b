// What tests on a few simulated brokers have in common: how they are configured, a client that asks one of
// them at a time and keeps the answer, and waiting.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/broker_scenario.hpp"
#include "simulation/servers.hpp"

namespace tern::simulation {

inline std::string broker_address(std::size_t index) {
    return "10.0.1." + std::to_string(index + 1);
}

// For a store of small files.
inline void configure_small_broker(broker::BrokerConfig& config, std::size_t index) {
    config.broker_name = "broker-a";
    config.broker_ip1 = broker_address(index);
    config.rocketmq_home = "/home";
    config.store_root = store_root;
    config.segment_size = 64 * 1024;
    config.index_slots = 100;
    config.index_entries = 400;
}

template <class Condition>
bool step_until(SimulatedTime& time, Condition condition, Duration at_most) {
    const Instant deadline = time.now() + at_most;
    bool holds = condition();
    while (!holds && time.step(deadline)) holds = condition();
    return holds;
}

// One connection from a machine of its own.
class AskingClient final : public remoting::ConnectionHandler {
public:
    AskingClient(SimulatedTime& time, SimulatedNetwork& network, const std::string& address = "10.0.2.1")
        : time_{time}, process_{time, "client", 3, log_}, transport_{network.attach(process_, address)} {}
    ~AskingClient() override {
        process_.kill();
        transport_->leave();
    }

    void asks(const std::string& address, remoting::RequestCode code, const auto& header,
              std::string_view body = {}) {
        answer.reset();
        is_refused = false;
        writes(address, {.code = static_cast<std::int32_t>(code), .opaque = 1}, header, body);
    }
    // With a header as somebody else writes it.
    void asks_in_words(const std::string& address, std::string_view header) {
        answer.reset();
        is_refused = false;
        connection_ = transport_->connect(address, *this);
        auto& output = connection_->output();
        output.append_be<std::uint32_t>(static_cast<std::uint32_t>(4 + header.size()));
        output.append_be<std::uint32_t>(static_cast<std::uint32_t>(header.size()));
        output.append(header);
    }
    // One-way.
    void tells(const std::string& address, remoting::RequestCode code, const auto& header,
               std::string_view body = {}) {
        writes(address, {.code = static_cast<std::int32_t>(code), .flag = remoting::flag_oneway}, header,
               body);
    }
    void sends(const std::string& address, std::string_view body) {
        remoting::SendMessageRequest request;
        request.producer_group = "producers";
        request.topic = "TopicA";
        request.default_topic = "TBW102";
        request.default_topic_queue_nums = 4;
        request.born_timestamp = time_.wall_ms();
        asks(address, remoting::RequestCode::send_message, request, body);
    }
    void on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) override {
        if (connection != connection_) return;
        answer = broker::Answer{static_cast<remoting::ResponseCode>(command.code),
                                std::string{command.remark},
                                {},
                                std::string{command.body}};
        const auto fields = command.fields.entries();
        for (const auto& field : *fields) answer->fields.emplace(field.name, field.value);
    }
    void on_closed(const Ref<remoting::Connection>& connection, std::string_view) override {
        is_refused |= connection == connection_;
    }

    std::optional<broker::Answer> answer;
    bool is_refused{false};  // The connection was closed before there was one.

private:
    void writes(const std::string& address, const remoting::Preamble& preamble, const auto& header,
                std::string_view body) {
        connection_ = transport_->connect(address, *this);
        remoting::FrameWriter frame{connection_->output(), remoting::HeaderEncoding::json, preamble};
        remoting::encode_fields(frame, header);
        frame.finish(body);
    }

    SimulatedTime& time_;
    SilentLog log_;
    SimulatedProcess process_;
    std::unique_ptr<SimulatedTransport> transport_;
    Ref<remoting::Connection> connection_;
};

}  // namespace tern::simulation
