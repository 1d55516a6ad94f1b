// tern sim: a cluster in virtual time, one run a seed.
#include "programs.hpp"
#include "simulation/command.hpp"

namespace tern::apps {

int run_sim(std::span<char* const> arguments) {
    return simulation::run_command("tern sim", arguments);
}

}  // namespace tern::apps
