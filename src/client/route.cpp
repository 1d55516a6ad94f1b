#include "client/route.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "model/permission.hpp"

namespace tern::client {
namespace {

void add_queues(std::vector<model::MessageQueue>& queues, const std::string& topic,
                std::string_view broker_name, std::int32_t count) {
    for (std::int32_t id = 0; id < count; ++id)
        queues.push_back({std::string{broker_name}, QueueId{id}, topic});
}

// "broker-a:8;broker-b:8"; a part without a number is left out.
void add_ordered_queues(std::vector<model::MessageQueue>& queues, const std::string& topic,
                        std::string_view order) {
    for (const auto part : split(order, ';')) {
        const auto colon = part.find(':');
        if (colon == std::string_view::npos) continue;
        add_queues(queues, topic, part.substr(0, colon),
                   parse_number<std::int32_t>(part.substr(colon + 1)).value_or(0));
    }
}

}  // namespace

Route::Route(std::string topic, remoting::TopicRouteData data)
    : topic_{std::move(topic)}, data_{std::move(data)} {
    const bool is_ordered = data_.order_topic_conf && !data_.order_topic_conf->empty();
    if (is_ordered) add_ordered_queues(publish_queues_, topic_, *data_.order_topic_conf);
    for (const auto& queues : data_.queue_datas) {
        if (!is_ordered && model::is_writable(queues.perm) && master_address(queues.broker_name))
            add_queues(publish_queues_, topic_, queues.broker_name, queues.write_queue_nums);
        if (model::is_readable(queues.perm))
            add_queues(subscribe_queues_, topic_, queues.broker_name, queues.read_queue_nums);
    }
    std::ranges::sort(publish_queues_);
    std::ranges::sort(subscribe_queues_);
}

const remoting::BrokerData* Route::find_broker(std::string_view broker_name) const {
    const auto found = std::ranges::find(data_.broker_datas, broker_name, &remoting::BrokerData::broker_name);
    return found == data_.broker_datas.end() ? nullptr : &*found;
}

std::optional<std::string> Route::master_address(std::string_view broker_name) const {
    const auto* broker = find_broker(broker_name);
    if (broker == nullptr) return std::nullopt;
    const auto master = broker->broker_addrs.find(master_id);
    if (master == broker->broker_addrs.end()) return std::nullopt;
    return master->second;
}

std::optional<std::string> Route::member_address(std::string_view broker_name, BrokerId preferred) const {
    const auto* broker = find_broker(broker_name);
    if (broker == nullptr || broker->broker_addrs.empty()) return std::nullopt;
    const auto member = broker->broker_addrs.find(preferred);
    return member == broker->broker_addrs.end() ? broker->broker_addrs.begin()->second : member->second;
}

remoting::TopicRouteData route_from_template(remoting::TopicRouteData template_route,
                                             std::int32_t queues_max) {
    for (auto& queues : template_route.queue_datas) {
        const auto count = std::min(queues.read_queue_nums, queues_max);
        queues.read_queue_nums = count;
        queues.write_queue_nums = count;
    }
    return template_route;
}

}  // namespace tern::client
