#include "broker/client_service.hpp"

#include <utility>

#include "json/fields.hpp"
#include "model/topic_name.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/lock_batch.hpp"

namespace tern::broker {

using remoting::ResponseCode;

ClientService::ClientService(Runtime runtime, Parts parts)
    : runtime_{runtime}, parts_{parts}, registry_{runtime, *this} {}

void ClientService::heartbeat(remoting::Request& request) {
    const auto data = json::decode<remoting::HeartbeatData>(request.body());
    if (!data) return request.responder.fail(data.error());
    if (const auto groups = data->consumer_data_set.size() + data->producer_data_set.size();
        groups > ClientRegistry::groups_of_client_max)
        return request.responder.answer(ResponseCode::invalid_parameter,
                                        "a client of " + std::to_string(groups) + " groups; it may be in " +
                                            std::to_string(ClientRegistry::groups_of_client_max));
    if (!registry_.admits(*request.connection, request.body().size()))
        return request.responder.answer(ResponseCode::system_busy,
                                        "no room for what more clients say of themselves");
    const Client client{request.connection,      data->client_id,      request.command.language,
                        request.command.version, runtime_.clock.now(), runtime_.clock.wall_ms()};
    bool made_topics = false;
    for (const auto& consumer : data->consumer_data_set) {
        // Consumers tell every member that they live; the leader alone makes what they need.
        if (!parts_.group.leads()) {
            registry_.heard_consumer(consumer, client, data->without_sub);
            continue;
        }
        const auto group = parts_.groups.find_or_create(consumer.group_name);
        if (!group)
            continue;  // As RocketMQ: a group that may not be is passed over, and the heartbeat is good.
        const std::string retry = model::retry_topic(consumer.group_name);
        if ((*group)->retry_queue_nums > 0 && parts_.topics.find(retry) == nullptr) {
            constexpr std::int32_t read_write = model::permission::read | model::permission::write;
            made_topics |=
                parts_.topics.find_or_create_plain(retry, (*group)->retry_queue_nums, read_write).has_value();
        }
        registry_.heard_consumer(consumer, client, data->without_sub);
    }
    for (const auto& producer : data->producer_data_set)
        registry_.heard_producer(producer.group_name, client);

    // A consumer looks for its retry topic's route right after its first heartbeat, and waits 20 s for the
    // next chance: so the NameServers know it before the heartbeat is answered.
    if (!made_topics) return request.responder.answer(ResponseCode::success, remoting::HeartbeatResponse{});
    parts_.topics.when_committed([this, responder = std::move(request.responder)]() mutable {
        parts_.registration.register_now([responder = std::move(responder)]() mutable {
            responder.answer(ResponseCode::success, remoting::HeartbeatResponse{});
        });
    });
}

void ClientService::unregister(const remoting::UnregisterClientRequest& header, remoting::Request& request) {
    registry_.unregister(*request.connection, header.producer_group.value_or(std::string_view{}),
                         header.consumer_group.value_or(std::string_view{}));
    request.responder.answer(ResponseCode::success);
}

void ClientService::consumer_list(const remoting::GetConsumerListByGroupRequest& header,
                                  remoting::Request& request) {
    const auto* group = registry_.consumers(header.consumer_group);
    if (group == nullptr)
        return request.responder.answer(ResponseCode::system_error,
                                        "no consumer for this group, " + std::string{header.consumer_group});
    remoting::ConsumerListBody list;
    for (const auto& [connection, member] : group->members) list.consumer_id_list.push_back(member.client_id);
    request.responder.answer(ResponseCode::success, {}, json::encode(list));
}

void ClientService::check_client(remoting::Request& request) {
    const auto body = json::decode<remoting::CheckClientRequestBody>(request.body());
    if (!body) return request.responder.fail(body.error());
    const std::string& type = body->subscription_data.expression_type;
    if (type.empty() || type == model::expression_type_tag)
        return request.responder.answer(ResponseCode::success);
    request.responder.answer(ResponseCode::system_error,
                             "The broker does not support consumer to filter message by " + type);
}

void ClientService::lock_queues(remoting::Request& request) {
    const auto body = json::decode<remoting::LockBatchRequestBody>(request.body());
    if (!body) return request.responder.fail(body.error());
    parts_.locks.lock(
        body->consumer_group, body->client_id, body->mq_set,
        [responder = std::move(request.responder)](std::vector<model::MessageQueue> held) mutable {
            responder.answer(ResponseCode::success, {},
                             json::encode(remoting::LockBatchResponseBody{std::move(held)}));
        });
}

void ClientService::unlock_queues(remoting::Request& request) {
    const auto body = json::decode<remoting::LockBatchRequestBody>(request.body());
    if (!body) return request.responder.fail(body.error());
    parts_.locks.unlock(body->consumer_group, body->client_id, body->mq_set);
    request.responder.answer(ResponseCode::success);
}

void ClientService::on_group_changed(std::string_view name, const ConsumerGroup& state) {
    if (!parts_.config.notify_consumer_ids_changed) return;
    const auto* config = parts_.groups.find(name);
    if (config != nullptr && !config->notify_consumer_ids_changed_enable) return;
    for (const auto& [connection, member] : state.members)
        parts_.caller.send_oneway(member.connection, remoting::NotifyConsumerIdsChangedRequest{name});
}

}  // namespace tern::broker
