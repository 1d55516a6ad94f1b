// What happens in a transport, counted.
#pragma once

#include <cstddef>

#include "metrics/metric.hpp"

namespace tern::net {

class TransportProbe {
public:
    void connections_may_be(std::size_t most) { most_.set(static_cast<std::int64_t>(most)); }
    void connection_opened() { opened_.add(), open_.add(1); }
    void connection_closed() { closed_.add(), open_.subtract(1); }
    void connection_refused() { refused_.add(); }
    void rested() { rests_.add(); }
    void crowded_out() { crowded_out_.add(); }
    void deadline_passed() { deadlines_.add(); }
    void bytes_read(std::size_t count) { reads_.add(), read_bytes_.add(count); }
    void bytes_written(std::size_t count) { writes_.add(), written_bytes_.add(count); }
    void command_received() { commands_.add(); }
    void frame_rejected() { rejected_.add(); }
    void reading_paused() { pauses_.add(); }
    void tls_handshake_done() { tls_handshakes_.add(); }
    void tls_failed() { tls_failures_.add(); }
    void plain_text_refused() { refused_plain_.add(); }
    void tls_reloaded() { tls_reloads_.add(); }
    void tls_not_reloaded() { tls_failed_reloads_.add(); }
    void buffered(std::int64_t change) { buffered_.add(change); }

    std::int64_t open_connections() const { return open_.value(); }
    std::uint64_t crowded_out_connections() const { return crowded_out_.value(); }
    std::uint64_t rests() const { return rests_.value(); }
    std::uint64_t writes() const { return writes_.value(); }
    std::uint64_t tls_handshakes() const { return tls_handshakes_.value(); }
    std::uint64_t tls_failures() const { return tls_failures_.value(); }
    std::uint64_t refused_plain() const { return refused_plain_.value(); }
    std::uint64_t tls_reloads() const { return tls_reloads_.value(); }
    std::uint64_t tls_failed_reloads() const { return tls_failed_reloads_.value(); }
    std::size_t buffered_bytes() const { return static_cast<std::size_t>(buffered_.value()); }

    template <class Visit>
    void metrics(Visit visit) const {
        visit("net_connections", "Connections now, accepted and dialled.", open_);
        visit("net_connections_max",
              "Connections with commands that may be open; fewer than usual where the process may open few "
              "files.",
              most_);
        visit("net_opened_connections_total", "Connections accepted or dialled.", opened_);
        visit("net_closed_connections_total", "Connections ended, by whomever.", closed_);
        visit("net_refused_connections_total", "Connections closed at once because there were too many.",
              refused_);
        visit("net_deadlines_total", "Connections closed for an incomplete frame, for not reading, or idle.",
              deadlines_);
        visit("net_crowded_out_connections_total",
              "Connections closed because all together held too much, and they for longest.", crowded_out_);
        visit("net_rests_total", "Times that a silent connection gave its buffers back.", rests_);
        visit("net_reads_total", "Reads that gave bytes.", reads_);
        visit("net_read_bytes_total", "Bytes received.", read_bytes_);
        visit("net_writes_total", "Writes that took bytes.", writes_);
        visit("net_written_bytes_total", "Bytes sent.", written_bytes_);
        visit("net_commands_total", "Commands received.", commands_);
        visit("net_rejected_frames_total", "Connections closed because their bytes were no frame.",
              rejected_);
        visit("net_paused_reads_total", "Times a connection was not read from because of its unsent output.",
              pauses_);
        visit("net_tls_handshakes_total", "TLS handshakes that opened a connection.", tls_handshakes_);
        visit("net_tls_failures_total",
              "Connections closed because of their TLS: a handshake that failed or took too long, or bytes "
              "that "
              "were not its.",
              tls_failures_);
        visit("net_tls_refused_plain_total",
              "Connections closed because they spoke plain text where TLS must be.", refused_plain_);
        visit("net_tls_reloads_total", "Times that changed certificates were taken.", tls_reloads_);
        visit("net_tls_failed_reloads_total", "Times that changed certificates could not be taken.",
              tls_failed_reloads_);
        visit("net_buffered_bytes", "Bytes received and not yet taken, and bytes unsent.", buffered_);
    }

private:
    metrics::Gauge open_;
    metrics::Gauge most_;
    metrics::Counter opened_;
    metrics::Counter closed_;
    metrics::Counter refused_;
    metrics::Counter deadlines_;
    metrics::Counter crowded_out_;
    metrics::Counter rests_;
    metrics::Counter reads_;
    metrics::Counter read_bytes_;
    metrics::Counter writes_;
    metrics::Counter written_bytes_;
    metrics::Counter commands_;
    metrics::Counter rejected_;
    metrics::Counter pauses_;
    metrics::Counter tls_handshakes_;
    metrics::Counter tls_failures_;
    metrics::Counter refused_plain_;
    metrics::Counter tls_reloads_;
    metrics::Counter tls_failed_reloads_;
    metrics::Gauge buffered_;
};

}  // namespace tern::net
