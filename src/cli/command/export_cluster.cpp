// exportConfigs, exportMetrics: how a cluster is set up and what it does, to a file.
#include <algorithm>
#include <array>
#include <set>

#include "admin/groups.hpp"
#include "admin/settings.hpp"
#include "admin/topics.hpp"
#include "cli/commands.hpp"
#include "cli/export_file.hpp"
#include "cli/rocketmq_text.hpp"
#include "cli/runtime_values.hpp"
#include "model/topic_name.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"c", "clusterName", Takes::text, Need::must, "the cluster whose masters are asked"},
    export_path,
};

constexpr std::array<std::string_view, 16> exported_settings{"brokerClusterName",
                                                             "brokerId",
                                                             "brokerName",
                                                             "brokerRole",
                                                             "fileReservedTime",
                                                             "filterServerNums",
                                                             "flushDiskType",
                                                             "maxMessageSize",
                                                             "messageDelayLevel",
                                                             "msgTraceTopicName",
                                                             "slaveReadEnable",
                                                             "traceOn",
                                                             "traceTopicEnable",
                                                             "useTLS",
                                                             "autoCreateTopicEnable",
                                                             "autoCreateSubscriptionGroup"};

admin::Task<Result<>> run_configs(Invocation& in) {
    const auto members = co_await admin::members_of_cluster(in.admin, in.arguments.text("clusterName"));
    if (!members) co_return std::unexpected{members.error()};
    json::Object by_broker;
    for (const auto& member : *members) {
        if (!member.is_master()) continue;
        const auto settings = co_await admin::broker_settings(in.admin, member.address);
        if (!settings) co_return std::unexpected{settings.error()};
        json::Object exported;
        for (const auto& setting : *settings)
            if (std::ranges::find(exported_settings, setting.key) != exported_settings.end())
                exported.push_back({setting.key, setting.value});
        by_broker.push_back({member.broker_name, std::move(exported)});
    }
    const auto masters = std::ranges::count_if(*members, &admin::Member::is_master);
    const auto slaves = std::ssize(*members) - masters;
    json::Object scale{{"namesrvSize", std::ssize(in.admin.name_servers())},
                       {"masterBrokerSize", masters},
                       {"slaveBrokerSize", slaves}};
    co_return export_document(
        in, "configs.json",
        json::Object{{"clusterScale", std::move(scale)}, {"brokerConfigs", std::move(by_broker)}});
}

// What one broker, or all together, take and give.
struct Load {
    double in_tps{};
    double out_tps{};
    double transaction_in_tps{};
    double schedule_in_tps{};
    std::int64_t in_of_yesterday{};
    std::int64_t out_of_yesterday{};
    std::int64_t transaction_in_of_day{};
    std::int64_t schedule_in_of_day{};

    Load& operator+=(const Load& other) {
        in_tps += other.in_tps;
        out_tps += other.out_tps;
        transaction_in_tps += other.transaction_in_tps;
        schedule_in_tps += other.schedule_in_tps;
        in_of_yesterday += other.in_of_yesterday;
        out_of_yesterday += other.out_of_yesterday;
        transaction_in_of_day += other.transaction_in_of_day;
        schedule_in_of_day += other.schedule_in_of_day;
        return *this;
    }
    json::Object of_days() const {
        return {{"normalOneDayInNum", in_of_yesterday},
                {"normalOneDayOutNum", out_of_yesterday},
                {"transOneDayInNum", transaction_in_of_day},
                {"scheduleOneDayInNum", schedule_in_of_day}};
    }
};

admin::Task<Result<Load>> load_of(admin::Admin& admin, std::string address, RuntimeValues values) {
    Load load{.in_tps = values.real("putTps"),
              .out_tps = values.real("getTransferredTps"),
              .in_of_yesterday = DayTotals{values, "msgPutTotal"}.yesterday,
              .out_of_yesterday = DayTotals{values, "msgGetTotal"}.yesterday};
    const auto put = [&](std::string_view topic) {
        return admin::broker_stats(admin, address, "TOPIC_PUT_NUMS", std::string{topic});
    };
    const auto transactions = co_await put(model::topic::transaction_half);
    if (!transactions) co_return std::unexpected{transactions.error()};
    const auto delayed = co_await put(model::topic::schedule);
    if (!delayed) co_return std::unexpected{delayed.error()};
    if (*transactions) {
        load.transaction_in_tps = (*transactions)->stats_minute.tps;
        load.transaction_in_of_day = (*transactions)->stats_day.sum;
    }
    if (*delayed) {
        load.schedule_in_tps = (*delayed)->stats_minute.tps;
        load.schedule_in_of_day = (*delayed)->stats_day.sum;
    }
    co_return load;
}

