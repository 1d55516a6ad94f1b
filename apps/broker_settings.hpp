// The settings of a broker as its process has them: defaults, environment, home, file and command line.
#pragma once

#include "broker/broker_config.hpp"
#include "server.hpp"

namespace tern::apps {

// Reads them; prints what a person has to know on standard error. 0, or the status to exit with.
int read_broker_settings(const ServerArguments& arguments, Settings& settings, broker::BrokerConfig& config);
// Fills in what the machine says. False, and said on standard error: no broker can run so.
bool complete_broker_settings(broker::BrokerConfig& config);

}  // namespace tern::apps
