// Topics: where they are, how far they are, and changes to them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "admin/admin.hpp"
#include "admin/cluster.hpp"
#include "client/route.hpp"
#include "model/topic_config.hpp"
#include "remoting/body/stats.hpp"

namespace tern::admin {

// Every topic, also the system's, those of retries and of dead letters; sorted.
Task<Result<std::vector<std::string>>> topic_list(Admin& admin);

// Errc::topic_not_exist names the topic.
Task<Result<Ref<client::Route>>> topic_route(Admin& admin, std::string topic);

// The addresses of a route's brokers: of each group its master, or any other member when it has none.
std::vector<std::string> addresses_of(const client::Route& route);

// The offsets of all queues, by queue.
Task<Result<remoting::TopicStatsTable>> topic_stats(Admin& admin, std::string topic);

// The clusters whose brokers have the topic.
std::set<std::string> clusters_of(const client::Route& route);

// The groups that consume it, or did.
Task<Result<std::set<std::string>>> topic_groups(Admin& admin, std::string topic);

struct TopicInCluster {
    std::string topic;
    std::string cluster;
    std::set<std::string> groups;
};
// All topics but those of retries and dead letters, each with its cluster and groups; topics whose brokers
// are gone are left out.
Task<Result<std::vector<TopicInCluster>>> topics_in_clusters(Admin& admin);

// Creates it or replaces all its settings. Attributes: "+message.type=FIFO,-reserve.time". Both as the broker
// says.
Task<Result<void>> put_topic(Admin& admin, std::string address, model::TopicConfig config,
                             std::string attributes);

// Several at once: all of them or none.
Task<Result<void>> put_topics(Admin& admin, std::string address, std::vector<model::TopicConfig> topics);
// As the broker has it.
// All that the broker has, without those of RocketMQ's own; with those of retries and dead letters or
// without.
enum class GroupTopics { no, yes };
Task<Result<std::map<std::string, model::TopicConfig>>> user_topics(Admin& admin, std::string address,
                                                                    GroupTopics group_topics);
Task<Result<model::TopicConfig>> topic_config(Admin& admin, std::string address, std::string topic);

// The order of an ordered topic, "broker-a:8;broker-b:8", in the key-value configuration of every NameServer.
Task<Result<std::optional<std::string>>> topic_order(Admin& admin, std::string topic);
Task<Result<void>> put_topic_order(Admin& admin, std::string topic, std::string order);
Task<Result<void>> delete_topic_order(Admin& admin, std::string topic);

// From every broker of the cluster, then from every NameServer, its order, too.
Task<Result<void>> delete_topic(Admin& admin, std::string cluster, std::string topic);

}  // namespace tern::admin
