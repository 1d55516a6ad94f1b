// Which brokers are alive: one lives as long as the connection that registered it, and as long as it is heard
// of within the time it asked for.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ref.hpp"
#include "base/runtime.hpp"
#include "remoting/transport.hpp"

namespace tern::nameserver {

// One member of a broker group, as its own requests name it.
struct BrokerKey {
    std::string cluster;
    std::string broker_name;
    std::string address;
    friend auto operator<=>(const BrokerKey&, const BrokerKey&) = default;
};

// A value: it is told the time, and closes nothing.
class BrokerLiveness {
public:
    // A registration: from now on it is this connection and this time-out that count.
    void registered(const BrokerKey& broker, Ref<remoting::Connection> connection, Duration timeout,
                    Instant now);
    // A light heartbeat; one of a broker that never registered says nothing.
    void heard(const BrokerKey& broker, Instant now);
    void forget(const BrokerKey& broker);

    // Those that live by this connection (a process may hold several); for its end.
    std::vector<BrokerKey> living_by(const remoting::Connection& connection) const;

    struct Silent {
        BrokerKey broker;
        Ref<remoting::Connection> connection;
    };
    // Those whose time is over.
    std::vector<Silent> silent(Instant now) const;
    // When the next one's time will be over, if nothing is heard until then.
    std::optional<Instant> next_due() const;

private:
    struct Life {
        Ref<remoting::Connection> connection;
        Duration timeout{};
        Instant last_heard{};
        Instant due() const { return last_heard + timeout; }
    };
    std::map<BrokerKey, Life> lives_;
};

}  // namespace tern::nameserver
