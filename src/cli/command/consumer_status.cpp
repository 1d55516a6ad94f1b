// consumerStatus: what the members of a consumer group tell of themselves, and whether they agree.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <iterator>

#include "admin/groups.hpp"
#include "cli/commands.hpp"
#include "cli/group_health.hpp"
#include "cli/rocketmq_text.hpp"
#include "json/fields.hpp"

namespace tern::cli::commands {
namespace {

using remoting::ConsumerRunningInfo;

constexpr std::array options{
    Option{"b", "brokerAddr", Takes::text, Need::may, "the broker to ask; else one from the group's route"},
    Option{"g", "consumerGroup", Takes::text, Need::must, "the consumer group"},
    Option{"i", "clientId", Takes::text, Need::may, "only this member, with all that it tells"},
    Option{"s", "jstack", Takes::nothing, Need::may, "with its threads"},
};

std::string report_of(const ConsumerRunningInfo& info) {
    std::string text = "#Consumer Properties#\n";
    const auto out = std::back_inserter(text);
    for (const auto& [name, value] : info.properties) fmt::format_to(out, "{:<40}: {}\n", name, value);
    text += "\n\n#Consumer Subscription#\n";
    int number = 0;
    for (const auto& each : info.subscription_set)
        fmt::format_to(out, "{:03} Topic: {:<40} ClassFilter: {:<8} SubExpression: {}\n", ++number,
                       each.topic, each.class_filter_mode, each.sub_string);
    fmt::format_to(out, "\n\n#Consumer Offset#\n{:<64}  {:<32}  {:<4}  {:<20}\n", "#Topic", "#Broker Name",
                   "#QID", "#Consumer Offset");
    for (const auto& [queue, state] : info.mq_table)
        fmt::format_to(out, "{:<64}  {:<32}  {:<4}  {:<20}\n", queue.topic, queue.broker_name,
                       queue.queue_id.value(), state.commit_offset.value());
    fmt::format_to(out, "\n\n#Consumer MQ Detail#\n{:<64}  {:<32}  {:<4}  {:<20}  {:<20}\n", "#Topic",
                   "#Broker Name", "#QID", "#CachedMsgCount", "#LastPull");
    for (const auto& [queue, state] : info.mq_table)
        fmt::format_to(out, "{:<64}  {:<32}  {:<4}  {:<20}  {:<20}\n", queue.topic, queue.broker_name,
                       queue.queue_id.value(), state.cached_messages, time_text(state.last_pull_timestamp));
    fmt::format_to(out, "\n\n#Consumer RT&TPS#\n{:<64}  {:>14} {:>14} {:>14} {:>14} {:>18} {:>25}\n",
                   "#Topic", "#Pull RT", "#Pull TPS", "#Consume RT", "#ConsumeOK TPS", "#ConsumeFailed TPS",
                   "#ConsumeFailedMsgsInHour");
    for (const auto& [topic, status] : info.status_table)
        fmt::format_to(out, "{:<32}  {:>14.2f} {:>14.2f} {:>14.2f} {:>14.2f} {:>18.2f} {:>25}\n", topic,
                       status.pull_rt, status.pull_tps, status.consume_rt, status.consume_ok_tps,
                       status.consume_failed_tps, status.consume_failed_messages);
    if (info.jstack) text += "\n\n#Consumer jstack#\n" + *info.jstack + "\n";
    return text;
}

admin::Task<Result<>> run(Invocation& in) {
    const auto group = in.arguments.text("consumerGroup");
    auto address = in.arguments.optional_text("brokerAddr");
    if (!address) {
        const auto addresses = co_await admin::addresses_of_group(in.admin, group);
        if (!addresses) co_return std::unexpected{addresses.error()};
        address = addresses->front();
    }
    const bool with_threads = in.arguments.has("jstack");
    if (const auto client_id = in.arguments.optional_text("clientId")) {
        const auto info = co_await admin::running_info(in.admin, *address, group, *client_id, with_threads);
        if (!info) co_return std::unexpected{info.error()};
        if (in.wants_json()) {
            in.print(json::to_value(*info));
        } else {
            in.out << report_of(*info);
        }
        co_return {};
    }
    const auto members = co_await admin::consumer_connection(in.admin, group, *address);
    if (!members) co_return std::unexpected{members.error()};
    constexpr std::string_view row = "{:<10} {:<40} {:<20} {}\n";
    if (!in.wants_json())
        fmt::print(in.out, row, "#Index", "#ClientId", "#Version", "#ConsumerRunningInfoFile");
    std::vector<MemberInfo> infos;
    json::Object documents;
    const auto started_at = in.runtime.clock.wall_ms();
    Result<> outcome;
    for (const auto& member : members->connection_set) {
        auto info = co_await admin::running_info(in.admin, *address, group, member.client_id, with_threads);
        if (!info) {
            outcome = std::unexpected{info.error()};
            continue;
        }
        if (in.wants_json()) {
            documents.push_back({member.client_id, json::to_value(*info)});
        } else {
            const auto path = fmt::format("{}/{}", started_at, member.client_id);
            if (auto kept = in.write_file(path, report_of(*info)); !kept) co_return kept;
            fmt::print(in.out, row, infos.size() + 1, member.client_id, version_text(member.version), path);
        }
        infos.push_back({member.client_id, std::move(*info)});
    }
    if (in.wants_json()) {
        in.print(std::move(documents));
    } else if (!infos.empty()) {
        in.out << (subscribe_the_same(infos)
                       ? "\n\nSame subscription in the same group of consumer\n"
                       : "\n\nWARN: Different subscription in the same group of consumer!!!\n");
        in.out << (share_without_conflict(infos) ? "\nRebalance OK\n" : "\nRebalance Failed\n");
        for (const auto& info : infos)
            for (const auto& trouble : queue_troubles(info, in.runtime.clock.wall_ms()))
                in.out << trouble << '\n';
    }
    co_return outcome;
}

}  // namespace

constinit const Command consumer_status{
    "consumerStatus",
    "What the members of a consumer group tell of themselves, and whether they agree.",
    options,
    {"consumerStatus -g OrderGroup -n 127.0.0.1:9876",
     "consumerStatus -g OrderGroup -i 10.0.0.7@4711 -s -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
