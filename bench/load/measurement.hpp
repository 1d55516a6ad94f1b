// What a run counts: everything is warm-up until the window opens, then every answer counts until it closes.
// At both edges the processor time of generator and server is taken, so that figures per CPU second have one
// window.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/runtime.hpp"
#include "metrics/histogram.hpp"

namespace tern::bench {

// Processor time of all the processes with their threads, user and system; nothing when one does not exist.
std::optional<Duration> cpu_time(const std::vector<int>& pids);

// The answers of one kind within the window.
struct Series {
    metrics::Histogram latency;
    std::uint64_t requests{0};
    std::uint64_t messages{0};
    std::uint64_t body_bytes{0};                     // Of answers: what a pull brought.
    std::map<std::int32_t, std::uint64_t> refusals;  // By response code.
    std::uint64_t given_up{0};                       // Messages that were due and never sent.
};

// What was answered in one second of the window.
struct Second {
    std::uint64_t messages{0};
    metrics::Histogram latency;
};

struct Window {
    Duration warmup{0};
    std::optional<Duration> length;         // Closes by time,
    std::optional<std::uint64_t> messages;  // or once so many were answered, whichever is first.
};

class Measurement {
public:
    // Without server_pids the server's processor time is not known.
    Measurement(const Window& window, std::vector<int> server_pids)
        : window_{window}, server_pids_{std::move(server_pids)} {}

    // The warm-up begins.
    void begin(Instant start);
    // Opens and closes the window; to be called once a turn, before the turn's answers are counted.
    void advance(Instant now);
    bool is_open() const { return opened_ && !closed_; }
    bool is_closed() const { return closed_; }
    void close(Instant now);

    void sent(Instant now, Instant intended, std::uint64_t messages);
    void pulled(Instant now, Instant intended, std::uint64_t messages, std::size_t body_bytes);
    // From a message's intended sending to its arrival at a consumer.
    void arrived(Instant now, Instant intended);
    void given_up(std::uint64_t messages) {
        if (is_open()) sends_.given_up += messages;
    }
    // From now on sent messages are counted by the second, too.
    void count_by_second() { by_second_ = true; }
    void send_refused(std::int32_t code) { refused(sends_, code); }
    void pull_refused(std::int32_t code) { refused(pulls_, code); }

    const Series& sends() const { return sends_; }
    const Series& pulls() const { return pulls_; }
    const std::deque<Second>& seconds() const { return seconds_; }
    const metrics::Histogram& end_to_end() const { return end_to_end_; }
    Instant opened_at() const { return opened_at_; }
    Duration length() const { return closed_at_ - opened_at_; }
    Duration generator_cpu() const { return generator_cpu_; }
    std::optional<Duration> server_cpu() const { return server_cpu_; }

private:
    void refused(Series& series, std::int32_t code);
    bool has_all_messages() const;

    Window window_;
    std::vector<int> server_pids_;
    Instant opens_at_{};
    bool opened_{false};
    bool closed_{false};
    Instant opened_at_{};
    Instant closed_at_{};
    Duration generator_cpu_{0};  // At the opening until closed, then the difference; likewise the server's.
    std::optional<Duration> server_cpu_;
    Series sends_;
    Series pulls_;
    metrics::Histogram end_to_end_;
    bool by_second_{false};
    std::deque<Second> seconds_;
};

}  // namespace tern::bench
