// All connections of one transport: they share its limits and counters, leave their output together at the
// end of a turn, and are looked over for deadlines. For the sources of this library only.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "base/log.hpp"
#include "base/seldom_line.hpp"
#include "net/loop.hpp"
#include "net/supervisor.hpp"
#include "net/tls_context.hpp"
#include "net/transport_limits.hpp"
#include "net/transport_probe.hpp"
#include "remoting/receiver.hpp"

namespace tern::net {

class Session;

class Sessions final : public Counted {
public:
    Sessions(Loop& loop, Log& log, const TransportLimits& limits);

    Ref<Session> add(remoting::Receiver receiver);
    void remove(const Session& session);
    // Flushes the session once everything that is queued in this turn has been handled.
    void flush_later(Session& session);
    // A handshake of one that was accepted; too many of them end the oldest.
    void handshake_began(const Session& session);
    void handshake_is_over(const Session& session);
    // Closes all, and nobody is told: the handlers may be gone.
    void shut_down();

    bool is_shut_down() const { return is_shut_down_; }
    const TlsUse& tls_of(const remoting::Receiver& receiver) const {
        return receiver.is_for_commands() ? tls_of_commands : tls_of_streams;
    }
    bool has_room_for_another(const remoting::Receiver& receiver) const {
        return receiver.is_for_commands() ? sessions_.size() - streams_ < limits.connections_max
                                          : streams_ < limits.streams_max;
    }

    Loop& loop;
    Log& log;
    const TransportLimits limits;
    TransportProbe probe;
    std::vector<InheritedSocket> inherited;  // Not taken by a listener yet.
    TlsUse tls_of_commands;                  // For connections that are made from now on.
    TlsUse tls_of_streams;
    std::string
        sealed;  // What a secured connection has just received; the one has it opened before the next reads.
    SeldomLine tls_failures;  // Lines that strangers can cause.
    SeldomLine refused_plain;
    SeldomLine rejected_frames;
    SeldomLine closed_by_limits;
    remoting::CommandDecoder decoder;  // One for all: a command is over before the next is decoded.

private:
    void flush_due();
    void look_over_later();
    // While all hold too much: those that have got nowhere for longest, one by one.
    void crowd_out(Instant now);

    const Duration look_over_period_;
    std::map<std::uint64_t, Ref<Session>>
        sessions_;                        // By id. A map: a session may add another while it is visited.
    std::size_t streams_{0};              // Of them.
    std::set<std::uint64_t> handshakes_;  // By id, so the first is the oldest.
    std::vector<Ref<Session>> flush_due_;
    std::vector<Ref<Session>> flushing_;  // Kept for its storage.
    TimerId look_over_timer_{0};
    bool is_shut_down_{false};
};

}  // namespace tern::net
