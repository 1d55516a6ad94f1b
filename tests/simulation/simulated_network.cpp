#include "simulation/simulated_network.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace tern::simulation {
namespace {

constexpr Duration retransmission_interval = 1s;

}  // namespace

class SimulatedListener final : public remoting::Listener {
public:
    SimulatedListener(SimulatedTransport& transport, model::Host address)
        : transport_{transport}, address_{address} {}
    ~SimulatedListener() override { transport_.listeners_.erase(address_.port()); }
    model::Host address() const override { return address_; }

private:
    SimulatedTransport& transport_;
    model::Host address_;
};

SimulatedNetwork::~SimulatedNetwork() {
    while (!connections_.empty()) connections_.begin()->second->abandon();
}

std::unique_ptr<SimulatedTransport> SimulatedNetwork::attach(SimulatedProcess& process,
                                                             const std::string& address) {
    return std::make_unique<SimulatedTransport>(*this, process, address);
}

void SimulatedNetwork::partition(const std::string& one, const std::string& other) {
    cut(one, other);
    cut(other, one);
}

void SimulatedNetwork::heal(const std::string& one, const std::string& other) {
    blocked_.erase({other, one});
    mend(one, other);
}

void SimulatedNetwork::mend(const std::string& from, const std::string& to) {
    blocked_.erase({from, to});
    resume_streams();
}

void SimulatedNetwork::heal_all() {
    blocked_.clear();
    delays_.clear();
    resume_streams();
}

void SimulatedNetwork::slow_down(const std::string& address, Duration delay) {
    delays_.erase(address);
    if (delay > Duration::zero()) delays_.emplace(address, delay);
}

void SimulatedNetwork::reset_connections(const std::string& address, std::uint64_t one_in) {
    for (const auto& [id, connection] : connections_)
        if (connection->is_open() && connection->transport_->address() == address &&
            random_.below(one_in) == 0)
            reset(*connection);
}

void SimulatedNetwork::power_off(const std::string& address) {
    without_power_.insert(address);
    for (auto* transport : transports_)
        if (transport->address() == address) transport->leave();
}

SimulatedConnection* SimulatedNetwork::find(ConnectionId id) {
    const auto found = connections_.find(id);
    return found == connections_.end() || !found->second->is_open() ? nullptr : found->second.get();
}

SimulatedTransport* SimulatedNetwork::listening_at(const std::string& address, std::uint16_t port) {
    const auto found = std::ranges::find_if(transports_, [&](const SimulatedTransport* transport) {
        const auto listener = transport->listeners_.find(port);
        return transport->address() == address && listener != transport->listeners_.end() && listener->second;
    });
    return found == transports_.end() ? nullptr : *found;
}

Duration SimulatedNetwork::latency() {
    const bool late = conditions_.late_one_in > 0 && random_.below(conditions_.late_one_in) == 0;
    const Duration max = late ? conditions_.late_max : conditions_.latency_max;
    const auto spread =
        static_cast<std::uint64_t>(std::max(max - conditions_.latency_min, Duration::zero()).count());
    return conditions_.latency_min + Duration{static_cast<std::int64_t>(random_.below(spread + 1))};
}

bool SimulatedNetwork::is_blocked(const std::string& from, const std::string& to) const {
    return !blocked_.empty() && blocked_.contains({from, to});
}

Duration SimulatedNetwork::delay_between(const std::string& one, const std::string& other) const {
    Duration delay{};
    if (delays_.empty()) return delay;
    for (const auto& address : {one, other})
        if (const auto found = delays_.find(address); found != delays_.end()) delay += found->second;
    return delay;
}

