// One end of a simulated connection: what its process appended and the network has not taken, and what is on
// its way to it. The stream of bytes that arrives is cut into commands as net does it, or goes on as a
// stream.
#pragma once

#include <deque>
#include <string>

#include "remoting/receiver.hpp"
#include "simulation/simulated_time.hpp"

namespace tern::simulation {

class SimulatedNetwork;
class SimulatedTransport;

class SimulatedConnection final : public remoting::Connection {
public:
    SimulatedConnection(std::uint64_t id, SimulatedTransport& transport, remoting::Receiver receiver,
                        model::Host local, model::Host peer);

    const model::Host& peer() const override { return peer_; }
    const model::Host& local() const override { return local_; }
    bool is_open() const override { return state_ != State::closed; }
    Buffer& output() override;
    std::size_t unsent_bytes() const override { return output_.size(); }
    void close(std::string_view why) override;

private:
    friend class SimulatedNetwork;
    friend class SimulatedTransport;

    enum class State { connecting, open, closed };

    // What arrives at this end. It all waits in one line, so that nothing overtakes.
    struct Packet {
        enum class Kind { opened, bytes, closed } kind;
        std::string content;  // Bytes, or why it closed.
        Instant arrival{};
    };

    SimulatedConnection* other_end() const;
    void enqueue(Packet packet);
    void schedule_arrival();
    // What is under way arrives then or later.
    void put_off(Instant until);
    void drop_arrivals();
    void arrive();
    void read(std::string_view bytes);
    void take_input();
    void end(const std::string& why);
    void tell_closed(const std::string& why);
    void abandon();

    SimulatedNetwork& network_;
    SimulatedTransport* transport_;  // Null once the process is gone.
    remoting::Receiver receiver_;    // Tells nobody once the end was told.
    model::Host local_;
    model::Host peer_;
    std::string peer_address_;
    std::uint64_t other_end_{0};  // Its id; 0 until the other side has accepted.
    State state_{State::connecting};

    Buffer output_;
    std::size_t in_flight_{0};  // Taken from output_, and not read by the other side.
    bool listed_for_sending_{false};
    bool at_dead_end_{false};

    std::deque<Packet> arrivals_;
    Instant last_arrival_{};
    EventId next_arrival_{0};
    Buffer input_;
    remoting::CommandDecoder decoder_;
};

}  // namespace tern::simulation
