#include "admin/cluster.hpp"

#include <algorithm>
#include <utility>

#include "remoting/body/lists.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/header/group.hpp"

namespace tern::admin {

using remoting::RequestCode;

namespace {

std::vector<Member> masters_among(std::vector<Member> members) {
    std::erase_if(members, [](const Member& member) { return !member.is_master(); });
    return members;
}

std::string value_of(const RuntimeInfo& info, const std::string& name) {
    const auto found = info.find(name);
    return found == info.end() ? std::string{} : found->second;
}

Task<std::vector<MemberRuntime>> runtimes_of(Admin& admin, std::vector<Member> members) {
    std::vector<Task<Result<RuntimeInfo>>> asking;
    for (const auto& member : members) asking.push_back(runtime_info(admin, member.address));
    auto runtimes = co_await all(std::move(asking));
    std::vector<MemberRuntime> together;
    for (std::size_t i = 0; i < members.size(); ++i)
        together.push_back({std::move(members[i]), std::move(runtimes[i])});
    co_return together;
}

// The members that those who answer name. A NameServer knows only those that are up, and one that is down is
// what somebody looks for.
class KnownMembers {
public:
    // What one of them tells; of the others' state only a leader knows.
    void add(const RuntimeInfo& told, bool leads) {
        for (const auto& [key, text] : told) {
            if (!key.starts_with(prefix)) continue;
            const auto name = key.substr(prefix.size());
            Known& known = members_[name];
            if (leads) known.replication = text;
            if (auto address = value_of(told, "groupAddress_" + name); !address.empty())
                known.address = std::move(address);
        }
    }
    // Adds what is known of them to those that are registered, and a row for each of the others.
    void complete(std::vector<GroupMember>& members) {
        for (auto& member : members) complete(member);
        const auto nameless = std::ranges::count(members, std::string{}, &GroupMember::member);
        // Who does not answer says no name: without addresses the rest may be those.
        if (std::cmp_greater_equal(nameless, members_.size())) return;
        for (auto& [name, known] : members_) {
            GroupMember member{.broker = members.front().broker, .registered = false, .member = name};
            member.broker.id = BrokerId{-1};
            member.broker.address = known.address;
            member.replication = known.replication;
            member.answered = failure(Errc::service_not_available,
                                      name + " of the group is not registered at the NameServer");
            members.push_back(std::move(member));
        }
    }

private:
    static constexpr std::string_view prefix = "groupMember_";
    struct Known {
        std::string replication;
        std::string address;
    };

    void complete(GroupMember& member) {
        const auto known = std::ranges::find_if(members_, [&](const auto& entry) {
            return member.member.empty() ? entry.second.address == member.broker.address
                                         : entry.first == member.member;
        });
        if (known == members_.end()) return;
        member.member = known->first;
        member.replication = known->second.replication;
        members_.erase(known);
    }

