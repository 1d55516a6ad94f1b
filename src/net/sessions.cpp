#include "net/sessions.hpp"

#include <algorithm>
#include <atomic>

#include "net/session.hpp"

namespace tern::net {
namespace {

std::uint64_t next_connection_id() {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// Often enough that no limit is exceeded by more than a quarter, and not more often than anybody would
// notice.
Duration look_over_period(const TransportLimits& limits) {
    const auto shortest = std::min(
        {limits.frame_time_max, limits.unsent_time_max, limits.idle_time_max, limits.tls_handshake_time_max});
    return std::clamp(shortest / 4, Duration{5ms}, Duration{1s});
}

}  // namespace

Sessions::Sessions(Loop& the_loop, Log& the_log, const TransportLimits& the_limits)
    : loop{the_loop}, log{the_log}, limits{the_limits}, look_over_period_{look_over_period(the_limits)} {
    probe.connections_may_be(limits.connections_max);
}

Ref<Session> Sessions::add(remoting::Receiver receiver) {
    auto session = make_counted<Session>(Ref<Sessions>{this}, std::move(receiver), next_connection_id());
    sessions_.emplace(session->id(), session);
    streams_ += session->is_stream();
    probe.connection_opened();
    if (look_over_timer_ == 0) look_over_later();
    return session;
}

void Sessions::remove(const Session& session) {
    if (sessions_.erase(session.id()) == 0) return;
    streams_ -= session.is_stream();
    probe.connection_closed();
}

void Sessions::handshake_began(const Session& session) {
    handshakes_.insert(session.id());
    if (handshakes_.size() <= limits.tls_handshakes_max) return;
    sessions_.at(*handshakes_.begin())->handshake_has_to_yield();
}

void Sessions::handshake_is_over(const Session& session) {
    handshakes_.erase(session.id());
}

void Sessions::flush_later(Session& session) {
    if (flush_due_.empty()) loop.post([self = Ref<Sessions>{this}] { self->flush_due(); });
    flush_due_.emplace_back(&session);
}

void Sessions::flush_due() {
    std::swap(flush_due_, flushing_);
    for (const auto& session : flushing_) session->flush();
    flushing_.clear();
}

void Sessions::look_over_later() {
    look_over_timer_ = loop.after(look_over_period_, [self = Ref<Sessions>{this}] {
        self->look_over_timer_ = 0;
        const Instant now = self->loop.now();
        for (const auto& [id, session] : self->sessions_) session->look_over(now);
        self->crowd_out(now);
        if (!self->sessions_.empty()) self->look_over_later();
    });
}

void Sessions::crowd_out(Instant now) {
    while (probe.buffered_bytes() > limits.buffered_bytes_max) {
        Session* longest = nullptr;
        for (const auto& [id, session] : sessions_) {
            const auto stuck = session->stuck_since();
            if (!stuck || now - *stuck < limits.stuck_time_max) continue;
            if (longest == nullptr || *stuck < *longest->stuck_since()) longest = &*session;
        }
        if (longest == nullptr) return;
        probe.crowded_out();
        longest->crowd_out();
    }
}

void Sessions::shut_down() {
    is_shut_down_ = true;
    loop.cancel(std::exchange(look_over_timer_, 0));
    for (const auto& [id, session] : sessions_) {
        session->close("shut down");
        probe.connection_closed();
    }
    sessions_.clear();
    streams_ = 0;
    flush_due_.clear();
}

}  // namespace tern::net
