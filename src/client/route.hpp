// The route of a topic, and what a client makes of it (broker-semantics 1.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ref.hpp"
#include "base/strong.hpp"
#include "model/message_queue.hpp"
#include "remoting/body/route_data.hpp"

namespace tern::client {

inline constexpr BrokerId master_id{0};

class Route final : public Counted {
public:
    Route(std::string topic, remoting::TopicRouteData data);

    const std::string& topic() const { return topic_; }
    const remoting::TopicRouteData& data() const { return data_; }
    // Sorted by broker and queue. Published to are the writable queues of groups that have a master, or those
    // that the order of the topic names; subscribed to are the readable ones.
    const std::vector<model::MessageQueue>& publish_queues() const { return publish_queues_; }
    const std::vector<model::MessageQueue>& subscribe_queues() const { return subscribe_queues_; }

    const remoting::BrokerData* find_broker(std::string_view broker_name) const;
    std::optional<std::string> master_address(std::string_view broker_name) const;
    // The preferred member, or any other when that one is not there.
    std::optional<std::string> member_address(std::string_view broker_name, BrokerId preferred) const;

private:
    std::string topic_;
    remoting::TopicRouteData data_;
    std::vector<model::MessageQueue> publish_queues_;
    std::vector<model::MessageQueue> subscribe_queues_;
};

// What a producer takes for the route of a topic that does not exist yet: the template's, with at most so
// many queues a broker (broker-semantics 1.2).
remoting::TopicRouteData route_from_template(remoting::TopicRouteData template_route,
                                             std::int32_t queues_max);

}  // namespace tern::client
