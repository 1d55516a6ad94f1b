// Where the load goes: one broker, named by its address or found through a NameServer, and a topic on it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "bench/load/options.hpp"

namespace tern::bench {

struct Target {
    std::string address;
    std::string broker_name;
    std::int32_t queues{};
};

// The broker: --address as it is, or, by --namesrv, the master that the topic's route names first, or the
// cluster's first one when there is no such topic.
Result<Target> find_target(const Options& options);
// Creates the topic there with as many queues.
Result<> create_topic(const Target& target, const std::string& topic);
// The end of each queue of the topic.
Result<std::vector<std::int64_t>> max_offsets(const Target& target, const std::string& topic);

}  // namespace tern::bench
