// What all processes of a run logged, in one sequence: the last lines of it explain a failure.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "simulation/simulated_time.hpp"

namespace tern::simulation {

struct TraceLine {
    Instant at{};
    std::string process;
    LogLevel level{};
    std::string event;
    std::string fields;  // "name=value name=value".

    std::string text() const;
};

class Trace {
public:
    static constexpr std::size_t lines_max = 4'000;

    explicit Trace(const SimulatedTime& time) : time_{time} {}

    void add(std::string_view process, LogLevel level, std::string_view event, Log::Fields fields = {});
    // Called with each line, in the order they come.
    void follow(std::function<void(const TraceLine&)> follower) { followers_.push_back(std::move(follower)); }
    std::string last(std::size_t count) const;

private:
    const SimulatedTime& time_;
    std::deque<TraceLine> lines_;
    std::vector<std::function<void(const TraceLine&)>> followers_;
};

// The log of one simulated process.
class ProcessLog final : public Log {
public:
    ProcessLog(Trace& trace, std::string process) : trace_{trace}, process_{std::move(process)} {}
    void write(LogLevel level, std::string_view event, Fields fields) override {
        trace_.add(process_, level, event, fields);
    }

private:
    Trace& trace_;
    std::string process_;
};

}  // namespace tern::simulation
