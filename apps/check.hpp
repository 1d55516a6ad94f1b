// tern check: proves on a running cluster that what it acknowledges can be read: sends messages, reads them
// all back, and compares queue, offset, key, checksum and order.
#pragma once

#include <cstdint>
#include <string>

#include "tls.hpp"

namespace tern::apps {

struct CheckArguments {
    std::string name_servers;
    std::string topic{"TernCheck"};
    std::int64_t messages{100'000};
    std::int64_t size{1024};       // Bytes of a body.
    std::int64_t outstanding{64};  // Sends under way in one queue.
    std::int64_t kill_at_half{
        0};  // A process to be killed (SIGKILL) when half of the messages are acknowledged; 0: none.
    bool quiet{false};  // No progress bar.
    TlsArguments tls;   // -Dtls.name=value
};

int run_check(const CheckArguments& arguments);

}  // namespace tern::apps
