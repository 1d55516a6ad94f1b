// haStatus: how far the slaves of a master are, or a slave behind its master.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/cluster.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"
#include "cli/targets.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "brokerAddr", Takes::text, Need::one_of, "address of one broker, master or slave"},
    Option{"c", "clusterName", Takes::text, Need::one_of, "all masters of this cluster"},
    Option{"i", "interval", Takes::number, Need::may, "print again every so many seconds, without end"},
};

constexpr std::string_view row = "{:<32}  {:<16} {:>16} {:>16} {:>16} {:>16}\n";

std::string kilobytes_per_s(std::int64_t bytes_per_s) {
    return fmt::format("{:.2f}", static_cast<double>(bytes_per_s) / 1024.0);
}

void print_master(Invocation& in, const std::string& address, const remoting::HaStatus& status) {
    fmt::print(in.out,
               "\n#MasterAddr\t{}\n#MasterCommitLogMaxOffset\t{}\n#SlaveNum\t{}\n#InSyncSlaveNum\t{}\n",
               address, status.master_max_offset, status.connections.size(), status.in_sync_slaves);
    fmt::print(in.out, row, "#SlaveAddr", "#SlaveAckOffset", "#Diff", "#TransferSpeed(KB/s)", "#Status",
               "#TransferFromWhere");
    for (const auto& slave : status.connections)
        fmt::print(in.out, row, slave.addr, slave.slave_ack_offset, slave.diff,
                   kilobytes_per_s(slave.transferred_bytes_per_s), slave.in_sync ? "OK" : "Fall Behind",
                   slave.transfer_from_where);
}

void print_slave(Invocation& in, const remoting::HaClientInfo& slave) {
    fmt::print(in.out,
               "\n#MasterAddr\t{}\n#CommitLogMaxOffset\t{}\n#TransferSpeed(KB/s)\t{}\n#LastReadTime\t{}\n"
               "#LastWriteTime\t{}\n#MasterFlushOffset\t{}\n",
               slave.master_addr, slave.max_offset, kilobytes_per_s(slave.transferred_bytes_per_s),
               time_text_ms(slave.last_read_timestamp), time_text_ms(slave.last_write_timestamp),
               slave.master_flush_offset);
}

json::Value as_value(const remoting::HaStatus& status) {
    return *json::parse(json::encode(status));
}

admin::Task<Result<>> run_once(Invocation& in) {
    const auto targets = co_await targets_of(in, Slaves::no);
    if (!targets) co_return std::unexpected{targets.error()};
    const auto answers = co_await admin::answers_of<std::pair<std::string, remoting::HaStatus>>(
        in.admin, admin::addresses_of(*targets), [&](const std::string& address) {
            return admin::with_address(address, admin::ha_status(in.admin, address));
        });
    if (!answers) co_return std::unexpected{answers.error()};
    json::Object by_address;
    for (const auto& [address, status] : *answers) {
        if (in.wants_json()) {
            by_address.push_back({address, as_value(status)});
        } else if (status.master) {
            print_master(in, address, status);
        } else {
            print_slave(in, status.client);
        }
    }
    if (in.wants_json()) in.print(std::move(by_address));
    co_return {};
}

admin::Task<Result<>> run(Invocation& in) {
    const auto interval = in.arguments.number("interval");
    while (true) {
        const auto done = co_await run_once(in);
        if (!done || !interval || !in.admin.silent().empty()) co_return done;
        in.out.flush();
        const auto seconds = std::chrono::seconds{std::max<std::int64_t>(1, *interval)};
        co_await admin::pause(in.runtime.timers, seconds);
    }
}

}  // namespace

constinit const Command ha_status{
    "haStatus",
    "How far the slaves of a master are, or a slave behind its master.",
    options,
    {"haStatus -b 127.0.0.1:10911", "haStatus -c DefaultCluster -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
