// Runs of the simulation, one seed after the other: what tern_simulation and `tern sim` do.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "simulation/world.hpp"

namespace tern::simulation {

struct Campaign {
    std::string program{"tern_simulation"};  // What runs a seed again.
    std::uint64_t first_seed{1};
    std::uint64_t seeds{100};
    std::string scenario{"everything"};
    bool print_trace{false};          // Every log line as it comes; for one seed.
    bool require_rare_states{false};  // A campaign that never reached one of them has failed.
    bool as_json{false};              // The result as one JSON object instead of a table.
    bool show_progress{true};
    std::uint64_t run_twice_one_in{
        20};                        // Seeds whose run is repeated, to see that nothing but the seed decides.
    std::uint64_t failures_max{5};  // Then it stops.
    unsigned jobs{1};               // Threads; each run has one of them to itself.
    bool runs_kept_seeds{false};    // Those of kept_seeds.hpp first.
};

// One run; a second one, if asked for, has to end in the same state.
enum class RunTwice { no, yes };
RunReport run_seed(std::uint64_t seed, const std::string& scenario, RunTwice twice, PrintTrace print_trace);

// True when all runs have passed. The last line is "N passed, N failed, N skipped".
bool run_campaign(const Campaign& campaign, std::ostream& out);

}  // namespace tern::simulation
