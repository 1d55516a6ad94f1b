// The brokers that a command is about: one by its address (-b), or those of a cluster (-c).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "admin/cluster.hpp"
#include "cli/command.hpp"

namespace tern::cli {

enum class Slaves { no, yes };

// As the options brokerAddr and clusterName say; a broker named by its address has nothing else.
admin::Task<Result<std::vector<admin::Member>>> targets_of(Invocation& invocation, Slaves slaves);

// Does the same at each of them in turn, until one refuses. For people a line each; for programs a document
// with the addresses under that name.
using AtTarget = std::function<admin::Task<Result<>>(const std::string& address)>;
using TargetLine = std::function<std::string(const std::string& address)>;
admin::Task<Result<>> at_each(Invocation& in, std::vector<admin::Member> targets, std::string done,
                              AtTarget act, TargetLine line);

}  // namespace tern::cli
