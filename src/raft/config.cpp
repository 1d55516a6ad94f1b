#include "raft/config.hpp"

#include <string>

namespace tern::raft {
namespace {

template <class T>
std::string text(T value) {
    if constexpr (std::is_same_v<T, Duration>) {
        return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(value).count()) + " us";
    } else {
        return std::to_string(value);
    }
}

template <class T>
Result<> within(const char* name, T value, T low, T high) {
    if (low <= value && value <= high) return {};
    return failure(Errc::invalid_argument, std::string{"raft: "} + name + " not between " + text(low) +
                                               " and " + text(high) + ": " + text(value));
}

}  // namespace

Result<> Config::check() const {
    // Two heartbeats fit into the shortest time-out, so that one that is lost deposes nobody.
    for (const auto& checked : {
             within<Duration>("heartbeat_interval", heartbeat_interval, 1ms, 10s),
             within<Duration>("election_timeout_min", election_timeout_min, heartbeat_interval * 2, 60s),
             within<Duration>("election_timeout_max", election_timeout_max,
                              election_timeout_min + election_timeout_min / 4, 120s),
             within<Duration>("link_lost_jitter", link_lost_jitter, 0ms, election_timeout_min),
             within<Duration>("append_timeout", append_timeout, heartbeat_interval, 60s),
             within<Duration>("transfer_timeout", transfer_timeout, heartbeat_interval, 60s),
             within<Duration>("preferred_interval", preferred_interval, heartbeat_interval, 3600s),
             within<Duration>("disk_patience", disk_patience, 1ms, 3600s),
             within<Duration>("disk_quarantine", disk_quarantine, 0ms, 3600s),
             within<Duration>("resigned_quarantine", resigned_quarantine, 0ms, 3600s),
             within<std::int64_t>("preferred_lag", preferred_lag, 0, std::int64_t{1} << 40),
             within<std::int64_t>("append_bytes_max", append_bytes_max, 1, std::int64_t{1} << 30),
             within<std::int64_t>("in_flight_bytes_max", in_flight_bytes_max, append_bytes_max,
                                  std::int64_t{1} << 36),
         }) {
        if (!checked) return checked;
    }
    return {};
}

}  // namespace tern::raft
