// A client process with one part to play, started, stopped and killed as a whole.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulation/machine.hpp"
#include "simulation/producer.hpp"
#include "simulation/push_consumer.hpp"
#include "simulation/reader.hpp"

namespace tern::simulation {

class ClientHost {
public:
    ClientHost(const Surroundings& surroundings, std::string id, std::string address,
               const std::vector<std::string>& name_servers, std::uint64_t seed)
        : log_{surroundings.trace, id},
          process_{surroundings.time, id, seed, log_},
          transport_{surroundings.network.attach(process_, address)},
          client_{process_.runtime(), *transport_, id, name_servers} {}
    ~ClientHost() { kill(); }

    void kill() {
        process_.kill();
        transport_->leave();
        consumer_.reset();
    }
    bool is_alive() const { return process_.is_alive(); }
    const std::string& address() const { return transport_->address(); }
    Client& client() { return client_; }

    // The part: one of these.
    std::optional<Producer>& producer() { return producer_; }
    std::optional<PushConsumer>& consumer() { return consumer_; }
    std::optional<PullConsumer>& follower() { return follower_; }
    std::optional<EndAsker>& asker() { return asker_; }

private:
    ProcessLog log_;
    SimulatedProcess process_;
    std::unique_ptr<SimulatedTransport> transport_;
    Client client_;
    std::optional<Producer> producer_;
    std::optional<PushConsumer> consumer_;
    std::optional<PullConsumer> follower_;
    std::optional<EndAsker> asker_;
};

}  // namespace tern::simulation
