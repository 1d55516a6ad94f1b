// Where topics are: the answers of the NameServer (wire-protocol 4.1, 4.7, 4.12).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/strong.hpp"
#include "json/fields.hpp"

namespace tern::remoting {

// The members of a broker group that live, by id; 0 is the master.
struct BrokerData {
    std::map<BrokerId, std::string> broker_addrs{};
    std::string broker_name{};
    std::string cluster{};
    bool enable_acting_master{};
    std::optional<std::string> zone_name{};

    static constexpr auto fields() {
        using D = BrokerData;
        return list_of(field("brokerAddrs", &D::broker_addrs), field("brokerName", &D::broker_name),
                       optional_field("cluster", &D::cluster),
                       optional_field("enableActingMaster", &D::enable_acting_master),
                       field("zoneName", &D::zone_name));
    }
    friend bool operator==(const BrokerData&, const BrokerData&) = default;
};

// The queues of a topic on one broker group.
struct QueueData {
    std::string broker_name{};
    std::int32_t perm{};
    std::int32_t read_queue_nums{};
    std::int32_t topic_sys_flag{};
    std::int32_t write_queue_nums{};

    static constexpr auto fields() {
        using D = QueueData;
        return list_of(field("brokerName", &D::broker_name), field("perm", &D::perm),
                       field("readQueueNums", &D::read_queue_nums),
                       optional_field("topicSysFlag", &D::topic_sys_flag),
                       field("writeQueueNums", &D::write_queue_nums));
    }
    friend bool operator==(const QueueData&, const QueueData&) = default;
};

struct TopicRouteData {
    std::vector<BrokerData> broker_datas{};
    std::map<std::string, std::vector<std::string>> filter_server_table{};
    std::optional<std::string> order_topic_conf{};  // "broker-a:8;broker-b:8"
    std::vector<QueueData> queue_datas{};
    std::optional<json::Value> topic_queue_mapping_by_broker{};  // Static topics.

    static constexpr auto fields() {
        using D = TopicRouteData;
        return list_of(optional_field("brokerDatas", &D::broker_datas),
                       optional_field("filterServerTable", &D::filter_server_table),
                       field("orderTopicConf", &D::order_topic_conf),
                       optional_field("queueDatas", &D::queue_datas),
                       field("topicQueueMappingByBroker", &D::topic_queue_mapping_by_broker));
    }
    friend bool operator==(const TopicRouteData&, const TopicRouteData&) = default;
};

struct ClusterInfo {
    std::map<std::string, BrokerData> broker_addr_table{};              // By broker name.
    std::map<std::string, std::set<std::string>> cluster_addr_table{};  // Broker names by cluster.

    static constexpr auto fields() {
        using I = ClusterInfo;
        return list_of(optional_field("brokerAddrTable", &I::broker_addr_table),
                       optional_field("clusterAddrTable", &I::cluster_addr_table));
    }
    friend bool operator==(const ClusterInfo&, const ClusterInfo&) = default;
};

struct BrokerMemberGroup {
    std::map<BrokerId, std::string> broker_addrs{};
    std::string broker_name{};
    std::string cluster{};

    static constexpr auto fields() {
        using G = BrokerMemberGroup;
        return list_of(optional_field("brokerAddrs", &G::broker_addrs),
                       optional_field("brokerName", &G::broker_name), optional_field("cluster", &G::cluster));
    }
    friend bool operator==(const BrokerMemberGroup&, const BrokerMemberGroup&) = default;
};

struct BrokerMemberGroupBody {
    BrokerMemberGroup broker_member_group{};

    static constexpr auto fields() {
        return list_of(field("brokerMemberGroup", &BrokerMemberGroupBody::broker_member_group));
    }
    friend bool operator==(const BrokerMemberGroupBody&, const BrokerMemberGroupBody&) = default;
};

}  // namespace tern::remoting
