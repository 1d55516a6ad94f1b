#include "nameserver/topic_service.hpp"

#include "json/fields.hpp"
#include "model/topic_config.hpp"
#include "remoting/body/lists.hpp"

namespace tern::nameserver {
namespace {

using remoting::Request;
using remoting::ResponseCode;
using remoting::TopicList;
namespace flag = model::topic_sys_flag;

void answer_list(Request& request, const TopicList& list) {
    request.responder.answer(ResponseCode::success, {}, json::encode(list));
}

void refuse_disabled(Request& request) {
    request.responder.answer(ResponseCode::system_error, "disable");
}

}  // namespace

void TopicService::all_topics(Request& request) {
    if (!config_.enable_all_topic_list) return refuse_disabled(request);
    answer_list(request, {.topic_list = table_.topics()});
}

void TopicService::topics_of_cluster(const remoting::GetTopicsByClusterRequest& header, Request& request) {
    if (!config_.enable_topic_list) return refuse_disabled(request);
    answer_list(request, {.topic_list = table_.topics_of_cluster(header.cluster)});
}

void TopicService::system_topics(Request& request) {
    TopicList list;
    for (const auto& [cluster, brokers] : table_.clusters().cluster_addr_table) {
        list.topic_list.push_back(cluster);
        list.topic_list.insert(list.topic_list.end(), brokers.begin(), brokers.end());
    }
    if (const auto& groups = table_.groups(); !groups.empty())
        list.broker_addr = groups.begin()->second.members.begin()->second.address;
    answer_list(request, list);
}

void TopicService::unit_topics(Request& request) {
    answer_topics_with_flag(flag::unit, 0, request);
}

void TopicService::topics_with_unit_subscription(Request& request) {
    answer_topics_with_flag(flag::unit_subscription, 0, request);
}

void TopicService::other_topics_with_unit_subscription(Request& request) {
    answer_topics_with_flag(flag::unit_subscription, flag::unit, request);
}

void TopicService::delete_topic(const remoting::DeleteTopicInNamesrvRequest& header, Request& request) {
    if (const auto cluster = header.cluster_name.value_or(""); cluster.empty()) {
        table_.delete_topic(header.topic);
    } else {
        table_.delete_topic(header.topic, cluster);
    }
    request.responder.answer(ResponseCode::success);
}

void TopicService::register_topic(const remoting::RegisterTopicRequest& header, Request& request) {
    if (request.body().empty()) return request.responder.answer(ResponseCode::success);
    const auto route = json::decode<remoting::TopicRouteData>(request.body());
    if (!route) return request.responder.fail(route.error());
    if (auto added = table_.add_queues(std::string{header.topic}, route->queue_datas); !added)
        return request.responder.fail(added.error());
    request.responder.answer(ResponseCode::success);
}

void TopicService::wipe_write_perm(const remoting::WipeWritePermRequest& header, std::string_view,
                                   remoting::Reply<remoting::WipeWritePermResponse> reply) {
    reply({.wipe_topic_count = table_.wipe_write_perm(header.broker_name)});
}

void TopicService::add_write_perm(const remoting::AddWritePermRequest& header, std::string_view,
                                  remoting::Reply<remoting::AddWritePermResponse> reply) {
    reply({.add_topic_count = table_.add_write_perm(header.broker_name)});
}

void TopicService::answer_topics_with_flag(std::int32_t set, std::int32_t unset, Request& request) {
    if (!config_.enable_topic_list) return refuse_disabled(request);
    answer_list(request, {.topic_list = table_.topics_with_flag(set, unset)});
}

}  // namespace tern::nameserver
