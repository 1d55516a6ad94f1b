// deleteSubGroup: removes a consumer group from a broker or from a cluster.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/groups.hpp"
#include "admin/topics.hpp"
#include "cli/commands.hpp"
#include "cli/targets.hpp"
#include "model/topic_name.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "brokerAddr", Takes::text, Need::one_of, "address of one broker"},
    Option{"c", "clusterName", Takes::text, Need::one_of,
           "all masters of this cluster; the group's topics of retries and dead letters go, too"},
    Option{"g", "groupName", Takes::text, Need::must, "name of the consumer group"},
    Option{"r", "removeOffset", Takes::boolean, Need::may, "its offsets go, too; false by default"},
};

admin::Task<Result<>> run(Invocation& in) {
    const auto group = in.arguments.text("groupName");
    const auto cluster = in.arguments.optional_text("clusterName");
    const auto targets = co_await targets_of(in, Slaves::no);
    if (!targets) co_return std::unexpected{targets.error()};
    json::Array deleted_from;
    for (const auto& target : *targets) {
        const auto deleted = co_await admin::delete_group(in.admin, target.address, group,
                                                          in.arguments.is_true("removeOffset"));
        if (!deleted) co_return deleted;
        deleted_from.emplace_back(target.address);
        if (!in.wants_json())
            fmt::print(in.out, "delete subscription group [{}] from broker [{}]{} success.\n", group,
                       target.address, cluster ? fmt::format(" in cluster [{}]", *cluster) : "");
    }
    if (cluster) {
        for (const auto& topic : {model::retry_topic(group), model::dlq_topic(group)}) {
            const auto deleted = co_await admin::delete_topic(in.admin, *cluster, topic);
            if (!deleted) co_return deleted;
        }
    }
    if (in.wants_json()) in.print(json::Object{{"deleted", group}, {"deletedFrom", std::move(deleted_from)}});
    co_return {};
}

}  // namespace

constinit const Command delete_sub_group{
    "deleteSubGroup",
    "Delete a consumer group.",
    options,
    {"deleteSubGroup -c DefaultCluster -g OldGroup -r true -n 127.0.0.1:9876",
     "deleteSubGroup -b 127.0.0.1:10911 -g OldGroup"},
    run};

}  // namespace tern::cli::commands
