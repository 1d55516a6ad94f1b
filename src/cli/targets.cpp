#include "cli/targets.hpp"

namespace tern::cli {

admin::Task<Result<std::vector<admin::Member>>> targets_of(Invocation& invocation, Slaves slaves) {
    if (const auto address = invocation.arguments.optional_text("brokerAddr"))
        co_return std::vector{admin::Member{{}, {}, client::master_id, *address}};
    const auto cluster = invocation.arguments.text("clusterName");
    if (slaves == Slaves::yes) co_return co_await admin::members_of_cluster(invocation.admin, cluster);
    co_return co_await admin::masters_of_cluster(invocation.admin, cluster);
}

}  // namespace tern::cli
