// How the queues of a topic are divided among the members of a group (broker-semantics 7.3). Each member
// divides by itself, so all have to come to the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/message_queue.hpp"

namespace tern::client {

// RocketMQ's AVG: runs of neighbours, the first members get one more when it does not come out even. Sorts
// both. A client that is not among the members gets nothing.
std::vector<model::MessageQueue> allocate_averagely(std::vector<model::MessageQueue> queues,
                                                    std::vector<std::string> members,
                                                    std::string_view client_id);

}  // namespace tern::client