    std::map<std::string, Known> members_;  // By name, "n1"; those that have no row yet.
};

}  // namespace

Task<Result<remoting::ClusterInfo>> cluster_info(Admin& admin) {
    co_return co_await admin.ask_name_server(RequestCode::get_broker_cluster_info,
                                             body_as<remoting::ClusterInfo>);
}

std::vector<Member> members_of(const remoting::ClusterInfo& info, std::optional<std::string_view> cluster) {
    std::vector<Member> members;
    for (const auto& [cluster_name, broker_names] : info.cluster_addr_table) {
        if (cluster && *cluster != cluster_name) continue;
        for (const auto& broker_name : broker_names) {
            const auto broker = info.broker_addr_table.find(broker_name);
            if (broker == info.broker_addr_table.end()) continue;
            for (const auto& [id, address] : broker->second.broker_addrs)
                members.push_back({cluster_name, broker_name, id, address});
        }
    }
    return members;
}

std::vector<std::string> addresses_of(const std::vector<Member>& members) {
    std::vector<std::string> addresses;
    for (const auto& member : members) addresses.push_back(member.address);
    return addresses;
}

Task<Result<std::vector<Member>>> members_of_cluster(Admin& admin, std::string cluster) {
    const auto info = co_await cluster_info(admin);
    if (!info) co_return std::unexpected{info.error()};
    if (!info->cluster_addr_table.contains(cluster)) {
        std::string known;
        for (const auto& [name, brokers] : info->cluster_addr_table)
            known.append(known.empty() ? "" : ", ").append(name);
        co_return failure(
            Errc::invalid_argument,
            "there is no cluster " + cluster + "; the NameServer knows " + (known.empty() ? "none" : known));
    }
    co_return members_of(*info, cluster);
}

Task<Result<std::vector<Member>>> masters_of_all_clusters(Admin& admin) {
    const auto info = co_await cluster_info(admin);
    if (!info) co_return std::unexpected{info.error()};
    co_return masters_among(members_of(*info));
}

Task<Result<std::vector<Member>>> masters_of_cluster(Admin& admin, std::string cluster) {
    auto members = co_await members_of_cluster(admin, cluster);
    if (!members) co_return members;
    members = masters_among(std::move(*members));
    if (members->empty())
        co_return failure(Errc::service_not_available, "no broker of cluster " + cluster + " is a master");
    co_return members;
}

Task<Result<RuntimeInfo>> runtime_info(Admin& admin, std::string address) {
    auto table =
        co_await admin.ask(address, RequestCode::get_broker_runtime_info, {}, body_as<remoting::KVTable>);
    if (!table) co_return std::unexpected{table.error()};
    co_return std::move(table->table);
}

Task<Result<remoting::HaStatus>> ha_status(Admin& admin, std::string address) {
    co_return co_await admin.ask(address, RequestCode::get_broker_ha_status, {}, body_as<remoting::HaStatus>);
}

Task<Result<std::vector<MemberRuntime>>> cluster_runtime(Admin& admin, std::optional<std::string> cluster) {
    const auto info = co_await cluster_info(admin);
    if (!info) co_return std::unexpected{info.error()};
    co_return co_await runtimes_of(admin, members_of(*info, cluster));
}

Task<Result<void>> clean(Admin& admin, std::string address, Rubbish what) {
    const auto code = what == Rubbish::unused_topics           ? RequestCode::clean_unused_topic
                      : what == Rubbish::expired_queue_entries ? RequestCode::clean_expired_consumequeue
                                                               : RequestCode::delete_expired_commitlog;
    co_return co_await admin.ask(address, code, {}, success);
}

Task<Result<std::optional<remoting::BrokerStatsData>>> broker_stats(Admin& admin, std::string address,
                                                                    std::string item, std::string key) {
    const remoting::ViewBrokerStatsDataRequest request{key, item};
    const auto data = co_await admin.ask(address, request, {}, body_as<remoting::BrokerStatsData>);
    if (data) co_return *data;
    if (data.error().detail.ends_with("not exist")) co_return std::nullopt;
    co_return std::unexpected{data.error()};
}

Task<Result<std::vector<GroupMember>>> group_members(Admin& admin, std::string broker_name) {
    const auto info = co_await cluster_info(admin);
    if (!info) co_return std::unexpected{info.error()};
    auto registered = members_of(*info);
    std::erase_if(registered, [&](const Member& broker) { return broker.broker_name != broker_name; });
    const auto runtimes = co_await runtimes_of(admin, std::move(registered));
    std::vector<GroupMember> members;
    KnownMembers known;
    for (const auto& [broker, runtime] : runtimes) {
        GroupMember member{.broker = broker};
        if (!runtime) {
            member.answered = std::unexpected{runtime.error()};
        } else {
            const auto value = [&info = *runtime](const char* name) { return value_of(info, name); };
            member.member = value("groupSelf");
            member.role = value("groupRole");
            member.term = value("groupTerm");
            member.leader = value("groupLeader");
            member.committed = value("groupCommitted");
            known.add(*runtime, member.role == "LEADER");
        }
        members.push_back(std::move(member));
    }
    if (members.empty())
        co_return failure(Errc::invalid_argument,
                          "the NameServer knows no broker of the name " + broker_name);
    known.complete(members);
    co_return members;
}

Task<Result<std::string>> metrics(Admin& admin, std::string address) {
    co_return co_await admin.ask(address, RequestCode::get_metrics, {}, body_text);
}

Task<Result<void>> transfer_leadership(Admin& admin, std::string address, std::optional<std::string> to) {
    remoting::TransferLeadershipRequest request;
    if (to) request.to = *to;
    co_return co_await admin.ask(address, request, {}, success);
}

}  // namespace tern::admin
