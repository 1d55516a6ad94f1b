// The brokers that a command is about: one by its address (-b), or those of a cluster (-c).
#pragma once

#include <vector>

#include "admin/cluster.hpp"
#include "cli/command.hpp"

namespace tern::cli {

enum class Slaves { no, yes };

// As the options brokerAddr and clusterName say; a broker named by its address has nothing else.
admin::Task<Result<std::vector<admin::Member>>> targets_of(Invocation& invocation, Slaves slaves);

}  // namespace tern::cli
