// The programs of the one binary. Each takes its own arguments, parsed, and gives the process's exit status.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "server.hpp"

namespace tern::apps {

int run_namesrv(const ServerArguments& arguments);
int run_broker(const ServerArguments& arguments);
int run_admin(const std::vector<std::string>& arguments, const TlsArguments& tls_arguments);
// Only where the simulation is built along.
int run_sim(std::span<char* const> arguments);
// Prints a page of docs/reference.
int run_reference(const std::string& page);

}  // namespace tern::apps
