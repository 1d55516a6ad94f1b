// What happens in a transport, counted.
#pragma once

#include <cstddef>

#include "metrics/metric.hpp"

namespace tern::net {

class TransportProbe {
public:
    void connection_opened() { opened_.add(), open_.add(1); }
    void connection_closed() { closed_.add(), open_.subtract(1); }
    void connection_refused() { refused_.add(); }
    void deadline_passed() { deadlines_.add(); }
    void bytes_read(std::size_t count) { reads_.add(), read_bytes_.add(count); }
    void bytes_written(std::size_t count) { writes_.add(), written_bytes_.add(count); }
    void command_received() { commands_.add(); }
    void frame_rejected() { rejected_.add(); }
    void reading_paused() { pauses_.add(); }
    void buffered(std::int64_t change) { buffered_.add(change); }

    std::int64_t open_connections() const { return open_.value(); }
    std::uint64_t writes() const { return writes_.value(); }
    std::size_t buffered_bytes() const { return static_cast<std::size_t>(buffered_.value()); }

    template <class Visit>
    void metrics(Visit visit) const {
        visit("net_connections", "Connections now, accepted and dialled.", open_);
        visit("net_opened_connections_total", "Connections accepted or dialled.", opened_);
        visit("net_closed_connections_total", "Connections ended, by whomever.", closed_);
        visit("net_refused_connections_total", "Connections closed at once because there were too many.",
              refused_);
        visit("net_deadlines_total", "Connections closed for an incomplete frame, for not reading, or idle.",
              deadlines_);
        visit("net_reads_total", "Reads that gave bytes.", reads_);
        visit("net_read_bytes_total", "Bytes received.", read_bytes_);
        visit("net_writes_total", "Writes that took bytes.", writes_);
        visit("net_written_bytes_total", "Bytes sent.", written_bytes_);
        visit("net_commands_total", "Commands received.", commands_);
        visit("net_rejected_frames_total", "Connections closed because their bytes were no frame.",
              rejected_);
        visit("net_paused_reads_total", "Times a connection was not read from because of its unsent output.",
              pauses_);
        visit("net_buffered_bytes", "Bytes received and not yet taken, and bytes unsent.", buffered_);
    }

private:
    metrics::Gauge open_;
    metrics::Counter opened_;
    metrics::Counter closed_;
    metrics::Counter refused_;
    metrics::Counter deadlines_;
    metrics::Counter reads_;
    metrics::Counter read_bytes_;
    metrics::Counter writes_;
    metrics::Counter written_bytes_;
    metrics::Counter commands_;
    metrics::Counter rejected_;
    metrics::Counter pauses_;
    metrics::Gauge buffered_;
};

}  // namespace tern::net
