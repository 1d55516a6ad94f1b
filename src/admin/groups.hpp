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
#include "remoting/body/stats.hpp"

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
Task<Result<void>> delete_group(Admin& admin, std::string address, std::string group, bool with_offsets);

}  // namespace tern::admin
