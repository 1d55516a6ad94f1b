// The loop of the limit servers, on one thread: reads each connection that has something once, hands over
// every whole frame, and writes the answers of a connection together, as the broker does.
#pragma once

#include <list>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "bench/load/answer.hpp"
#include "bench/load/socket.hpp"
#include "remoting/frame.hpp"

namespace tern::bench {

// What a limit server does beside reading and writing.
class FrameService {
public:
    virtual ~FrameService() = default;
    // Appends the answer, and returns what follows it without a copy, mostly nothing: a list that is valid
    // until the next call, of bytes that outlive the server. The request's views are valid during the call.
    virtual std::span<const std::string_view> serve(const Answer& request, Buffer& answers) = 0;
    // Everything of this turn was served; the answers leave after it.
    virtual Result<> end_turn() { return {}; }
};

class FrameServer {
public:
    // service outlives the server. address: IPv4 and port, 0 for any.
    static Result<FrameServer> open(const std::string& address, FrameService& service);

    std::string address() const { return address_of(listener_); }
    // Until stop_fd is readable; -1 for ever. An error of the service ends it, one of a connection only that.
    Result<> run(int stop_fd = -1);

private:
    struct Peer {
        Stream stream;
        bool waits_for_room{false};
        bool failed{false};
    };

    FrameServer(UniqueFd listener, Poller poller, FrameService& service)
        : listener_{std::move(listener)}, poller_{std::move(poller)}, service_{service} {}
    void accept_all();
    Result<> serve(Peer& peer);
    Result<> flush(Peer& peer);

    UniqueFd listener_;
    Poller poller_;
    FrameService& service_;
    std::list<Peer> peers_;
};

// Serves at the address for ever, after a line that says where. The status to exit with when that failed.
int serve_at(const std::string& address, FrameService& service);

}  // namespace tern::bench
