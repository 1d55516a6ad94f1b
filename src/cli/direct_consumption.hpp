// Stored messages handed to one consumer, whatever its group has consumed.
#pragma once

#include <vector>

#include "cli/command.hpp"
#include "client/message.hpp"

namespace tern::cli {

// Whom -g and -d of a command name; both or nobody.
bool names_consumer(const Arguments& arguments);
// Makes that consumer consume the messages, and prints what it says of each. Errc::invalid_argument for one
// that pulls by itself.
admin::Task<Result<>> consume_directly(Invocation& in, std::vector<client::ReceivedMessage> messages);

}  // namespace tern::cli
