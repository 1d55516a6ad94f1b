// What a run found, as a table for people, as one line of JSON for programs, and its latencies as a file.
#pragma once

#include <string>

#include "base/result.hpp"
#include "bench/load/measurement.hpp"
#include "bench/load/options.hpp"
#include "bench/load/target.hpp"

namespace tern::bench {

std::string report_table(const Options& options, const Target& target, const Measurement& measurement);
std::string report_json(const Options& options, const Target& target, const Measurement& measurement);
// Lines of "share microseconds": what that share of all requests did not exceed, at 0, 1/2, 3/4, 7/8 and so
// on to 1.
Result<> write_histogram(const std::string& path, const metrics::Histogram& latency);

}  // namespace tern::bench
