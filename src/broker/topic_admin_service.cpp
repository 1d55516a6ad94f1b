#include "broker/topic_admin_service.hpp"

#include <algorithm>
#include <array>
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

// "+name=value,-name": the sign stays part of the name.
Result<model::Attributes> parse_attributes(std::string_view text) {
    model::Attributes attributes;
    for (const auto part : split(text, ',')) {
        const auto equals = part.find('=');
        const bool sets = part.starts_with('+') && equals != std::string_view::npos && equals > 1;
        const bool removes = part.starts_with('-') && equals == std::string_view::npos && part.size() > 1;
        if (!sets && !removes)
            return failure(Errc::malformed, "attribute must be +name=value or -name: " + std::string{part});
        attributes[std::string{part.substr(0, equals)}] = sets ? part.substr(equals + 1) : "";
    }
    return attributes;
}

// What RocketMQ knows, without what would have to be stored in another way (BatchCQ, COMPACTION) or allowed
// by a setting that is not there (MIXED).
struct KnownAttribute {
    std::string_view name;
    std::array<std::string_view, 5> values;  // None: a number.
};
constexpr std::array known_attributes{
    KnownAttribute{"message.type", {"UNSPECIFIED", "NORMAL", "FIFO", "DELAY", "TRANSACTION"}},
    KnownAttribute{"queue.type", {"SimpleCQ"}},
    KnownAttribute{"cleanup.policy", {"DELETE"}},
    KnownAttribute{"reserve.time", {}},
};

Result<> check_attribute(std::string_view name, const std::string& value) {
    const auto known = std::ranges::find(known_attributes, name, &KnownAttribute::name);
    if (known == known_attributes.end())
        return failure(Errc::invalid_argument, "unsupported attribute: " + std::string{name});
    const bool is_number = known->values.front().empty();
    const bool fits = is_number
                          ? parse_number<std::int64_t>(value).has_value()
                          : !value.empty() && std::ranges::find(known->values, value) != known->values.end();
    if (fits) return {};
    return failure(Errc::invalid_argument,
                   "attribute " + std::string{name} + " cannot be " + value + " on this broker");
}

// Those that are new; what is there already may stay.
Result<> check_attributes(const model::Attributes& changes, const model::Attributes& known) {
    for (const auto& [signed_name, value] : changes) {
        if (signed_name.starts_with('-')) continue;
        const auto name = signed_name.substr(signed_name.starts_with('+') ? 1 : 0);
        if (const auto found = known.find(name); found != known.end() && found->second == value) continue;
        if (auto valid = check_attribute(name, value); !valid) return valid;
    }
    return {};
}

// What is known, with the changes: "+name" sets, as a name without a sign does; "-name" removes.
model::Attributes changed(model::Attributes known, const model::Attributes& changes) {
    for (const auto& [name, value] : changes) {
        if (name.starts_with('-')) {
            known.erase(name.substr(1));
        } else {
            known[name.starts_with('+') ? name.substr(1) : name] = value;
        }
    }
    return known;
}

}  // namespace

void TopicAdminService::put_topic(const remoting::CreateTopicRequest& header, remoting::Request& request) {
    auto attributes = parse_attributes(header.attributes.value_or(std::string_view{}));
    if (!attributes) return request.responder.fail(attributes.error());
    model::TopicConfig topic;
    topic.name = header.topic;
    topic.read_queue_nums = header.read_queue_nums;
    topic.write_queue_nums = header.write_queue_nums;
    topic.perm = header.perm;
    topic.filter_type = header.topic_filter_type;
    topic.sys_flag = header.topic_sys_flag.value_or(0);
    topic.order = header.order;
    topic.attributes = std::move(*attributes);
    change_topics(std::vector{std::move(topic)}, request);
}

void TopicAdminService::put_topics(remoting::Request& request) {
    auto list = json::decode<remoting::TopicConfigList>(request.body());
    if (!list) return request.responder.fail(list.error());
    change_topics(std::move(list->topic_config_list), request);
}

