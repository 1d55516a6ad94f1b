// The command line of the simulation, as tern_simulation and `tern sim` have it.
#pragma once

#include <span>
#include <string_view>

namespace tern::simulation {

// arguments without the program's own name; program is what it is called in help and in the lines that say
// how to run a seed again. Gives the exit status: 0 when all runs have passed, 2 for arguments that say
// nothing.
int run_command(std::string_view program, std::span<char* const> arguments);

}  // namespace tern::simulation
