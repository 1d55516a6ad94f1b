#include "simulation/simulated_connection.hpp"

#include <algorithm>

#include "simulation/simulated_network.hpp"

namespace tern::simulation {

SimulatedConnection::SimulatedConnection(std::uint64_t id, SimulatedTransport& transport,
                                         remoting::Receiver receiver, model::Host local, model::Host peer)
    : Connection{id},
      network_{transport.network_},
      transport_{&transport},
      receiver_{std::move(receiver)},
      local_{local},
      peer_{peer},
      peer_address_{peer.address_text()} {}

Buffer& SimulatedConnection::output() {
    if (is_open()) {
        transport_->send_at_end_of_turn(*this);
    } else {
        output_.clear();  // What is appended to a closed connection goes nowhere.
    }
    return output_;
}

void SimulatedConnection::close(std::string_view why) {
    if (!is_open()) return;
    state_ = State::closed;
    output_.clear();
    drop_arrivals();
    if (auto* other = other_end())
        other->enqueue({Packet::Kind::closed, "closed by peer", network_.time_.now() + network_.latency()});
    transport_->process().post([self = Ref{this}, why = std::string{why}] { self->tell_closed(why); });
}

SimulatedConnection* SimulatedConnection::other_end() const {
    return network_.find(other_end_);
}

void SimulatedConnection::enqueue(Packet packet) {
    if (!is_open()) return;
    packet.arrival += network_.delay_between(transport_->address(), peer_address_);
    last_arrival_ = packet.arrival = std::max(packet.arrival, last_arrival_);
    arrivals_.push_back(std::move(packet));
    if (arrivals_.size() == 1) schedule_arrival();
}

void SimulatedConnection::schedule_arrival() {
    network_.time_.cancel(next_arrival_);
    next_arrival_ = network_.time_.schedule(arrivals_.front().arrival, &transport_->process(),
                                            [self = Ref{this}] { self->arrive(); });
}

void SimulatedConnection::put_off(Instant until) {
    for (auto& packet : arrivals_) packet.arrival = std::max(packet.arrival, until);
    last_arrival_ = std::max(last_arrival_, until);
    schedule_arrival();
}

void SimulatedConnection::drop_arrivals() {
    arrivals_.clear();
    network_.time_.cancel(next_arrival_);
}

void SimulatedConnection::arrive() {
    if (network_.is_blocked(peer_address_, transport_->address()))
        return;  // Until the network resumes the streams.
    Packet packet = std::move(arrivals_.front());
    arrivals_.pop_front();
    if (!arrivals_.empty()) schedule_arrival();
    switch (packet.kind) {
        case Packet::Kind::opened:
            state_ = State::open;
            if (!output_.empty()) transport_->send_at_end_of_turn(*this);
            return receiver_.opened(Ref<Connection>{this});
        case Packet::Kind::bytes:
            return read(packet.content);
        case Packet::Kind::closed:
            return end(packet.content);
    }
}

void SimulatedConnection::read(std::string_view bytes) {
    if (auto* sender = other_end()) {
        sender->in_flight_ -= bytes.size();
        if (sender->is_open() && !sender->output_.empty()) sender->transport_->send_at_end_of_turn(*sender);
    }
    input_.append(bytes);
    take_input();
}

void SimulatedConnection::take_input() {
    const Ref<Connection> self{this};
    Error failed{};
    while (is_open()) {
        const auto taken = receiver_.take(self, input_.view(), decoder_, failed);
        if (!taken) return close(failed.detail);
        if (*taken == 0) return;
        input_.consume(*taken);
    }
}

void SimulatedConnection::end(const std::string& why) {
    if (!is_open()) return;
    state_ = State::closed;
    output_.clear();
    drop_arrivals();
    tell_closed(why);
}

void SimulatedConnection::tell_closed(const std::string& why) {
    const Ref<SimulatedConnection> self{this};
    network_.connections_.erase(id());
    std::exchange(receiver_, {}).closed(self, why);
}

void SimulatedConnection::abandon() {
    const Ref<SimulatedConnection> self{this};
    state_ = State::closed;
    output_.clear();
    drop_arrivals();
    receiver_ = {};
    transport_ = nullptr;
    network_.connections_.erase(id());
}

}  // namespace tern::simulation
