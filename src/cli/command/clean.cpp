// cleanExpiredCQ, cleanUnusedTopic, deleteExpiredCommitLog: what would go by itself, now.
#include "admin/cluster.hpp"
#include "cli/commands.hpp"
#include "cli/targets.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "brokerAddr", Takes::text, Need::may, "address of one broker"},
    Option{"c", "cluster", Takes::text, Need::may, "all masters of this cluster; of all clusters without it"},
};

admin::Task<Result<>> clean(Invocation& in, admin::Rubbish what) {
    std::vector<admin::Member> targets;
    if (const auto address = in.arguments.optional_text("brokerAddr")) {
        targets.push_back({{}, {}, client::master_id, *address});
    } else {
        const auto cluster = in.arguments.optional_text("cluster");
        auto masters = cluster ? co_await admin::masters_of_cluster(in.admin, *cluster)
                               : co_await admin::masters_of_all_clusters(in.admin);
        if (!masters) co_return std::unexpected{masters.error()};
        targets = std::move(*masters);
    }
    co_return co_await at_each(
        in, std::move(targets), "cleaned",
        [&](const std::string& address) { return admin::clean(in.admin, address, what); },
        [](const std::string&) { return std::string{"success"}; });
}

admin::Task<Result<>> run_entries(Invocation& in) {
    return clean(in, admin::Rubbish::expired_queue_entries);
}
admin::Task<Result<>> run_topics(Invocation& in) {
    return clean(in, admin::Rubbish::unused_topics);
}
admin::Task<Result<>> run_log(Invocation& in) {
    return clean(in, admin::Rubbish::expired_log);
}

}  // namespace

constinit const Command clean_expired_cq{
    "cleanExpiredCQ",
    "Remove files of consume queues whose messages have expired.",
    options,
    {"cleanExpiredCQ -b 127.0.0.1:10911", "cleanExpiredCQ -c DefaultCluster -n 127.0.0.1:9876"},
    run_entries};

constinit const Command clean_unused_topic{
    "cleanUnusedTopic",
    "Remove the queues of topics that do not exist any more.",
    options,
    {"cleanUnusedTopic -b 127.0.0.1:10911", "cleanUnusedTopic -c DefaultCluster -n 127.0.0.1:9876"},
    run_topics};

constinit const Command delete_expired_commit_log{
    "deleteExpiredCommitLog",
    "Remove files of the commit log that are older than fileReservedTime, at any hour.",
    options,
    {"deleteExpiredCommitLog -b 127.0.0.1:10911",
     "deleteExpiredCommitLog -c DefaultCluster -n 127.0.0.1:9876"},
    run_log};

}  // namespace tern::cli::commands