void TopicAdminService::change_topics(std::vector<model::TopicConfig> topics, remoting::Request& request) {
    for (auto& topic : topics) {
        if (auto valid = check(topic); !valid) return request.responder.fail(valid.error());
        const auto* topic_known = parts_.topics.find(topic.name);
        const auto known = topic_known == nullptr ? model::Attributes{} : topic_known->attributes;
        if (auto valid = check_attributes(topic.attributes, known); !valid)
            return request.responder.fail(valid.error());
        topic.attributes = changed(known, topic.attributes);
    }
    parts_.topics.put(std::move(topics),
                      [this, responder = std::move(request.responder)](Result<> put) mutable {
                          answer_when_registered(std::move(put), std::move(responder));
                      });
}

Result<> TopicAdminService::check(const model::TopicConfig& topic) const {
    if (auto valid = model::check_topic(topic.name); !valid) return valid;
    if (parts_.topics.is_system(topic.name))
        return failure(Errc::invalid_argument,
                       "The topic[" + topic.name + "] is conflict with system topic.");
    for (const std::int32_t queues : {topic.read_queue_nums, topic.write_queue_nums}) {
        if (queues < 0 || queues > queues_max)
            return failure(Errc::invalid_argument, "a topic has between 0 and " + std::to_string(queues_max) +
                                                       " queues, not " + std::to_string(queues));
    }
    return {};
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
    change_groups(std::vector{std::move(*group)}, request);
}

void TopicAdminService::put_groups(remoting::Request& request) {
    auto list = json::decode<remoting::SubscriptionGroupList>(request.body());
    if (!list) return request.responder.fail(list.error());
    change_groups(std::move(list->group_config_list), request);
}

void TopicAdminService::change_groups(std::vector<model::SubscriptionGroupConfig> groups,
                                      remoting::Request& request) {
    for (auto& group : groups) {
        if (auto valid = model::check_group(group.group_name); !valid)
            return request.responder.fail(valid.error());
        const auto* known = parts_.groups.find(group.group_name);
        group.attributes =
            changed(known == nullptr ? model::Attributes{} : known->attributes, group.attributes);
    }
    parts_.groups.put(std::move(groups), [responder = std::move(request.responder)](Result<> put) mutable {
        if (!put) return responder.fail(put.error());
        responder.answer(ResponseCode::success);
    });
}

void TopicAdminService::set_request_mode(remoting::Request& request) {
    const auto wanted = json::decode<remoting::MessageRequestModeBody>(request.body());
    if (!wanted) return request.responder.fail(wanted.error());
    if (wanted->mode != remoting::MessageRequestMode::pull)
        return request.responder.answer(
            ResponseCode::invalid_parameter,
            "POP is not served: " + wanted->consumer_group + " can only PULL " + wanted->topic);
    request.responder.answer(ResponseCode::success);
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

void TopicAdminService::forbid(const remoting::UpdateGroupForbiddenRequest& header,
                               remoting::Request& request) {
    if (auto valid = model::check_group(header.group); !valid) return request.responder.fail(valid.error());
    if (auto valid = model::check_topic(header.topic); !valid) return request.responder.fail(valid.error());
    const std::int32_t known = parts_.groups.table().forbidden(header.group, header.topic);
    constexpr std::int32_t read = model::permission::read;
    const std::int32_t wanted = header.readable ? (*header.readable ? known & ~read : known | read) : known;
    remoting::GroupForbidden told{std::string{header.group}, (wanted & read) == 0, std::string{header.topic}};
    parts_.groups.forbid(
        header.group, header.topic, wanted,
        [text = json::encode(told), responder = std::move(request.responder)](Result<> done) mutable {
            if (!done) return responder.fail(done.error());
            responder.answer(ResponseCode::success, {}, text);
        });
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
