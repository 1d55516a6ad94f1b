// Which brokers there are, in which groups and clusters, and where each topic's queues are: all that a
// NameServer answers from, made of what brokers registered. A value: no clock, no connection. Lists come out
// in the order of their names, so an answer changes only when what it says does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "json/value.hpp"
#include "model/data_version.hpp"
#include "remoting/body/route_data.hpp"
#include "remoting/body/topic_config_table.hpp"

namespace tern::nameserver {

inline constexpr BrokerId master_id{0};
// Of all that is registered: its text, and registered_entry_size more for each broker and for each topic of a
// group. Ours: room for a million topics of two groups each.
inline constexpr std::size_t registered_bytes_max = std::size_t{512} * 1024 * 1024;
inline constexpr std::size_t registered_entry_size = 200;

// What a broker says of itself.
struct Registration {
    std::string cluster{};
    std::string broker_name{};
    BrokerId broker_id{};
    std::string address{};
    std::string ha_address{};
    std::string zone{};
    std::optional<bool> enable_acting_master{};  // Absent from brokers of 4.x.
    remoting::TopicConfigTable topics{};
    std::vector<std::string> filter_servers{};

    // Of the topics; its state_version is the epoch of the group's master.
    const model::DataVersion& version() const { return topics.data_version; }
};

// What it gets to know.
struct Registered {
    bool is_outdated{};               // Somebody of a newer epoch is known: nothing was changed.
    std::string master_address{};     // For those that are not the master, while there is one.
    std::string master_ha_address{};  // Likewise.
};

struct BrokerMember {
    std::string address{};
    std::string ha_address{};
    model::DataVersion version{};
    std::vector<std::string> filter_servers{};
    friend bool operator==(const BrokerMember&, const BrokerMember&) = default;
};

// The brokers of one name: a master and its replicas.
struct BrokerGroup {
    std::string cluster{};
    std::string zone{};
    bool enable_acting_master{};
    std::int64_t topics_epoch{};                 // Of who told the topics last.
    std::map<BrokerId, BrokerMember> members{};  // Those that live; never empty in the table.

    bool has_master() const { return members.contains(master_id); }
    friend bool operator==(const BrokerGroup&, const BrokerGroup&) = default;
};

class RouteTable {
public:
    explicit RouteTable(std::size_t bytes_max = registered_bytes_max) : bytes_max_{bytes_max} {}

    // By the rules of wire-protocol 4.2. Beyond them, so that an older epoch never overwrites a newer one:
    // who would be the master, or take the place of a living member, is outdated while a member whose place
    // or reign that is has registered a newer epoch. Errc::internal in RocketMQ's words for a first
    // registration with a single topic; Errc::limit_exceeded. With delete_missing_topics the group loses the
    // topics that are not in it.
    Result<Registered> register_broker(const Registration& registration, bool delete_missing_topics = false);

    // The member of that address is gone. A group keeps its queues while any member lives, and goes with the
    // last.
    void unregister_broker(std::string_view broker_name, std::string_view address);

    // The version of the topics that this broker registered last; nullptr when it is not known.
    const model::DataVersion* version_of(std::string_view broker_name, std::string_view address) const;

    const std::map<std::string, BrokerGroup, std::less<>>& groups() const { return groups_; }
    // nullptr when there is none.
    const BrokerGroup* find_group(std::string_view broker_name) const;

    // Everywhere, or in one cluster.
    void delete_topic(std::string_view topic);
    void delete_topic(std::string_view topic, std::string_view cluster);
    // Queues that come without a registration; those of unknown groups are ignored. Errc::limit_exceeded.
    Result<> add_queues(const std::string& topic, const std::vector<remoting::QueueData>& queues);
    // Takes the write bit from all topics of the group, or gives them read and write. Both last until the
    // group registers another version of its topics. Returns how many topics the group has.
    std::int32_t wipe_write_perm(std::string_view broker_name);
    std::int32_t add_write_perm(std::string_view broker_name);

    // Nothing when there is no queue of the topic. With support_acting_master the lowest replica is presented
    // as the master of a group that has lost its own and asked for this.
    std::optional<remoting::TopicRouteData> route(std::string_view topic, bool support_acting_master) const;
    remoting::ClusterInfo clusters() const;
    remoting::BrokerMemberGroup member_group(std::string_view cluster, std::string_view broker_name) const;

    std::vector<std::string> topics() const;
    std::vector<std::string> topics_of_cluster(std::string_view cluster) const;
    // Those whose system flag has all bits of set and none of unset (model::topic_sys_flag).
    std::vector<std::string> topics_with_flag(std::int32_t set, std::int32_t unset) const;

    // Of what is registered, counted as registered_bytes_max is.
    std::size_t bytes() const { return bytes_; }
    // Goes up with every change that an answer could show.
    std::uint64_t revision() const { return revision_; }

private:
    struct Topic {
        std::map<std::string, remoting::QueueData, std::less<>>
            queues;                                                // By group; of known ones, never empty.
        std::map<std::string, json::Value, std::less<>> mappings;  // Of a static topic, by group.
        friend bool operator==(const Topic&, const Topic&) = default;
    };

    using Topics = std::map<std::string, Topic, std::less<>>;

    static std::size_t size_of(std::string_view broker_name, const BrokerGroup& group);
    static std::size_t size_of(std::string_view name, const Topic& topic);
    bool has_queues(std::string_view topic, std::string_view broker_name) const;
    // Errc::limit_exceeded; what is there already stays.
    Result<> check_room(const Registration& registration) const;
    Result<> check_room(std::size_t more) const;
    bool take_topics(const Registration& registration, bool is_new_version, bool wipe_write);
    // Takes the group's queues from each topic that is_gone(name); a topic without queues goes.
    template <class IsGone>
    bool remove_queues(std::string_view broker_name, IsGone is_gone);
    bool remove_queues_of(Topics::iterator topic, std::string_view broker_name);
    template <class Change>
    std::int32_t change_perms(std::string_view broker_name, Change change);
    template <class Select>
    std::vector<std::string> select_topics(Select select) const;

    std::map<std::string, BrokerGroup, std::less<>> groups_;  // By name.
    Topics topics_;
    std::size_t bytes_max_;
    std::size_t bytes_{0};
    std::uint64_t revision_{0};
};

// Leaves of a route what a client in that zone shall use: groups of the zone, and groups without a master,
// which are read wherever they are.
void keep_zone(remoting::TopicRouteData& route, std::string_view zone);

}  // namespace tern::nameserver
