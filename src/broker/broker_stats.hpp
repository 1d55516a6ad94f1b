// What the broker counts of its own work, and the rates that brokerStatus and clusterList show.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "base/runtime.hpp"
#include "broker/put_times.hpp"

namespace tern::broker {

// A total and its rate over the last 10, 60 and 600 seconds.
class Rate {
public:
    void add(std::uint64_t count) { total_ += count; }
    std::uint64_t total() const { return total_; }
    // Once a second.
    void tick() {
        samples_[ticks_ % samples_.size()] = total_;
        ++ticks_;
    }
    double per_second(std::size_t seconds) const {
        const std::size_t known = ticks_ < samples_.size() ? ticks_ : samples_.size();
        if (known < 2) return 0;
        const std::size_t back = seconds < known ? seconds : known - 1;
        const std::uint64_t newest = samples_[(ticks_ - 1) % samples_.size()];
        const std::uint64_t oldest = samples_[(ticks_ - 1 - back) % samples_.size()];
        return static_cast<double>(newest - oldest) / static_cast<double>(back);
    }

private:
    std::array<std::uint64_t, 601> samples_{};
    std::size_t ticks_{1};  // The first sample is of nothing, when the broker began.
    std::uint64_t total_{0};
};

struct BrokerStats {
    Rate messages_in;
    Rate messages_out;
    Rate pulls;
    Rate pulls_found;
    Rate pulls_missed;
    std::uint64_t bytes_in{0};
    std::uint64_t bytes_out{0};
    std::uint64_t sends_refused{0};
    std::uint64_t pulls_not_held{0};  // Answered at once: too many wait.
    PutTimes put_times;
    Duration longest_get{};  // From the request, or what woke it, to the answer.
    WallMillis started_at{0};

    // What had come in and gone out when the last two days began.
    struct Morning {
        std::uint64_t messages_in{0};
        std::uint64_t messages_out{0};
    };
    Morning yesterday;
    Morning today;

    // Once a second; the day has a number above 0 that changes when another one begins.
    void tick(std::int32_t day) {
        for (Rate* rate : {&messages_in, &messages_out, &pulls, &pulls_found, &pulls_missed}) rate->tick();
        if (++seconds_ % 60 == 0) put_times.end_minute();
        if (const auto before = std::exchange(day_, day); before == 0 || before == day) return;
        yesterday = std::exchange(today, {messages_in.total(), messages_out.total()});
    }

private:
    std::uint64_t seconds_{0};
    std::int32_t day_{0};  // 0: not known yet.
};

}  // namespace tern::broker
