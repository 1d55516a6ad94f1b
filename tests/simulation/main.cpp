// tern_simulation: runs seeds, and says which failed and what was reached.
#include <cstdio>
#include <iostream>
#include <span>
#include <string_view>

#include "base/text.hpp"
#include "simulation/simulation.hpp"

namespace {

constexpr std::string_view usage =
    "tern_simulation [options]\n"
    "  --seeds N               how many seeds to run (100)\n"
    "  --from N                the first of them (1)\n"
    "  --seed N                this one alone\n"
    "  --scenario NAME         everything, calm, crashes, power, disk, network or clients (everything)\n"
    "  --trace                 print every log line of the run\n"
    "  --require-rare-states   fail when a listed rare state was never reached\n"
    "  --failures N            stop after so many failed seeds (5)\n"
    "  --quiet                 no progress line\n"
    "  --json                  the result as JSON\n";

int refuse(std::string_view argument) {
    std::cerr << "tern_simulation: " << argument << "\n" << usage;
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    tern::simulation::Campaign campaign;
    const std::span<char*> arguments{argv + 1, static_cast<std::size_t>(argc - 1)};
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        const std::string_view value = i + 1 < arguments.size() ? arguments[i + 1] : std::string_view{};
        const auto number = tern::parse_number<std::uint64_t>(value);
        const bool takes_number =
            name == "--seeds" || name == "--from" || name == "--seed" || name == "--failures";
        if (takes_number && !number) return refuse(std::string{name} + " takes a number");
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
            std::cout << usage;
            return 0;
        } else {
            return refuse("unknown option: " + std::string{name});
        }
    }
    return tern::simulation::run_campaign(campaign, std::cout) ? 0 : 1;
}
