#include "broker/topic_admin_service.hpp"

#include <utility>

#include "base/text.hpp"
#include "json/fields.hpp"
#include "model/topic_name.hpp"
#include "remoting/body/subscription_group_table.hpp"
#include "remoting/body/topic_config_table.hpp"

namespace tern::broker {

using remoting::ResponseCode;

namespace {

constexpr std::int32_t queues_max = 65'536;  // Of one topic; ours.

// "+name=value" sets, "-name" removes.
Result<> change_attributes(std::string_view text, model::Attributes& attributes) {
    for (const auto part : split(text, ',')) {
        const auto equals = part.find('=');
        if (part.size() > 1 && part.front() == '+' && equals != std::string_view::npos) {
            attributes[std::string{part.substr(1, equals - 1)}] = part.substr(equals + 1);
        } else if (part.size() > 1 && part.front() == '-' && equals == std::string_view::npos) {
            attributes.erase(std::string{part.substr(1)});
        } else {
            return failure(Errc::malformed, "attribute must be +name=value or -name: " + std::string{part});
        }
    }
    return {};
}

}  // namespace

void TopicAdminService::put_topic(const remoting::CreateTopicRequest& header, remoting::Request& request) {
    if (auto valid = model::check_topic(header.topic); !valid) return request.responder.fail(valid.error());
    if (parts_.topics.is_system(header.topic))
        return request.responder.answer(
            ResponseCode::invalid_parameter,
            "The topic[" + std::string{header.topic} + "] is conflict with system topic.");
    for (const std::int32_t queues : {header.read_queue_nums, header.write_queue_nums}) {
        if (queues < 0 || queues > queues_max)
            return request.responder.answer(ResponseCode::invalid_parameter,
                                            "a topic has between 0 and " + std::to_string(queues_max) +
                                                " queues, not " + std::to_string(queues));
    }
    const auto* known = parts_.topics.find(header.topic);
    model::TopicConfig topic;
    topic.name = header.topic;
    topic.read_queue_nums = header.read_queue_nums;
    topic.write_queue_nums = header.write_queue_nums;
    topic.perm = header.perm;
    topic.filter_type = header.topic_filter_type;
    topic.sys_flag = header.topic_sys_flag.value_or(0);
    topic.order = header.order;
    if (known != nullptr) topic.attributes = known->attributes;
    if (auto changed = change_attributes(header.attributes.value_or(std::string_view{}), topic.attributes);
        !changed)
        return request.responder.fail(changed.error());
    parts_.topics.put(std::move(topic),
                      [this, responder = std::move(request.responder)](Result<> changed) mutable {
                          answer_when_registered(std::move(changed), std::move(responder));
                      });
}

void TopicAdminService::answer_when_registered(Result<> changed, remoting::Responder responder) {
    if (!changed) return responder.fail(changed.error());
    parts_.registration.register_now(
        [responder = std::move(responder)]() mutable { responder.answer(ResponseCode::success); });
}

void TopicAdminService::delete_topic(const remoting::DeleteTopicRequest& header, remoting::Request& request) {
    if (header.topic.empty() || parts_.topics.is_system(header.topic))
        return request.responder.answer(ResponseCode::invalid_parameter,
                                        "The topic[" + std::string{header.topic} + "] cannot be deleted.");
    if (parts_.topics.find(header.topic) == nullptr) {
        if (auto valid = model::check_topic(header.topic); !valid)
            return request.responder.fail(valid.error());
    }
    parts_.topics.remove({std::string{header.topic}},
                         [this, responder = std::move(request.responder)](Result<> changed) mutable {
                             answer_when_registered(std::move(changed), std::move(responder));
                         });
}

void TopicAdminService::get_topic(const remoting::GetTopicConfigRequest& header, remoting::Request& request) {
    const auto* topic = parts_.topics.table().find(header.topic);
    if (topic == nullptr)
        return request.responder.answer(ResponseCode::topic_not_exist,
                                        "No topic in this broker. topic: " + std::string{header.topic});
    request.responder.answer(ResponseCode::success, {}, json::encode(*topic));
}

// Everything in one page: valid at any size, and without the page boundary at which Java's slaves lose an
// entry.
void TopicAdminService::all_topics(const remoting::GetAllTopicConfigRequest&, remoting::Request& request) {
    const auto& table = parts_.topics.table();
    remoting::TopicConfigTable body;
    body.data_version = table.version();
    body.topic_config_table.insert(table.all().begin(), table.all().end());
    const std::string text = json::encode(body);
    const std::string_view part = text;
    request.responder.answer(
        ResponseCode::success,
        remoting::GetAllTopicConfigResponse{static_cast<std::int32_t>(table.all().size())}, {}, {&part, 1});
}

void TopicAdminService::put_group(remoting::Request& request) {
    auto group = json::decode<model::SubscriptionGroupConfig>(request.body());
    if (!group) return request.responder.fail(group.error());
    if (auto valid = model::check_group(group->group_name); !valid)
        return request.responder.fail(valid.error());
    parts_.groups.put(std::move(*group),
                      [responder = std::move(request.responder)](Result<> changed) mutable {
                          if (!changed) return responder.fail(changed.error());
                          responder.answer(ResponseCode::success);
                      });
}

// Offsets that stay are those of a group that is made anew later.
void TopicAdminService::delete_group(const remoting::DeleteSubscriptionGroupRequest& header,
                                     remoting::Request& request) {
    const std::string_view group = header.group_name;
    if (group.empty() || model::is_system_group(group))
        return request.responder.answer(ResponseCode::invalid_parameter,
                                        "The group[" + std::string{group} + "] cannot be deleted.");
    std::map<std::string, replication::QueueOffsets> kept;
    if (!header.drops_offsets()) {
        for (const auto& topic : parts_.offsets.topics_of(group))
            kept.emplace(topic + "@" + std::string{group}, *parts_.offsets.find(group, topic));
    }
    parts_.groups.remove(group, std::move(kept),
                         [responder = std::move(request.responder)](Result<> removed) mutable {
                             if (!removed) return responder.fail(removed.error());
                             responder.answer(ResponseCode::success);
                         });
}

void TopicAdminService::get_group(const remoting::GetSubscriptionGroupRequest& header,
                                  remoting::Request& request) {
    const auto group = parts_.groups.find_or_create(header.group);
    if (!group) return request.responder.fail(group.error());
    request.responder.answer(ResponseCode::success, {}, json::encode(**group));
}

void TopicAdminService::all_groups(const remoting::GetAllSubscriptionGroupRequest&,
                                   remoting::Request& request) {
    const std::string text = json::encode(parts_.groups.table().file());
    const std::string_view part = text;
    const auto total = static_cast<std::int32_t>(parts_.groups.table().all().size());
    request.responder.answer(ResponseCode::success, remoting::GetAllSubscriptionGroupResponse{total}, {},
                             {&part, 1});
}

}  // namespace tern::broker
