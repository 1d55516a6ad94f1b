// A network for a whole cluster on one thread: machines with addresses, connections as pairs of byte streams,
// and all that goes wrong between them. Each process sees it as its remoting::Transport.
//
// What it does as real ones do: bytes of one direction arrive in order, late, and cut anywhere; nobody
// listening is a refusal; a process that dies closes its connections, a machine that loses power does not; a
// partition keeps bytes back without a word, and lets them through when it heals; who writes faster than the
// other side reads is left with unsent bytes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "remoting/transport.hpp"
#include "simulation/simulated_connection.hpp"
#include "simulation/simulated_time.hpp"

namespace tern::simulation {

struct NetworkConditions {
    Duration latency_min{50us};
    Duration latency_max{500us};
    std::uint32_t late_one_in{0};  // Packets that take late_max at most instead, one in so many; 0 for none.
    Duration late_max{0};
    std::size_t pieces_max{3};       // What leaves together arrives in up to so many pieces, cut anywhere.
    std::size_t window{256 * 1024};  // Bytes that the systems of both sides take before the reader has read.
    Duration connect_timeout{3s};
};

// Owned and used by the thread of the time. Outlives its transports; connections may outlive it only as
// closed objects.
class SimulatedNetwork {
public:
    SimulatedNetwork(SimulatedTime& time, std::uint64_t seed, NetworkConditions conditions)
        : time_{time}, random_{seed}, conditions_{conditions} {}
    ~SimulatedNetwork();
    SimulatedNetwork(const SimulatedNetwork&) = delete;
    SimulatedNetwork& operator=(const SimulatedNetwork&) = delete;

    // The network as that process sees it from a machine with that IPv4 address.
    std::unique_ptr<SimulatedTransport> attach(SimulatedProcess& process, const std::string& address);
    void set_conditions(const NetworkConditions& conditions) { conditions_ = conditions; }
    // connect() finds the address under that name, too.
    void name_host(const std::string& name, const std::string& address) { names_[name] = address; }

    // Between the two machines nothing gets through until heal(), and what was kept back only some time
    // after; connections see silence, no end.
    void partition(const std::string& one, const std::string& other);
    void heal(const std::string& one, const std::string& other);
    // The same for what goes from one to the other alone. No new connection can be made then.
    void cut(const std::string& from, const std::string& to) { blocked_.emplace(from, to); }
    void mend(const std::string& from, const std::string& to);
    // What goes to that machine or comes from it takes so much longer; zero for none.
    void slow_down(const std::string& address, Duration delay);
    void heal_all();
    // Ends connections of that machine with what was under way on them, one in so many of them.
    void reset_connections(const std::string& address, std::uint64_t one_in);
    // Everything on the machine is gone without a word. Peers notice when they send and the power is back.
    void power_off(const std::string& address);
    void power_on(const std::string& address) { without_power_.erase(address); }

    std::size_t connection_count() const { return connections_.size(); }

private:
    friend class SimulatedConnection;
    friend class SimulatedTransport;
    friend class SimulatedListener;
    using ConnectionId = std::uint64_t;

    SimulatedConnection* find(ConnectionId id);
    SimulatedTransport* listening_at(const std::string& address, std::uint16_t port);
    Duration latency();
    bool is_blocked(const std::string& from, const std::string& to) const;
    Duration delay_between(const std::string& one, const std::string& other) const;
    bool is_without_power(const std::string& address) const { return without_power_.contains(address); }

    void knock(ConnectionId client, std::string address, std::uint16_t port);
    void transmit(SimulatedConnection& from, SimulatedConnection& to);
    void knock_at_dead_end(ConnectionId from);
    void resume_streams();
    void reset(SimulatedConnection& connection);

    SimulatedTime& time_;
    SeededRandom random_;
    NetworkConditions conditions_;
    std::map<std::string, std::string> names_;
    std::set<std::pair<std::string, std::string>> blocked_;  // From whom to whom.
    std::map<std::string, Duration> delays_;
    std::set<std::string> without_power_;
    std::vector<SimulatedTransport*> transports_;
    std::map<ConnectionId, Ref<SimulatedConnection>> connections_;  // Until their ends were told.
    ConnectionId last_id_{0};
};

// One process's part of the network. It goes when the process dies: leave() is what the kernel does then.
class SimulatedTransport final : public remoting::Transport {
public:
    SimulatedTransport(SimulatedNetwork& network, SimulatedProcess& process, std::string address);
    ~SimulatedTransport() override;

    Result<std::unique_ptr<remoting::Listener>> listen(const model::Host& address,
                                                       remoting::ConnectionHandler& handler) override;
    Ref<remoting::Connection> connect(const std::string& address,
                                      remoting::ConnectionHandler& handler) override;
    Result<std::unique_ptr<remoting::Listener>> listen_stream(const model::Host& address,
                                                              Ref<remoting::StreamHandler> handler) override;
    Ref<remoting::Connection> connect_stream(const std::string& address,
                                             Ref<remoting::StreamHandler> handler) override;

    const std::string& address() const { return address_; }
    SimulatedProcess& process() const { return process_; }
    // Closes every connection and listener; no handler hears of it any more.
    void leave();

private:
    friend class SimulatedNetwork;
    friend class SimulatedConnection;
    friend class SimulatedListener;

    Result<std::unique_ptr<remoting::Listener>> listen_for(const model::Host& address,
                                                           remoting::Receiver receiver);
    Ref<remoting::Connection> connect_for(const std::string& address, remoting::Receiver receiver);
    model::Host next_local_host();
    void send_at_end_of_turn(SimulatedConnection& connection);

    SimulatedNetwork& network_;
    SimulatedProcess& process_;
    std::string address_;
    std::map<std::uint16_t, remoting::Receiver> listeners_;  // For nobody once it takes no more connections.
    std::vector<Ref<SimulatedConnection>> with_output_;
    std::uint16_t last_port_{40'000};
};

}  // namespace tern::simulation
