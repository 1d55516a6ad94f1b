#include "bench/load/report.hpp"

#include <fmt/format.h>

#include <fstream>

#include "json/writer.hpp"

namespace tern::bench {
namespace {

double in_seconds(Duration duration) {
    return std::chrono::duration<double>{duration}.count();
}

double in_us(std::uint64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1e3;
}

double per_second(std::uint64_t count, Duration time) {
    return time > Duration{0} ? static_cast<double>(count) / in_seconds(time) : 0;
}

// 1234567 as 1,234,567.
std::string grouped(double number) {
    std::string text = fmt::format("{:.0f}", number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), 1, ',');
    return text;
}

std::uint64_t count_of(const std::map<std::int32_t, std::uint64_t>& refusals) {
    std::uint64_t sum = 0;
    for (const auto& [code, count] : refusals) sum += count;
    return sum;
}

std::string latency_line(std::string_view name, const metrics::Histogram& latency) {
    const auto ms = [&latency](double share) { return in_us(latency.quantile(share)) / 1000; };
    return fmt::format("{:<14}p50 {:.3f}  p90 {:.3f}  p99 {:.3f}  p99.9 {:.3f}  max {:.3f} ms\n", name,
                       ms(0.5), ms(0.9), ms(0.99), ms(0.999), in_us(latency.max()) / 1000);
}

std::string series_lines(std::string_view verb, const Series& series, Duration length) {
    std::string text = fmt::format("{:<14}{} messages in {:.2f} s, {} a second\n", verb,
                                   grouped(static_cast<double>(series.messages)), in_seconds(length),
                                   grouped(per_second(series.messages, length)));
    text += latency_line("  latency", series.latency);
    if (series.given_up > 0)
        text += fmt::format("  given up    {}\n", grouped(static_cast<double>(series.given_up)));
    for (const auto& [code, count] : series.refusals)
        text += fmt::format("  refused     {} with code {}\n", grouped(static_cast<double>(count)), code);
    return text;
}

json::Value latency_json(const metrics::Histogram& latency) {
    return json::Object{{"p50", in_us(latency.quantile(0.5))},
                        {"p90", in_us(latency.quantile(0.9))},
                        {"p99", in_us(latency.quantile(0.99))},
                        {"p99_9", in_us(latency.quantile(0.999))},
                        {"max", in_us(latency.max())}};
}

json::Value series_json(const Series& series, const Measurement& measurement) {
    json::Object object{{"messages", series.messages},
                        {"requests", series.requests},
                        {"messages_per_second", per_second(series.messages, measurement.length())},
                        {"body_bytes", series.body_bytes},
                        {"refused", count_of(series.refusals)},
                        {"latency_us", latency_json(series.latency)}};
    if (series.given_up > 0) object.push_back({"given_up", series.given_up});
    if (measurement.server_cpu())
        object.push_back(
            {"messages_per_server_cpu_second", per_second(series.messages, *measurement.server_cpu())});
    return object;
}

json::Value seconds_json(const std::deque<Second>& seconds) {
    json::Array rows;
    for (const auto& second : seconds)
        rows.push_back(json::Object{{"messages", second.messages},
                                    {"p50", in_us(second.latency.quantile(0.5))},
                                    {"p99", in_us(second.latency.quantile(0.99))},
                                    {"max", in_us(second.latency.max())}});
    return rows;
}

}  // namespace

std::string report_table(const Options& options, const Target& target, const Measurement& measurement) {
    const Duration length = measurement.length();
    std::string text = fmt::format("{} to {}, topic {} with {} queues: {} connections x {} outstanding, {}\n",
                                   mode_name(options.mode), target.address, options.topic, target.queues,
                                   options.connections, options.outstanding,
                                   options.rate > 0 ? grouped(options.rate) + " a second" : "closed loop");
    if (options.sends()) text += series_lines("sent", measurement.sends(), length);
    if (options.pulls()) text += series_lines("pulled", measurement.pulls(), length);
    if (measurement.end_to_end().count() > 0) text += latency_line("end to end", measurement.end_to_end());
    text += fmt::format("{:<14}{:.2f} cores\n", "generator",
                        in_seconds(measurement.generator_cpu()) / in_seconds(length));
    if (const auto cpu = measurement.server_cpu()) {
        const auto messages = std::max(measurement.sends().messages, measurement.pulls().messages);
        text += fmt::format("{:<14}{:.2f} cores, {} messages a CPU second\n", "server",
                            in_seconds(*cpu) / in_seconds(length), grouped(per_second(messages, *cpu)));
    }
    if (options.verify) text += fmt::format("{:<14}every answer was checked\n", "verified");
    return text;
}

std::string report_json(const Options& options, const Target& target, const Measurement& measurement) {
    json::Object report{{"mode", mode_name(options.mode)},
                        {"address", target.address},
                        {"queues", target.queues},
                        {"connections", options.connections},
                        {"outstanding", options.outstanding},
                        {"size", options.size},
                        {"rate", options.rate},
                        {"opened_at_ns", measurement.opened_at().time_since_epoch().count()},
                        {"seconds", in_seconds(measurement.length())},
                        {"generator_cpu_seconds", in_seconds(measurement.generator_cpu())}};
    if (const auto cpu = measurement.server_cpu()) report.push_back({"server_cpu_seconds", in_seconds(*cpu)});
    if (options.sends()) report.push_back({"send", series_json(measurement.sends(), measurement)});
    if (options.pulls()) report.push_back({"pull", series_json(measurement.pulls(), measurement)});
    if (measurement.end_to_end().count() > 0)
        report.push_back({"end_to_end_us", latency_json(measurement.end_to_end())});
    if (options.by_second) report.push_back({"by_second", seconds_json(measurement.seconds())});
    report.push_back({"verified", options.verify});
    return json::write(report) + "\n";
}

Result<> write_histogram(const std::string& path, const metrics::Histogram& latency) {
    std::ofstream file{path};
    const auto resolution = 1 / static_cast<double>(std::max<std::uint64_t>(latency.count(), 1));
    for (double above = 1; above >= resolution; above /= 2)
        file << fmt::format("{:.9f} {:.3f}\n", 1 - above, in_us(latency.quantile(1 - above)));
    file << fmt::format("{:.9f} {:.3f}\n", 1.0, in_us(latency.max()));
    if (!file.flush()) return failure(Errc::io_failed, "write " + path);
    return {};
}

}  // namespace tern::bench
