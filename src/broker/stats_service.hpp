// What administrators ask about a running broker: its own state, its topics, its groups and who is connected.
// spec/wire-protocol.md 13, spec/observability.md.
#pragma once

#include <map>
#include <string>

#include "base/runtime.hpp"
#include "broker/broker_config.hpp"
#include "broker/broker_stats.hpp"
#include "broker/client_registry.hpp"
#include "broker/consumer_offsets.hpp"
#include "broker/replication_service.hpp"
#include "broker/scheduled_messages.hpp"
#include "broker/subscription_groups.hpp"
#include "broker/topics.hpp"
#include "broker/traffic.hpp"
#include "io/file_system.hpp"
#include "remoting/body/stats.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/router.hpp"
#include "replication/group.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// Of one loop; the parts it refers to outlive it.
class StatsService {
public:
    struct Parts {
        const BrokerConfig& config;
        const Topics& topics;
        const SubscriptionGroups& groups;
        const ConsumerOffsets& offsets;
        const DelayProgress& progress;
        const ScheduledMessages& scheduled;
        const ClientRegistry& clients;
        const store::MessageStore& store;
        const replication::Group& group;
        const BrokerStats& stats;
        Traffic& traffic;
        const io::FileSystem& files;
        const ReplicationService& replication;
        const Forwarder& forwarder;
    };
    StatsService(Runtime runtime, Parts parts) : runtime_{runtime}, parts_{parts} {}

    void runtime_info(remoting::Request& request);
    void topic_stats(const remoting::GetTopicStatsInfoRequest& header, remoting::Request& request);
    void consume_stats(const remoting::GetConsumeStatsRequest& header, remoting::Request& request);
    void consumer_connections(const remoting::GetConsumerConnectionListRequest& header,
                              remoting::Request& request);
    void producer_connections(const remoting::GetProducerConnectionListRequest& header,
                              remoting::Request& request);
    void all_producers(remoting::Request& request);
    void broker_consume_stats(const remoting::GetBrokerConsumeStatsRequest& header,
                              remoting::Request& request);
    void groups_of_topic(const remoting::QueryTopicConsumeByWhoRequest& header, remoting::Request& request);
    void topics_of_group(const remoting::QueryTopicsByConsumerRequest& header, remoting::Request& request);
    void subscription(const remoting::QuerySubscriptionByConsumerRequest& header, remoting::Request& request);
    void consume_times(const remoting::QueryConsumeTimeSpanRequest& header, remoting::Request& request);
    void broker_stats(const remoting::ViewBrokerStatsDataRequest& header, remoting::Request& request);
    void system_topics(remoting::Request& request);
    void all_consumer_offsets(remoting::Request& request);
    void all_delay_offsets(remoting::Request& request);

private:
    void add_group(std::map<std::string, std::string>& table) const;
    void add_rates(std::map<std::string, std::string>& table) const;
    void add_store(std::map<std::string, std::string>& table) const;
    void add_queue_stats(std::string_view group, const model::TopicConfig& topic,
                         remoting::ConsumeStats& stats) const;
    bool is_given_up(std::string_view group, std::string_view topic) const;
    std::int64_t store_time(const store::ConsumeQueue& queue, QueueOffset at) const;

    Runtime runtime_;
    Parts parts_;
};

}  // namespace tern::broker
