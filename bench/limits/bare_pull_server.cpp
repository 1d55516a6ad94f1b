// The most that a server of pulls could do: as the bare echo server, and the messages leave from the page
// cache, where they lie as in a commit log. (By sendmsg: sendfile takes longer for so few pages.)
#include <cstdio>

#include "base/text.hpp"
#include "bench/limits/pull_service.hpp"

int main(int argc, char** argv) {
    using namespace tern;
    using namespace tern::bench;
    const auto number = [&](int at) {
        return argc == 6 ? parse_number<std::int64_t>(argv[at]).value_or(0) : 0;
    };
    const PullService::Messages messages{
        .queues = number(3), .in_each = number(4), .body_size = static_cast<std::size_t>(number(5))};
    if (messages.queues <= 0 || messages.in_each <= 0) {
        std::fprintf(stderr,
                     "usage: bare_pull_server IP:PORT FILE QUEUES MESSAGES SIZE     port 0: any; FILE is "
                     "overwritten with so many messages a queue, with bodies of that size\n");
        return 2;
    }
    auto pull = PullService::open(argv[2], messages);
    if (!pull) {
        std::fprintf(stderr, "%s\n", pull.error().detail.c_str());
        return 1;
    }
    return serve_at(argv[1], *pull);
}
