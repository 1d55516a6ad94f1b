// Clusters, the brokers in them, and what these tell of themselves.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/admin.hpp"
#include "remoting/body/route_data.hpp"

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
// Errc::invalid_argument when there is no such cluster, with the names of those that are.
Task<Result<std::vector<Member>>> members_of_cluster(Admin& admin, std::string cluster);
Task<Result<std::vector<Member>>> masters_of_cluster(Admin& admin, std::string cluster);

Task<Result<RuntimeInfo>> runtime_info(Admin& admin, std::string address);

struct MemberRuntime {
    Member member;
    Result<RuntimeInfo> runtime;
};
// All brokers, or those of one cluster, asked side by side; one that does not answer has the error instead.
Task<Result<std::vector<MemberRuntime>>> cluster_runtime(Admin& admin, std::optional<std::string> cluster);

}  // namespace tern::admin