// The first packet of a connection to be, where it arrives.
void SimulatedNetwork::knock(ConnectionId client_id, std::string address, std::uint16_t port) {
    auto* client = find(client_id);
    if (client == nullptr) return;
    const auto& from = client->transport_->address();
    if (is_blocked(from, address) || is_blocked(address, from) || is_without_power(address)) {
        time_.schedule(time_.now() + conditions_.connect_timeout, &client->transport_->process(),
                       [self = Ref{client}] { self->end("connect timed out"); });
        return;
    }
    using Kind = SimulatedConnection::Packet::Kind;
    auto* transport = listening_at(address, port);
    if (transport == nullptr)
        return client->enqueue({Kind::closed, "connection refused", time_.now() + latency()});
    auto server = make_counted<SimulatedConnection>(++last_id_, *transport, transport->listeners_.at(port),
                                                    client->peer_, client->local_);
    server->other_end_ = client_id;
    client->other_end_ = server->id();
    connections_.emplace(server->id(), server);
    server->enqueue({Kind::opened, {}, time_.now()});
    client->enqueue({Kind::opened, {}, time_.now() + latency()});
}

// Takes what from has appended, as far as the window allows, and sends it in pieces.
void SimulatedNetwork::transmit(SimulatedConnection& from, SimulatedConnection& to) {
    using Kind = SimulatedConnection::Packet::Kind;
    const std::size_t room = conditions_.window - std::min(conditions_.window, from.in_flight_);
    std::string_view bytes = from.output_.view().substr(0, room);
    from.in_flight_ += bytes.size();
    const std::size_t taken = bytes.size();
    for (std::uint64_t pieces = 1 + random_.below(conditions_.pieces_max); !bytes.empty(); --pieces) {
        const std::size_t size = pieces <= 1 ? bytes.size() : 1 + random_.below(bytes.size());
        to.enqueue({Kind::bytes, std::string{bytes.substr(0, size)}, time_.now() + latency()});
        bytes.remove_prefix(size);
    }
    from.output_.consume(taken);
}

// Bytes for a connection that its other side has lost: a machine with power answers with a reset, another not
// at all.
void SimulatedNetwork::knock_at_dead_end(ConnectionId from_id) {
    auto* from = find(from_id);
    if (from == nullptr) return;
    if (!is_blocked(from->transport_->address(), from->peer_address_) &&
        !is_blocked(from->peer_address_, from->transport_->address()) &&
        !is_without_power(from->peer_address_))
        return from->enqueue(
            {SimulatedConnection::Packet::Kind::closed, "connection reset by peer", time_.now() + latency()});
    time_.schedule(time_.now() + retransmission_interval, nullptr,
                   [this, from_id] { knock_at_dead_end(from_id); });
}

// TCP tries again at ever longer intervals, so that a stream goes on only after up to as long as it could
// not.
void SimulatedNetwork::resume_streams() {
    for (const auto& [id, connection] : connections_) {
        if (!connection->is_open() || connection->arrivals_.empty()) continue;
        if (is_blocked(connection->peer_address_, connection->transport_->address())) continue;
        const Duration waited = time_.now() - connection->arrivals_.front().arrival;
        if (waited <= Duration::zero()) continue;
        const auto longer = random_.below(static_cast<std::uint64_t>(waited.count()) + 1);
        connection->put_off(time_.now() + Duration{static_cast<std::int64_t>(longer)});
    }
}

void SimulatedNetwork::reset(SimulatedConnection& connection) {
    for (auto* end : {&connection, find(connection.other_end_)}) {
        if (end == nullptr) continue;
        end->drop_arrivals();
        end->last_arrival_ = {};
        end->enqueue(
            {SimulatedConnection::Packet::Kind::closed, "connection reset by peer", time_.now() + latency()});
    }
}

SimulatedTransport::SimulatedTransport(SimulatedNetwork& network, SimulatedProcess& process,
                                       std::string address)
    : network_{network}, process_{process}, address_{std::move(address)} {
    network_.transports_.push_back(this);
}

SimulatedTransport::~SimulatedTransport() {
    leave();
    TERN_ASSERT(listeners_.empty());  // A listener refers to its transport.
    std::erase(network_.transports_, this);
}

Result<std::unique_ptr<remoting::Listener>> SimulatedTransport::listen(const model::Host& address,
                                                                       remoting::ConnectionHandler& handler) {
    return listen_for(address, remoting::Receiver{handler});
}

