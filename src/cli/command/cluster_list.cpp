// clusterList: the brokers of all clusters and how busy they are.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/cluster.hpp"
#include "cli/commands.hpp"
#include "cli/runtime_values.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"c", "clusterName", Takes::text, Need::may, "only this cluster"},
    Option{"i", "interval", Takes::number, Need::may, "print again every so many seconds, without end"},
    Option{"m", "moreStats", Takes::nothing, Need::may,
           "messages in and out, yesterday and today, instead of the load"},
};

std::string in_tps(const RuntimeValues& status) {
    return fmt::format("{:9.2f}({},{}ms)", status.real("putTps"), status.text("sendThreadPoolQueueSize"),
                       status.text("sendThreadPoolQueueHeadWaitTimeMills"));
}
std::string out_tps(const RuntimeValues& status) {
    return fmt::format(
        "{:9.2f}({},{}ms|{},{}ms)", status.real("getTransferredTps"), status.text("pullThreadPoolQueueSize"),
        status.text("pullThreadPoolQueueHeadWaitTimeMills"), status.text("ackThreadPoolQueueSize", "N"),
        status.text("ackThreadPoolQueueHeadWaitTimeMills", "N"));
}
std::string timer_progress(const RuntimeValues& status) {
    return fmt::format("{}-{}({:.1f}w, {:.1f}, {:.1f})", status.integer("timerReadBehind"),
                       status.integer("timerOffsetBehind"),
                       static_cast<double>(status.integer("timerCongestNum")) / 10'000,
                       status.real("timerEnqueueTps"), status.real("timerDequeueTps"));
}

void print_load(Invocation& in, const std::vector<admin::MemberRuntime>& brokers) {
    constexpr std::string_view row =
        "{:<22}  {:<22}  {:<4}  {:<22} {:<16}  {:>16}  {:>30}  {:<22}  {:>11}  {:<12}  {:<8}  {:>10}\n";
    fmt::print(
        in.out,
        "{:<22}  {:<22}  {:<4}  {:<22} {:<16}  {:>16}  {:>30}  {:<22}  {:<11}  {:<12}  {:<8}  {:<10}\n",
        "#Cluster Name", "#Broker Name", "#BID", "#Addr", "#Version", "#InTPS(LOAD)", "#OutTPS(LOAD)",
        "#Timer(Progress)", "#PCWait(ms)", "#Hour", "#SPACE", "#ACTIVATED");
    const auto now = in.runtime.clock.wall_ms();
    for (const auto& broker : brokers) {
        const RuntimeValues status{broker.runtime};
        const auto earliest = status.integer("earliestMessageTimeStamp");
        const double hours = earliest > 0 ? static_cast<double>(now - earliest) / 3'600'000 : 0;
        fmt::print(in.out, row, broker.member.cluster, broker.member.broker_name, broker.member.id.value(),
                   broker.member.address, status.text("brokerVersionDesc"), in_tps(status), out_tps(status),
                   timer_progress(status), status.text("pageCacheLockTimeMills"),
                   fmt::format("{:2.2f}", hours), fmt::format("{:.4f}", status.real("commitLogDiskRatio")),
                   status.text("brokerActive"));
    }
}

void print_totals(Invocation& in, const std::vector<admin::MemberRuntime>& brokers) {
    fmt::print(in.out, "{:<16}  {:<32} {:>14} {:>14} {:>14} {:>14}\n", "#Cluster Name", "#Broker Name",
               "#InTotalYest", "#OutTotalYest", "#InTotalToday", "#OutTotalToday");
    for (const auto& broker : brokers) {
        const RuntimeValues status{broker.runtime};
        const DayTotals put{status, "msgPutTotal"};
        const DayTotals got{status, "msgGetTotal"};
        fmt::print(in.out, "{:<16}  {:<32} {:>14} {:>14} {:>14} {:>14}\n", broker.member.cluster,
                   broker.member.broker_name, put.yesterday, got.yesterday, put.today, got.today);
    }
}

void print_json(Invocation& in, const std::vector<admin::MemberRuntime>& brokers) {
    json::Array rows;
    for (const auto& broker : brokers) {
        json::Object runtime;
        if (broker.runtime)
            for (const auto& [name, value] : *broker.runtime) runtime.push_back({name, value});
        json::Object row{{"cluster", broker.member.cluster},
                         {"brokerName", broker.member.broker_name},
                         {"brokerId", broker.member.id.value()},
                         {"addr", broker.member.address}};
        row.push_back({"runtime", std::move(runtime)});
        if (!broker.runtime) row.push_back({"error", broker.runtime.error().detail});
        rows.emplace_back(std::move(row));
    }
    in.print(std::move(rows));
}

Result<> first_error(const std::vector<admin::MemberRuntime>& brokers) {
    for (const auto& broker : brokers)
        if (!broker.runtime) return std::unexpected{broker.runtime.error()};
    return {};
}

admin::Task<Result<>> run(Invocation& in) {
    const auto cluster = in.arguments.optional_text("clusterName");
    const auto interval = in.arguments.number("interval");
    while (true) {
        if (cluster)
            if (const auto known = co_await admin::members_of_cluster(in.admin, *cluster); !known)
                co_return std::unexpected{known.error()};
        const auto brokers = co_await admin::cluster_runtime(in.admin, cluster);
        if (!brokers) co_return std::unexpected{brokers.error()};
        if (in.wants_json()) {
            print_json(in, *brokers);
        } else if (in.arguments.has("moreStats")) {
            print_totals(in, *brokers);
        } else {
            print_load(in, *brokers);
        }
        if (!interval) co_return first_error(*brokers);
        in.out.flush();
        const auto seconds = std::chrono::seconds{std::max<std::int64_t>(1, *interval)};
        co_await admin::pause(in.runtime.timers, seconds);
    }
}

}  // namespace

constinit const Command cluster_list{
    "clusterList",
    "Brokers of all clusters with their versions and loads.",
    options,
    {"clusterList -n 127.0.0.1:9876", "clusterList -c DefaultCluster -m -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
