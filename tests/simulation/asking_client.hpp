// A client of a test: asks one broker at a time, and keeps the answer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/broker_scenario.hpp"
#include "simulation/servers.hpp"

namespace tern::simulation {

// One connection from a machine of its own.
class AskingClient final : public remoting::ConnectionHandler {
public:
    AskingClient(SimulatedTime& time, SimulatedNetwork& network)
        : process_{time, "client", 3, log_}, transport_{network.attach(process_, "10.0.2.1")} {}
    ~AskingClient() override {
        process_.kill();
        transport_->leave();
    }

    void asks(const std::string& address, remoting::RequestCode code, const auto& header,
              std::string_view body = {}) {
        answer.reset();
        is_refused = false;
        connection_ = transport_->connect(address, *this);
        remoting::FrameWriter frame{connection_->output(),
                                    remoting::HeaderEncoding::json,
                                    {.code = static_cast<std::int32_t>(code), .opaque = 1}};
        remoting::encode_fields(frame, header);
        frame.finish(body);
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
    SilentLog log_;
    SimulatedProcess process_;
    std::unique_ptr<SimulatedTransport> transport_;
    Ref<remoting::Connection> connection_;
};

}  // namespace tern::simulation
