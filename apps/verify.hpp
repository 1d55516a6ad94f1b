// tern verify: keeps a broker group of the user's own busy, on request kills or stops members meanwhile, and
// gives the account: what was acknowledged and can be read, and how long sends were not accepted.
#pragma once

#include <cstdint>
#include <string>

#include "tls.hpp"

namespace tern::apps {

struct VerifyArguments {
    std::string name_servers;
    std::string broker_name;  // Empty: the only one there is.
    double minutes{1};
    std::string kill{"none"};  // leader, pause, partition or none.
    std::string pids;          // "n0=4711,n1=4712"; empty: local processes, by the ports they listen on.
    std::int64_t rate{100};    // Sends in a second.
    std::int64_t size{256};    // Bytes of a body.
    std::int32_t queues{8};
    bool json{false};
    TlsArguments tls;  // -Dtls.name=value
};

// 0: nothing acknowledged is lost; 1: it can't be done so; 2: something is lost, or it could not be proved.
int run_verify(const VerifyArguments& arguments);

}  // namespace tern::apps
