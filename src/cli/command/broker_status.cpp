// brokerStatus: all that a broker tells of itself.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/cluster.hpp"
#include "cli/commands.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "brokerAddr", Takes::text, Need::one_of, "address of one broker"},
    Option{"c", "clusterName", Takes::text, Need::one_of, "every broker of this cluster, slaves too"},
};

json::Object as_object(const admin::RuntimeInfo& info) {
    json::Object object;
    for (const auto& [name, value] : info) object.push_back({name, value});
    return object;
}

admin::Task<Result<>> run_cluster(Invocation& in, std::string cluster) {
    const auto known = co_await admin::members_of_cluster(in.admin, cluster);
    if (!known) co_return std::unexpected{known.error()};
    const auto brokers = co_await admin::cluster_runtime(in.admin, cluster);
    if (!brokers) co_return std::unexpected{brokers.error()};
    json::Object by_address;
    Result<> result;
    for (const auto& broker : *brokers) {
        const auto& address = broker.member.address;
        if (!broker.runtime) {
            result = std::unexpected{broker.runtime.error()};
            continue;
        }
        by_address.push_back({address, as_object(*broker.runtime)});
        if (in.wants_json()) continue;
        for (const auto& [name, value] : *broker.runtime)
            fmt::print(in.out, "{:<24} {:<32}: {}\n", address, name, value);
    }
    if (in.wants_json()) in.print(std::move(by_address));
    co_return result;
}

admin::Task<Result<>> run(Invocation& in) {
    if (const auto cluster = in.arguments.optional_text("clusterName"))
        co_return co_await run_cluster(in, *cluster);
    const auto info = co_await admin::runtime_info(in.admin, in.arguments.text("brokerAddr"));
    if (!info) co_return std::unexpected{info.error()};
    if (in.wants_json()) {
        in.print(as_object(*info));
        co_return {};
    }
    for (const auto& [name, value] : *info) fmt::print(in.out, "{:<32}: {}\n", name, value);
    co_return {};
}

}  // namespace

constinit const Command broker_status{
    "brokerStatus",
    "What a broker tells of itself: its store, its queues of requests, its counters.",
    options,
    {"brokerStatus -b 127.0.0.1:10911", "brokerStatus -c DefaultCluster -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
