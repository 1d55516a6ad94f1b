// The servers under test, each on its machine: started, stopped, killed and started again from the same disk.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/broker.hpp"
#include "nameserver/name_server.hpp"
#include "simulation/machine.hpp"

namespace tern::simulation {

class BrokerHost;

class NameServerHost {
public:
    NameServerHost(const Surroundings& surroundings, std::string name, std::string address,
                   std::uint64_t seed)
        : machine_{surroundings, std::move(name), std::move(address), seed} {}
    ~NameServerHost() { kill(); }

    Result<> start();
    void kill();
    bool is_up() const { return server_ != nullptr; }
    bool has_registration_of(const BrokerHost& broker) const;
    Machine& machine() { return machine_; }
    std::string text() const { return machine_.address() + ":9876"; }

private:
    Machine machine_;
    std::unique_ptr<nameserver::NameServer> server_;
    std::unique_ptr<remoting::Listener> listener_;
};

class BrokerHost final : public broker::BrokerOwner {
public:
    // failed is told when the broker has ended itself, with its words; it is gone then.
    BrokerHost(const Surroundings& surroundings, std::string name, broker::BrokerConfig config,
               std::uint64_t seed, std::function<void(const Error&)> failed);
    ~BrokerHost() override { kill(); }

    // From the next start on.
    void configure(broker::BrokerConfig config) { config_ = std::move(config); }
    // May throw ProcessDied; then kill() or lose_power() is to follow.
    Result<> start();
    bool is_up() const { return broker_ != nullptr; }
    bool is_starting() const { return starting_; }
    bool is_stopping() const { return stopping_; }
    // How often it was started so far.
    std::uint64_t starts() const { return starts_; }
    // As mqshutdown does it: the broker ends itself when it is ready.
    void stop(std::function<void(Result<>)> stopped);
    void kill();
    io::CrashReport lose_power();

    Machine& machine() { return machine_; }
    const std::string& broker_name() const { return config_.broker_name; }
    std::string text() const { return machine_.address() + ":" + std::to_string(config_.listen_port); }
    // Nothing while it is down.
    std::optional<broker::Broker::Inside> inside() const {
        return broker_ ? broker_->inside() : std::nullopt;
    }

    void on_broker_failed(const Error& why) override;

private:
    void forget_broker();

    Surroundings surroundings_;
    Machine machine_;
    broker::BrokerConfig config_;
    std::function<void(const Error&)> failed_;
    std::function<void(Result<>)> stopped_;
    std::unique_ptr<broker::Broker> broker_;
    bool starting_{false};
    bool stopping_{false};
    std::uint64_t starts_{0};
};

}  // namespace tern::simulation