Ref<remoting::Connection> SimulatedTransport::connect(const std::string& address,
                                                      remoting::ConnectionHandler& handler) {
    return connect_for(address, remoting::Receiver{handler});
}

Result<std::unique_ptr<remoting::Listener>> SimulatedTransport::listen_stream(
    const model::Host& address, Ref<remoting::StreamHandler> handler) {
    return listen_for(address, remoting::Receiver{std::move(handler)});
}

Ref<remoting::Connection> SimulatedTransport::connect_stream(const std::string& address,
                                                             Ref<remoting::StreamHandler> handler) {
    return connect_for(address, remoting::Receiver{std::move(handler)});
}

Result<std::unique_ptr<remoting::Listener>> SimulatedTransport::listen_for(const model::Host& address,
                                                                           remoting::Receiver receiver) {
    const std::uint16_t port = address.port() != 0 ? address.port() : ++last_port_;
    const std::string text = address_ + ":" + std::to_string(port);
    if (network_.listening_at(address_, port) != nullptr)
        return failure(Errc::io_failed, "address in use: " + text);
    listeners_[port] = std::move(receiver);
    return std::make_unique<SimulatedListener>(*this, *model::Host::parse(text));
}

Ref<remoting::Connection> SimulatedTransport::connect_for(const std::string& address,
                                                          remoting::Receiver receiver) {
    const auto colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    if (const auto named = network_.names_.find(host); named != network_.names_.end()) host = named->second;
    const auto peer = model::Host::parse(host + address.substr(std::min(colon, address.size())));

    auto connection = make_counted<SimulatedConnection>(++network_.last_id_, *this, std::move(receiver),
                                                        next_local_host(), peer.value_or(model::Host{}));
    if (!process_.is_alive()) {
        connection->abandon();
        return connection;
    }
    network_.connections_.emplace(connection->id(), connection);
    if (!peer) {
        process_.post([connection, why = peer.error().detail] { connection->end(why); });
        return connection;
    }
    network_.time_.schedule(network_.time_.now() + network_.latency(), nullptr,
                            [network = &network_, id = connection->id(), host, port = peer->port()] {
                                network->knock(id, host, port);
                            });
    return connection;
}

void SimulatedTransport::leave() {
    std::vector<Ref<SimulatedConnection>> mine;
    for (const auto& [id, connection] : network_.connections_)
        if (connection->transport_ == this) mine.push_back(connection);
    for (const auto& connection : mine) {
        auto* other = connection->is_open() ? connection->other_end() : nullptr;
        if (other != nullptr && !network_.is_without_power(address_))
            other->enqueue({SimulatedConnection::Packet::Kind::closed, "closed by peer",
                            network_.time_.now() + network_.latency()});
        connection->abandon();
    }
    with_output_.clear();
    for (auto& [port, receiver] : listeners_) receiver = {};
}

model::Host SimulatedTransport::next_local_host() {
    return *model::Host::parse(address_ + ":" + std::to_string(++last_port_));
}

void SimulatedTransport::send_at_end_of_turn(SimulatedConnection& connection) {
    if (connection.state_ != SimulatedConnection::State::open || connection.listed_for_sending_) return;
    connection.listed_for_sending_ = true;
    with_output_.emplace_back(&connection);
    if (with_output_.size() > 1) return;
    process_.post([this] {
        for (const auto& listed : std::exchange(with_output_, {})) {
            listed->listed_for_sending_ = false;
            if (!listed->is_open()) continue;
            if (auto* other = listed->other_end()) {
                network_.transmit(*listed, *other);
            } else if (!std::exchange(listed->at_dead_end_, true)) {
                network_.time_.schedule(
                    network_.time_.now() + network_.latency(), nullptr,
                    [network = &network_, id = listed->id()] { network->knock_at_dead_end(id); });
            }
        }
    });
}

}  // namespace tern::simulation
