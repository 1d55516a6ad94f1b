// A broker: its parts, how requests reach them, and how it starts and stops. Everything of the world comes in
// through the constructor, so the same broker runs in the server and in the simulation.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/runtime.hpp"
#include "broker/broker_config.hpp"
#include "io/file_system.hpp"
#include "remoting/transport.hpp"

namespace tern::metrics {
class Registry;
}
namespace tern::replication {
class Group;
}
namespace tern::store {
class MessageStore;
}

namespace tern::broker {

class Forwarder;

// What ends a broker from inside.
struct BrokerOwner {
    virtual ~BrokerOwner() = default;
    // The store can acknowledge nothing more. The process is to end, with these words.
    virtual void on_broker_failed(const Error& why) = 0;
};

// Of one loop. What is referred to outlives it.
class Broker {
public:
    Broker(BrokerConfig config, Runtime runtime, io::FileSystem& files, remoting::Transport& transport,
           BrokerOwner& owner, std::string boot_id);
    ~Broker();

    // Opens the store, recovers, begins a new epoch, listens (the main port and the fast channel two below),
    // registers. Waits for the disk; on failure nothing is left open.
    Result<> start();
    // Hands the leadership over, says goodbye to the NameServers, goes on for drainOnStopMs, takes no more
    // requests, answers what is under way, makes everything durable; then stopped runs. After it the object
    // may die.
    void stop(InplaceFunction<void(Result<>), 64> stopped);
    // Ends what drainOnStopMs makes stop() wait for, or will.
    void stop_draining();

    // What the settings became: names and addresses filled in.
    const BrokerConfig& config() const;
    std::string address() const;  // As registered.

    // For what else the process counts; of the loop, as the broker's own numbers are.
    metrics::Registry& metrics();

    // For oracles of tests, which look on; nothing before start() has made it.
    struct Inside {
        const replication::Group& group;
        const store::MessageStore& store;
        const Forwarder& forwarder;
    };
    std::optional<Inside> inside() const;

private:
    struct Parts;
    class Door;
    std::unique_ptr<Parts> parts_;
};

}  // namespace tern::broker
