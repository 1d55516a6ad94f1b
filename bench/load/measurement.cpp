#include "bench/load/measurement.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace tern::bench {
namespace {

Duration own_cpu_time() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) { return time.tv_sec * 1s + time.tv_usec * 1us; };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

std::optional<Duration> cpu_time_of(int pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string text;
    if (!std::getline(file, text)) return std::nullopt;
    // The command, the second field, is in parentheses and may have blanks; utime and stime are fields 14
    // and 15.
    std::istringstream behind_command{text.substr(text.rfind(')') + 1)};
    std::string skipped;
    for (int field = 3; field < 14; ++field) behind_command >> skipped;
    std::int64_t user_ticks = 0;
    std::int64_t system_ticks = 0;
    if (!(behind_command >> user_ticks >> system_ticks)) return std::nullopt;
    return (user_ticks + system_ticks) * (Duration{1s} / sysconf(_SC_CLK_TCK));
}

}  // namespace

std::optional<Duration> cpu_time(const std::vector<int>& pids) {
    Duration sum{0};
    for (const int pid : pids) {
        const auto time = cpu_time_of(pid);
        if (!time) return std::nullopt;
        sum += *time;
    }
    return sum;
}

void Measurement::begin(Instant start) {
    opens_at_ = start + window_.warmup;
    advance(start);
}

void Measurement::advance(Instant now) {
    if (!opened_ && now >= opens_at_) {
        opened_ = true;
        opened_at_ = now;
        generator_cpu_ = own_cpu_time();
        if (!server_pids_.empty()) server_cpu_ = cpu_time(server_pids_);
    }
    if (is_open() && ((window_.length && now >= opened_at_ + *window_.length) || has_all_messages()))
        close(now);
}

void Measurement::close(Instant now) {
    if (closed_) return;
    closed_ = true;
    if (!opened_) opened_at_ = now;
    closed_at_ = now;
    generator_cpu_ = own_cpu_time() - generator_cpu_;
    if (server_cpu_) {
        const auto at_end = cpu_time(server_pids_);
        server_cpu_ = at_end ? std::optional{*at_end - *server_cpu_} : std::nullopt;
    }
}

bool Measurement::has_all_messages() const {
    return window_.messages && std::max(sends_.messages, pulls_.messages) >= *window_.messages;
}

void Measurement::sent(Instant now, Instant intended, std::uint64_t messages) {
    if (!is_open()) return;
    ++sends_.requests;
    sends_.messages += messages;
    sends_.latency.record(now - intended);
    if (!by_second_) return;
    const auto number = static_cast<std::size_t>((now - opened_at_) / 1s);
    while (seconds_.size() <= number) seconds_.emplace_back();
    seconds_[number].messages += messages;
    seconds_[number].latency.record(now - intended);
}

void Measurement::pulled(Instant now, Instant intended, std::uint64_t messages, std::size_t body_bytes) {
    if (!is_open()) return;
    ++pulls_.requests;
    pulls_.messages += messages;
    pulls_.body_bytes += body_bytes;
    pulls_.latency.record(now - intended);
}

void Measurement::arrived(Instant now, Instant intended) {
    if (is_open()) end_to_end_.record(now - intended);
}

void Measurement::refused(Series& series, std::int32_t code) {
    if (is_open()) ++series.refusals[code];
}

}  // namespace tern::bench
