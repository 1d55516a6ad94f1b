#include "net/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

namespace tern::net {

std::size_t raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return FOPEN_MAX;
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

TransportLimits within_descriptors(TransportLimits limits, std::size_t descriptors) {
    const std::size_t for_files = descriptors / 3;
    limits.streams_max = std::min(limits.streams_max, descriptors / 16);
    limits.connections_max = std::min(limits.connections_max, descriptors - for_files - limits.streams_max);
    return limits;
}

void log_descriptors(Log& log, const TransportLimits& limits, std::size_t descriptors) {
    const bool is_enough = limits.connections_max >= TransportLimits{}.connections_max;
    log.write(is_enough ? LogLevel::info : LogLevel::warning,
              is_enough ? "descriptors" : "descriptors_are_few",
              {{"limit", descriptors},
               {"connections_max", limits.connections_max},
               {"member_connections_max", limits.streams_max},
               {"for_files", descriptors - limits.connections_max - limits.streams_max}});
}

}  // namespace tern::net
