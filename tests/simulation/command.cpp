#include "simulation/command.hpp"

#include <algorithm>
#include <iostream>

#include "base/text.hpp"
#include "simulation/simulation.hpp"

namespace tern::simulation {
namespace {

constexpr std::uint64_t jobs_max = 256;

constexpr std::string_view usage =
    " [options]: runs a cluster in virtual time, with faults; a run is its seed\n"
    "  --seeds N               how many seeds to run (100)\n"
    "  --from N                the first of them (1)\n"
    "  --seed N                this one alone\n"
    "  --scenario NAME         everything, calm, crashes, power, disk, network, clients, alone, raft\n"
    "                          or slaves (everything)\n"
    "  --trace                 print every log line of the run\n"
    "  --require-rare-states   fail when a listed rare state was never reached\n"
    "  --failures N            stop after so many failed seeds (5)\n"
    "  --jobs N                runs at a time, a thread for each (1)\n"
    "  --kept-seeds            first those that failed once\n"
    "  --quiet                 no progress line\n"
    "  --json                  the result as JSON\n";

int refuse(std::string_view program, std::string_view argument) {
    std::cerr << program << ": " << argument << "\n" << program << usage;
    return 2;
}

}  // namespace

int run_command(std::string_view program, std::span<char* const> arguments) {
    Campaign campaign{.program = std::string{program}};
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        const std::string_view value = i + 1 < arguments.size() ? arguments[i + 1] : std::string_view{};
        const auto number = parse_number<std::uint64_t>(value);
        const bool takes_number = name == "--seeds" || name == "--from" || name == "--seed" ||
                                  name == "--failures" || name == "--jobs";
        if (takes_number && !number) return refuse(program, std::string{name} + " takes a number");
        if (takes_number || name == "--scenario") ++i;

        if (name == "--seeds") {
            campaign.seeds = *number;
        } else if (name == "--from") {
            campaign.first_seed = *number;
        } else if (name == "--seed") {
            campaign.first_seed = *number;
            campaign.seeds = 1;
        } else if (name == "--failures") {
            campaign.failures_max = *number;
        } else if (name == "--jobs") {
            campaign.jobs = static_cast<unsigned>(std::clamp<std::uint64_t>(*number, 1, jobs_max));
        } else if (name == "--kept-seeds") {
            campaign.runs_kept_seeds = true;
        } else if (name == "--scenario") {
            campaign.scenario = value;
        } else if (name == "--trace") {
            campaign.print_trace = true;
        } else if (name == "--require-rare-states") {
            campaign.require_rare_states = true;
        } else if (name == "--quiet") {
            campaign.show_progress = false;
        } else if (name == "--json") {
            campaign.as_json = true;
        } else if (name == "--help") {
            std::cout << program << usage;
            return 0;
        } else {
            return refuse(program, "unknown option: " + std::string{name});
        }
    }
    return run_campaign(campaign, std::cout) ? 0 : 1;
}

}  // namespace tern::simulation
