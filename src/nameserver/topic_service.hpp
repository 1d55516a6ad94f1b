// Lists of topics, and changes to them that come from administrators: requests 205, 206, 216, 217, 224, 304,
// 311 to 313 and 327.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "nameserver/config.hpp"
#include "nameserver/route_table.hpp"
#include "remoting/header/route.hpp"
#include "remoting/router.hpp"

namespace tern::nameserver {

// All it is given outlives it. Owned by the NameServer's loop.
class TopicService {
public:
    TopicService(const NameServerConfig& config, RouteTable& table) : config_{config}, table_{table} {}

    void all_topics(remoting::Request& request);
    void topics_of_cluster(const remoting::GetTopicsByClusterRequest& header, remoting::Request& request);
    // The names of clusters and brokers, which are topics of the system, and the address of a broker that
    // knows more.
    void system_topics(remoting::Request& request);
    void unit_topics(remoting::Request& request);
    void topics_with_unit_subscription(remoting::Request& request);
    void other_topics_with_unit_subscription(remoting::Request& request);

    void delete_topic(const remoting::DeleteTopicInNamesrvRequest& header, remoting::Request& request);
    void register_topic(const remoting::RegisterTopicRequest& header, remoting::Request& request);
    void wipe_write_perm(const remoting::WipeWritePermRequest& header, std::string_view body,
                         remoting::Reply<remoting::WipeWritePermResponse> reply);
    void add_write_perm(const remoting::AddWritePermRequest& header, std::string_view body,
                        remoting::Reply<remoting::AddWritePermResponse> reply);

private:
    void answer_topics_with_flag(std::int32_t set, std::int32_t unset, remoting::Request& request);

    const NameServerConfig& config_;
    RouteTable& table_;
};

}  // namespace tern::nameserver
