#include "bench/load/run_bench.hpp"

#include <csignal>
#include <cstdio>

#include "bench/load/first_send.hpp"
#include "bench/load/generator.hpp"
#include "bench/load/report.hpp"

namespace tern::bench {
namespace {

// Whose window a SIGINT closes.
Generator* running = nullptr;

Result<std::string> run_first_send(const Options& options) {
    const auto accepted = await_first_send(options);
    if (!accepted) return std::unexpected(accepted.error());
    return R"({"mode":"first-send","accepted_at_ns":)" +
           std::to_string(accepted->time_since_epoch().count()) + "}\n";
}

Result<std::string> run_load(const Options& options) {
    const auto target = find_target(options);
    if (!target) return std::unexpected(target.error());
    if (options.creates_topic()) {
        if (auto created = create_topic(*target, options.topic); !created)
            return std::unexpected(created.error());
    }
    Generator generator{options, *target};
    running = &generator;
    std::signal(SIGINT, [](int) { running->interrupt(); });
    const auto ran = generator.run();
    std::signal(SIGINT, SIG_DFL);
    if (!ran) return std::unexpected(ran.error());
    const auto& measurement = generator.measurement();
    if (!options.histogram_file.empty()) {
        const auto& series = options.sends() ? measurement.sends() : measurement.pulls();
        if (auto written = write_histogram(options.histogram_file, series.latency); !written)
            return std::unexpected(written.error());
    }
    return options.json ? report_json(options, *target, measurement)
                        : report_table(options, *target, measurement);
}

}  // namespace

int run_bench(int argc, char** argv) {
    const auto parsed = parse_options(argc, argv);
    if (!parsed.options) return parsed.exit_status;
    const auto& options = *parsed.options;
    const auto report = options.mode == Mode::first_send ? run_first_send(options) : run_load(options);
    if (!report) {
        std::fprintf(stderr, "tern bench: %s\n", report.error().detail.c_str());
        return 1;
    }
    std::fputs(report->c_str(), stdout);
    return 0;
}

}  // namespace tern::bench
