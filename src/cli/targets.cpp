#include "cli/targets.hpp"

namespace tern::cli {

admin::Task<Result<std::vector<admin::Member>>> targets_of(Invocation& invocation, Slaves slaves) {
    if (const auto address = invocation.arguments.optional_text("brokerAddr"))
        co_return std::vector{admin::Member{{}, {}, client::master_id, *address}};
    const auto cluster = invocation.arguments.text("clusterName");
    if (slaves == Slaves::yes) co_return co_await admin::members_of_cluster(invocation.admin, cluster);
    co_return co_await admin::masters_of_cluster(invocation.admin, cluster);
}

admin::Task<Result<>> at_each(Invocation& in, std::vector<admin::Member> targets, std::string done,
                              AtTarget act, TargetLine line) {
    json::Array addresses;
    for (const auto& target : targets) {
        const auto acted = co_await act(target.address);
        if (!acted) co_return acted;
        addresses.emplace_back(target.address);
        if (!in.wants_json()) in.out << line(target.address) << '\n';
    }
    if (in.wants_json()) in.print(json::Object{{std::move(done), std::move(addresses)}});
    co_return {};
}

}  // namespace tern::cli
