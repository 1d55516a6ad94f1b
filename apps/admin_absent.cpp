// tern admin, until src/cli is part of the build: admin.cpp is its wiring, not compiled yet.
#include <cstdio>

#include "programs.hpp"

namespace tern::apps {

int run_admin(const std::vector<std::string>&) {
    std::fprintf(stderr, "tern admin: mqadmin of our own is not part of this build yet; use the stock mqadmin\n");
    return exit_usage;
}

}  // namespace tern::apps
