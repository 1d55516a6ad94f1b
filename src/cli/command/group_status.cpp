// groupStatus and transferLeader, which are ours: who leads a broker group, how far the others are, and its
// planned hand-over.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/cluster.hpp"
#include "cli/commands.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array status_options{
    Option{"b", "brokerName", Takes::text, Need::must, "name of the group: brokerName of its members"},
};
constexpr std::array transfer_options{
    Option{"b", "brokerAddr", Takes::text, Need::must, "address of any member"},
    Option{"t", "to", Takes::text, Need::may, "member to take over, such as n1; without it the best one"},
};

constexpr std::string_view row = "{:<8} {:<22} {:<14} {:<6} {:<8} {:<14} {}\n";

json::Value as_value(const admin::GroupMember& member) {
    json::Object object;
    object.push_back({"address", member.broker.address});
    object.push_back({"registered", member.registered});
    object.push_back({"member", member.member});
    object.push_back({"role", member.role});
    object.push_back({"term", member.term});
    object.push_back({"leader", member.leader});
    object.push_back({"committed", member.committed});
    object.push_back({"replication", member.replication});
    if (!member.answered) object.push_back({"error", member.answered.error().detail});
    return object;
}

admin::Task<Result<>> status(Invocation& in) {
    const auto members = co_await admin::group_members(in.admin, in.arguments.text("brokerName"));
    if (!members) co_return std::unexpected{members.error()};
    Result<> result;
    json::Array list;
    if (!in.wants_json())
        fmt::print(in.out, row, "#Member", "#Addr", "#Role", "#Term", "#Leader", "#Committed",
                   "#As the leader sees it");
    for (const auto& member : *members) {
        if (!member.answered) result = member.answered;
        if (in.wants_json()) {
            list.push_back(as_value(member));
            continue;
        }
        const auto role = !member.registered ? "NOT REGISTERED"
                          : !member.answered ? "NO ANSWER"
                                             : member.role;
        fmt::print(in.out, row, member.member, member.broker.address, role, member.term, member.leader,
                   member.committed, member.replication);
    }
    if (in.wants_json()) in.print(std::move(list));
    co_return result;
}

admin::Task<Result<>> transfer(Invocation& in) {
    const auto done = co_await admin::transfer_leadership(in.admin, in.arguments.text("brokerAddr"),
                                                          in.arguments.optional_text("to"));
    if (!done) co_return std::unexpected{done.error()};
    if (in.wants_json()) {
        in.print(json::Object{{"transferred", true}});
    } else {
        fmt::print(in.out, "another member leads now.\n");
    }
    co_return {};
}

}  // namespace

constinit const Command group_status{
    "groupStatus",
    "The members of a broker group: who leads, in which term, and how far the others are.",
    status_options,
    {"groupStatus -b broker-a -n 127.0.0.1:9876", "groupStatus -b broker-a -n 127.0.0.1:9876 --json"},
    status};

constinit const Command transfer_leader{
    "transferLeader",
    "Hands the leadership of a Raft group over to another member; no send fails.",
    transfer_options,
    {"transferLeader -b 127.0.0.1:10911", "transferLeader -b 127.0.0.1:10911 -t n1"},
    transfer};

}  // namespace tern::cli::commands