using Groups = std::map<std::string, model::SubscriptionGroupConfig>;

// "JAVA%V5_5_0": what the members of the groups are.
admin::Task<json::Array> clients_of(admin::Admin& admin, std::string address, Groups groups) {
    std::set<std::string> clients;
    for (const auto& [name, config] : groups) {
        const auto members = co_await admin::consumer_connection(admin, name, address);
        if (!members) continue;  // Nobody of the group is there.
        for (const auto& member : members->connection_set)
            clients.insert(member.language + "%" + version_text(member.version));
    }
    co_return json::Array{clients.begin(), clients.end()};
}

struct Report {
    Load load;
    json::Object document;
};

admin::Task<Result<Report>> report_of(admin::Admin& admin, std::string address) {
    const auto info = co_await admin::runtime_info(admin, address);
    if (!info) co_return std::unexpected{info.error()};
    const auto settings = co_await admin::broker_settings(admin, address);
    if (!settings) co_return std::unexpected{settings.error()};
    const auto topics = co_await admin::user_topics(admin, address, admin::GroupTopics::no);
    if (!topics) co_return std::unexpected{topics.error()};
    const auto groups = co_await admin::user_groups(admin, address);
    if (!groups) co_return std::unexpected{groups.error()};
    const RuntimeValues values{info};
    const auto load = co_await load_of(admin, address, values);
    if (!load) co_return std::unexpected{load.error()};

    json::Object environment;
    // RocketMQ sets as many of these threads as it has processors.
    for (const auto& setting : *settings)
        if (setting.key == "clientCallbackExecutorThreads") environment.push_back({"cpuNum", setting.value});
    json::Object quota{
        {"diskRatio", json::Object{{"commitLogDiskRatio", values.text("commitLogDiskRatio")},
                                   {"consumeQueueDiskRatio", values.text("consumeQueueDiskRatio")}}},
        {"tps", json::Object{{"normalInTps", load->in_tps},
                             {"normalOutTps", load->out_tps},
                             {"transInTps", load->transaction_in_tps},
                             {"scheduleInTps", load->schedule_in_tps}}},
        {"oneDayNum", load->of_days()},
        {"messageAverageSize", values.text("putMessageAverageSize")},
        {"topicSize", std::ssize(*topics)},
        {"groupSize", std::ssize(*groups)}};
    json::Object version{{"rocketmqVersion", values.text("brokerVersionDesc")}};
    version.push_back({"clientInfo", co_await clients_of(admin, address, *groups)});
    co_return Report{.load = *load,
                     .document = {{"runtimeEnv", std::move(environment)},
                                  {"runtimeQuota", std::move(quota)},
                                  {"runtimeVersion", std::move(version)}}};
}

admin::Task<Result<>> run_metrics(Invocation& in) {
    const auto masters = co_await admin::masters_of_cluster(in.admin, in.arguments.text("clusterName"));
    if (!masters) co_return std::unexpected{masters.error()};
    json::Object by_broker;
    Load total;
    for (const auto& master : *masters) {
        auto report = co_await report_of(in.admin, master.address);
        if (!report) co_return std::unexpected{report.error()};
        total += report->load;
        by_broker.push_back({master.broker_name, std::move(report->document)});
    }
    json::Object totals{{"totalTps", json::Object{{"totalNormalInTps", total.in_tps},
                                                  {"totalNormalOutTps", total.out_tps},
                                                  {"totalTransInTps", total.transaction_in_tps},
                                                  {"totalScheduleInTps", total.schedule_in_tps}}},
                        {"totalOneDayNum", total.of_days()}};
    co_return export_document(
        in, "metrics.json",
        json::Object{{"evaluateReport", std::move(by_broker)}, {"totalData", std::move(totals)}});
}

}  // namespace

constinit const Command export_configs{
    "exportConfigs",
    "Write how many servers a cluster has and the settings that distinguish its brokers to a file of JSON.",
    options,
    {"exportConfigs -c DefaultCluster -n 127.0.0.1:9876",
     "exportConfigs -c DefaultCluster -f /tmp/export -n 127.0.0.1:9876"},
    run_configs};

constinit const Command export_metrics{
    "exportMetrics",
    "Write what the brokers of a cluster take and give, and who their clients are, to a file of JSON.",
    options,
    {"exportMetrics -c DefaultCluster -n 127.0.0.1:9876",
     "exportMetrics -c DefaultCluster -f /tmp/export -n 127.0.0.1:9876"},
    run_metrics};

}  // namespace tern::cli::commands
