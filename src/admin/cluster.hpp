// Clusters, the brokers in them, and what these tell of themselves.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/admin.hpp"
#include "remoting/body/ha_status.hpp"
#include "remoting/body/route_data.hpp"
#include "remoting/body/stats.hpp"

namespace tern::admin {

// A broker as the NameServer knows it.
struct Member {
    std::string cluster;
    std::string broker_name;
    BrokerId id;
    std::string address;

    bool is_master() const { return id == client::master_id; }
};

// Name to value; observability.md has the names.
using RuntimeInfo = std::map<std::string, std::string>;

Task<Result<remoting::ClusterInfo>> cluster_info(Admin& admin);

// By cluster, name and id; of all clusters when none is named.
std::vector<Member> members_of(const remoting::ClusterInfo& info,
                               std::optional<std::string_view> cluster = {});
std::vector<std::string> addresses_of(const std::vector<Member>& members);
// Errc::invalid_argument when there is no such cluster, with the names of those that are.
Task<Result<std::vector<Member>>> members_of_cluster(Admin& admin, std::string cluster);
Task<Result<std::vector<Member>>> masters_of_cluster(Admin& admin, std::string cluster);
Task<Result<std::vector<Member>>> masters_of_all_clusters(Admin& admin);

Task<Result<RuntimeInfo>> runtime_info(Admin& admin, std::string address);

// How far a master's slaves are, or a slave is behind its master.
Task<Result<remoting::HaStatus>> ha_status(Admin& admin, std::string address);

struct MemberRuntime {
    Member member;
    Result<RuntimeInfo> runtime;
};
// All brokers, or those of one cluster, asked side by side; one that does not answer has the error instead.
Task<Result<std::vector<MemberRuntime>>> cluster_runtime(Admin& admin, std::optional<std::string> cluster);

// What a broker removes at once instead of when its time comes.
enum class Rubbish { expired_queue_entries, unused_topics, expired_log };
Task<Result<void>> clean(Admin& admin, std::string address, Rubbish what);

// How much of a statistics item there was; nothing where the broker has counted none.
Task<Result<std::optional<remoting::BrokerStatsData>>> broker_stats(Admin& admin, std::string address,
                                                                    std::string item, std::string key);

// A member of a broker group, from what the members tell of themselves.
struct GroupMember {
    Member broker;          // Of one that is not registered: its name alone.
    bool registered{true};  // Else the others know it, and no NameServer.
    std::string member;     // "n1"; of a broker that knows of no group: empty.
    std::string role;       // LEADER, FOLLOWER, CANDIDATE.
    std::string term;
    std::string leader;  // Whom it follows.
    std::string committed;
    std::string replication;  // As the leader sees it: "voter, linked, log end 5, on disk 5, behind 0 B,
                              // 0 messages, 0.0 s".
    Result<> answered;
};
// The members of one broker name, those that are registered first; of the others what the leader sees of
// them.
Task<Result<std::vector<GroupMember>>> group_members(Admin& admin, std::string broker_name);

// What a broker or a NameServer counts, in Prometheus's text format.
Task<Result<std::string>> metrics(Admin& admin, std::string address);

// Through any member: the named one takes over, or the best of the others. Errc::refused with the words of
// the leader when nobody could.
Task<Result<void>> transfer_leadership(Admin& admin, std::string address, std::optional<std::string> to);

}  // namespace tern::admin
