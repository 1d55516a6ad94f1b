// The most that a broker with this log could do on one core: as the bare echo server, and records are
// appended to a file; with "sync" each turn's with one fdatasync, before its answers leave.
#include <cstdio>
#include <cstring>

#include "bench/limits/append_service.hpp"

int main(int argc, char** argv) {
    using namespace tern::bench;
    const bool syncs = argc == 4 && std::strcmp(argv[3], "sync") == 0;
    if (argc != 3 && !syncs) {
        std::fprintf(stderr,
                     "usage: bare_append_server IP:PORT FILE [sync]     port 0: any; FILE is overwritten\n");
        return 2;
    }
    auto append = AppendService::open(argv[2], syncs ? Sync::each_turn : Sync::never);
    if (!append) {
        std::fprintf(stderr, "%s\n", append.error().detail.c_str());
        return 1;
    }
    return serve_at(argv[1], *append);
}
