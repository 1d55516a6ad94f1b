// What people read about commands: the list, one command's help, and the reference page.
#pragma once

#include <string>

#include "cli/command.hpp"

namespace tern::cli {

std::string list_of_commands();
std::string help_of(const Command& command);

// docs/reference/mqadmin.md, printed from the same rows.
std::string mqadmin_reference();

}  // namespace tern::cli
