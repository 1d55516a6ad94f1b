// Brokers come, stay and go: requests 103, 104, 322 and 904, closed connections, and silence.
#pragma once

#include <optional>
#include <string_view>

#include "base/runtime.hpp"
#include "nameserver/broker_liveness.hpp"
#include "nameserver/config.hpp"
#include "nameserver/kv_config.hpp"
#include "nameserver/route_table.hpp"
#include "remoting/header/route.hpp"
#include "remoting/router.hpp"

namespace tern::nameserver {

// All it is given outlives it. Owned by the NameServer's loop.
class RegistrationService {
public:
    RegistrationService(const NameServerConfig& config, RouteTable& table, const KvConfig& kv,
                        const Runtime& runtime);
    ~RegistrationService();
    RegistrationService(const RegistrationService&) = delete;
    RegistrationService& operator=(const RegistrationService&) = delete;

    void register_broker(const remoting::RegisterBrokerRequest& header, remoting::Request& request);
    void unregister_broker(const remoting::UnregisterBrokerRequest& header, remoting::Request& request);
    void query_data_version(const remoting::QueryDataVersionRequest& header, remoting::Request& request);
    void heartbeat(const remoting::BrokerHeartbeatRequest& header, remoting::Request& request);

    // Whoever lived by it is gone.
    void connection_closed(const remoting::Connection& connection);

    // Registrations refused because too much is registered.
    const std::uint64_t& refused_for_room() const { return refused_for_room_; }

private:
    Duration timeout_of(const remoting::RegisterBrokerRequest& header) const;
    void take_out(const BrokerKey& broker, std::string_view why);
    void drop_silent();
    // The next look at who is silent: when the first one's time is over, and once an interval in any case.
    void schedule_next_look();

    const NameServerConfig& config_;
    RouteTable& table_;
    const KvConfig& kv_;
    Runtime runtime_;
    BrokerLiveness liveness_;
    TimerId timer_{0};
    Instant next_look_{};
    std::uint64_t refused_for_room_{0};
};

}  // namespace tern::nameserver
