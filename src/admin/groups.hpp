// Groups of producers and consumers: their members, and how far they are.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "admin/admin.hpp"
#include "model/message_queue.hpp"
#include "model/subscription_group.hpp"
#include "remoting/body/connections.hpp"
#include "remoting/body/consumer_running_info.hpp"
#include "remoting/body/stats.hpp"
#include "remoting/body/subscription_group_table.hpp"

namespace tern::admin {

// Members of a consumer group and what they subscribe to, as the broker at the address says, or one that has
// the group's retry topic. Errc::consumer_not_online when there is no member, Errc::group_not_exist for a
// group that never was.
Task<Result<remoting::ConsumerConnection>> consumer_connection(Admin& admin, std::string group,
                                                               std::optional<std::string> address = {});

// Members of a producer group that send to the topic.
Task<Result<remoting::ProducerConnection>> producer_connection(Admin& admin, std::string group,
                                                               std::string topic);

// The group's offsets in all its topics, or in one, on all brokers that have its retry topic.
Task<Result<remoting::ConsumeStats>> consume_stats(Admin& admin, std::string group,
                                                   std::optional<std::string> topic = {});

// How long the message has waited that has waited longest for the group, of all queues of the topic; 0 ms
// when none waits.
Task<Result<std::chrono::milliseconds>> longest_wait(Admin& admin, std::string group, std::string topic);

// Which member has which queue now, as the members say themselves: client ids by queue. Members that do not
// answer have none.
Task<Result<std::map<model::MessageQueue, std::string>>> queue_owners(Admin& admin, std::string group);

// All groups that have a retry topic; sorted.
Task<Result<std::vector<std::string>>> group_list(Admin& admin);

struct GroupProgress {
    std::string group{};
    std::optional<remoting::ConsumerConnection> members{};  // Nothing when there are none.
    double consume_tps{};
    std::int64_t diff_total{};
};
// Of every group, those that lag most first. A group that cannot be asked has no members and no lag.
Task<Result<std::vector<GroupProgress>>> group_progress(Admin& admin);

// Creates it or replaces all its settings.
Task<Result<void>> put_group(Admin& admin, std::string address, model::SubscriptionGroupConfig config);
// Several at once: all of them or none.
Task<Result<void>> put_groups(Admin& admin, std::string address,
                              std::vector<model::SubscriptionGroupConfig> configs);
// All that the broker has, without those of RocketMQ's own.
Task<Result<std::map<std::string, model::SubscriptionGroupConfig>>> user_groups(Admin& admin,
                                                                                std::string address);
// As the broker has it; nothing when it has none of that name.
Task<Result<std::optional<model::SubscriptionGroupConfig>>> group_config(Admin& admin, std::string address,
                                                                         std::string group);
// How the group gets the topic's messages.
Task<Result<void>> put_request_mode(Admin& admin, std::string address, remoting::MessageRequestModeBody mode);
Task<Result<void>> delete_group(Admin& admin, std::string address, std::string group, bool with_offsets);

// Where the group goes on in the queues of a topic: at the first message of a time or later, -1 the end; in
// one queue perhaps at an offset. Gives the offsets by queue.
struct OffsetReset {
    std::string group{};
    std::string topic{};
    WallMillis timestamp{};
    std::optional<std::int32_t> queue_id{};
    std::optional<QueueOffset> offset{};
};
using OffsetsByQueue = std::map<model::MessageQueue, QueueOffset>;
Task<Result<OffsetsByQueue>> reset_offsets_at(Admin& admin, std::string address, OffsetReset reset);
// On all brokers of the topic.
Task<Result<OffsetsByQueue>> reset_offsets(Admin& admin, OffsetReset reset);
Task<Result<void>> clone_offsets(Admin& admin, std::string from_group, std::string to_group,
                                 std::string topic);

// What every group lacks on one broker.
Task<Result<remoting::BrokerConsumeStats>> broker_consume_stats(Admin& admin, std::string address,
                                                                bool ordered_only);
Task<Result<remoting::ProducerTableInfo>> all_producers(Admin& admin, std::string address);

// What a member tells of itself, through the broker at the address.
Task<Result<remoting::ConsumerRunningInfo>> running_info(Admin& admin, std::string address, std::string group,
                                                         std::string client_id, bool with_threads);
// The brokers that have the group's retry topic, and so its members and offsets. Errc::group_not_exist.
Task<Result<std::vector<std::string>>> addresses_of_group(Admin& admin, std::string group);

}  // namespace tern::admin
