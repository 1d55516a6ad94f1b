// tern_simulation: the simulation without the rest of tern, for a quick build.
#include "simulation/command.hpp"

int main(int argc, char** argv) {
    return tern::simulation::run_command("tern_simulation", {argv + 1, argv + argc});
}
