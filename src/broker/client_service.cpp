#include "broker/client_service.hpp"

#include <utility>

#include "broker/forwarder.hpp"
#include "json/fields.hpp"
#include "model/topic_name.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/lock_batch.hpp"

namespace tern::broker {

using remoting::ResponseCode;

namespace {

constexpr Duration question_interval = 10ms;

}  // namespace

ClientService::ClientService(Runtime runtime, Parts parts)
    : runtime_{runtime},
      parts_{parts},
      registry_{runtime, *this},
      peers_{runtime, parts.transport, registry_, [this](std::string_view name) {
                 const auto* group = registry_.consumers(name);
                 if (group != nullptr && group->message_model != remoting::MessageModel::broadcasting)
                     on_group_changed(name, *group);
             }} {}

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
    bool waits = false;
    std::vector<std::string> new_topics;  // That no earlier heartbeat waits for.
    for (const auto& consumer : data->consumer_data_set) {
        // Consumers tell every member that they live; the leader alone makes what they need.
        if (!parts_.group.leads()) {
            registry_.heard_consumer(consumer, client, data->without_sub);
            continue;
        }
        const auto group = parts_.groups.find_or_create(consumer.group_name);
        if (!group)
            continue;  // As RocketMQ: a group that may not be is passed over, and the heartbeat is good.
        if ((*group)->retry_queue_nums > 0) {
            const std::string retry = make_retry_topic(**group, consumer.unit_mode);
            if (parts_.topics.is_new(retry) && untold_.insert(retry).second) new_topics.push_back(retry);
            waits |= untold_.contains(retry);
        }
        registry_.heard_consumer(consumer, client, data->without_sub);
    }
    for (const auto& producer : data->producer_data_set)
        registry_.heard_producer(producer.group_name, client);

    // A consumer looks for its retry topic's route right after its first heartbeat, and waits 20 s for the
    // next chance: so the NameServers know it before the heartbeat is answered, whoever of the group it is.
    if (!waits) return request.responder.answer(ResponseCode::success, remoting::HeartbeatResponse{});
    parts_.topics.when_committed(
        [this, responder = std::move(request.responder), told = std::move(new_topics)]() mutable {
            parts_.registration.register_now(
                [this, responder = std::move(responder), told = std::move(told)]() mutable {
                    for (const auto& topic : told) untold_.erase(topic);
                    responder.answer(ResponseCode::success, remoting::HeartbeatResponse{});
                });
        });
}

// Its name; where there are too many topics it is not made.
std::string ClientService::make_retry_topic(const model::SubscriptionGroupConfig& group, bool unit_mode) {
    constexpr std::int32_t read_write = model::permission::read | model::permission::write;
    std::string retry = model::retry_topic(group.group_name);
    (void)parts_.topics.find_or_create_plain(retry, group.retry_queue_nums, read_write,
                                             flag_of_read_topic(unit_mode));
    return retry;
}

void ClientService::unregister(const remoting::UnregisterClientRequest& header, remoting::Request& request) {
    registry_.unregister(*request.connection, header.producer_group.value_or(std::string_view{}),
                         header.consumer_group.value_or(std::string_view{}));
    request.responder.answer(ResponseCode::success);
}

void ClientService::consumer_list(const remoting::GetConsumerListByGroupRequest& header,
                                  remoting::Request& request) {
    if (peers_.knows_enough()) return answer_list(header.consumer_group, request.responder);
    hold(header.consumer_group, std::move(request.responder));
}

// Go's client does not look at the code and gives all its queues up at an error, as all do at a list that
// they are not in. Without an answer every stock client keeps what it has.
void ClientService::hold(std::string_view group, remoting::Responder responder) {
    if (questions_.size() >= questions_max || group.size() > model::group_size_max) {
        ++refused_questions_;
        return responder.answer(ResponseCode::system_busy, "too many wait for lists of consumers");
    }
    questions_.push_back(
        {std::string{group}, std::move(responder), runtime_.clock.now() + question_patience});
    if (question_timer_ == 0)
        question_timer_ = runtime_.timers.after(question_interval, [this] { answer_held(); });
}

void ClientService::answer_held() {
    question_timer_ = 0;
    const Instant now = runtime_.clock.now();
    const bool knows_enough = peers_.knows_enough();
    while (!questions_.empty() && (knows_enough || questions_.front().deadline <= now)) {
        auto& question = questions_.front();
        if (knows_enough) {
            answer_list(question.group, question.responder);
        } else {
            question.responder.answer(
                ResponseCode::system_error,
                "just started, and not told by the other members who consumes in this group, " +
                    question.group);
        }
        questions_.pop_front();
    }
    if (!questions_.empty())
        question_timer_ = runtime_.timers.after(question_interval, [this] { answer_held(); });
}

void ClientService::answer_list(std::string_view name, remoting::Responder& responder) const {
    remoting::ConsumerListBody list;
    auto heard = peers_.heard_of(name);
    if (const auto* group = registry_.consumers(name); group != nullptr) {
        for (const auto& [connection, member] : group->members) {
            list.consumer_id_list.push_back(member.client_id);
            heard.erase(member.client_id);
        }
    }
    list.consumer_id_list.insert(list.consumer_id_list.end(), heard.begin(), heard.end());
    if (list.consumer_id_list.empty())
        return responder.answer(ResponseCode::system_error,
                                "no consumer for this group, " + std::string{name});
    responder.answer(ResponseCode::success, {}, json::encode(list));
}

void ClientService::consumers(const remoting::GetConsumersRequest&, remoting::Request& request) {
    // An older version passes on to the leader what it does not know. The question was for it alone.
    if (Forwarder::forwarded_in(request.command))
        return request.responder.answer(ResponseCode::request_code_not_supported,
                                        "the member that was asked does not say whom it hears");
    remoting::ConsumersBody body{.is_young = peers_.is_young(), .consumers = {}};
    std::size_t bytes = 0;
    for (const auto& [name, group] : registry_.all_consumers()) {
        auto& ids = body.consumers[name];
        for (const auto& [connection, member] : group.members)
            if (bytes <= told_bytes_max && ids.insert(member.client_id).second)
                bytes += member.client_id.size();
        bytes += name.size();
    }
    const std::string text = bytes <= told_bytes_max ? json::encode(body) : std::string{};
    if (text.empty() || text.size() > told_bytes_max) {
        ++untold_consumers_;
        return request.responder.answer(ResponseCode::system_busy, "too many consumers to be told of");
    }
    request.responder.answer(ResponseCode::success, {}, text);
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
