// tern admin: mqadmin.
#include <cstdio>

#include "programs.hpp"

namespace tern::apps {

int run_admin(const std::vector<std::string>&) {
    std::fprintf(stderr, "not here yet\n");
    return exit_usage;
}

}  // namespace tern::apps
