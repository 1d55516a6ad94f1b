#include "admin/messages.hpp"

#include <algorithm>

#include "admin/groups.hpp"
#include "admin/topics.hpp"
#include "base/text.hpp"
#include "model/message_id.hpp"
#include "model/message_properties.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/header/query.hpp"

namespace tern::admin {
namespace {

constexpr std::string_view index_type(KeyType type) {
    switch (type) {
        case KeyType::key:
            return "K";
        case KeyType::unique_key:
            return "U";
        case KeyType::tag:
            return "T";
    }
    return {};
}

// Empty where it has none.
Task<Result<std::string>> records_at(Admin& admin, std::string address, KeyQuery query) {
    const remoting::QueryMessageRequest request{.unique_key_query = query.type == KeyType::unique_key,
                                                .begin_timestamp = query.begin,
                                                .end_timestamp = query.end,
                                                .index_type = index_type(query.type),
                                                .key = query.key,
                                                .max_num = query.max_messages,
                                                .topic = query.topic};
    auto records = co_await admin.ask(address, request, {}, body_text);
    if (!records && records.error().code == Errc::query_not_found) co_return std::string{};
    co_return records;
}

bool has_word(std::string_view words, std::string_view word) {
    const auto all = split(words, ' ');
    return std::ranges::find(all, word) != all.end();
}

// The index knows keys by their hashes: this is what was asked for.
bool has_key(const client::ReceivedMessage& message, const KeyQuery& query) {
    if (query.type == KeyType::tag) return message.tags() == query.key;
    if (query.type == KeyType::unique_key) return message.message_id == query.key;
    return has_word(message.keys(), query.key) || message.message_id == query.key;
}

// The group's offset is behind the message's.
bool is_consumed(const client::ReceivedMessage& message, const remoting::ConsumeStats& stats) {
    return std::ranges::any_of(stats.offset_table, [&](const auto& entry) {
        const auto& [queue, offset] = entry;
        return queue.topic == message.queue.topic && queue.queue_id == message.queue.queue_id &&
               (message.queue.broker_name.empty() || queue.broker_name == message.queue.broker_name) &&
               offset.consumer_offset > message.queue_offset;
    });
}

bool is_filtered(const client::ReceivedMessage& message, const remoting::ConsumerConnection& members) {
    const auto subscription = members.subscription_table.find(message.queue.topic);
    if (subscription == members.subscription_table.end()) return false;
    const auto& tags = subscription->second.tags_set;
    return !tags.empty() && !tags.contains("*") && !tags.contains(std::string{message.tags()});
}

// The broker group that a message was stored by; empty when the route has none at that address any more.
std::string broker_of(const client::Route& route, const client::ReceivedMessage& message) {
    for (const auto& broker : route.data().broker_datas)
        for (const auto& [id, address] : broker.broker_addrs)
            if (address == message.store_host.text()) return broker.broker_name;
    return {};
}

Task<MessageTrack> track_in(Admin& admin, client::ReceivedMessage message, std::string group) {
    MessageTrack track{.consumer_group = std::move(group)};
    const auto members = co_await consumer_connection(admin, track.consumer_group);
    if (!members) {
        if (members.error().code == Errc::consumer_not_online) track.type = TrackType::not_online;
        track.error = members.error();
        co_return track;
    }
    if (members->consume_type == remoting::ConsumeType::actively) {
        track.type = TrackType::pull;
        co_return track;
    }
    if (members->message_model == remoting::MessageModel::broadcasting) {
        track.type = TrackType::consume_broadcasting;
        co_return track;
    }
    const auto stats = co_await consume_stats(admin, track.consumer_group);
    if (!stats) {
        track.error = stats.error();
        co_return track;
    }
    track.type = !is_consumed(message, *stats)    ? TrackType::not_consume_yet
                 : is_filtered(message, *members) ? TrackType::consumed_but_filtered
                                                  : TrackType::consumed;
    co_return track;
}

}  // namespace

Task<Result<client::ReceivedMessage>> message_by_offset_id(Admin& admin, std::string topic, std::string id) {
    const auto place = model::parse_offset_message_id(id);
    if (!place) co_return std::unexpected{place.error()};
    const auto address = place->store_host.text();
    const remoting::ViewMessageRequest request{place->offset, topic};
    const auto record = co_await admin.ask(address, request, {}, body_text);
    if (!record) co_return std::unexpected{record.error()};
    auto messages = client::receive_all(*record, {});
    if (!messages) co_return std::unexpected{messages.error()};
    if (messages->empty()) co_return failure(Errc::query_not_found, "no message at " + id);
    co_return std::move(messages->front());
}

Task<Result<std::vector<client::ReceivedMessage>>> messages_by_key(Admin& admin, KeyQuery query) {
    const auto route = co_await topic_route(admin, query.topic);
    if (!route) co_return std::unexpected{route.error()};
    const auto answers = co_await answers_of<std::string>(
        admin, addresses_of(**route),
        [&](const std::string& address) { return records_at(admin, address, query); });
    if (!answers) co_return std::unexpected{answers.error()};
    std::vector<client::ReceivedMessage> found;
    for (const auto& records : *answers) {
        auto messages = client::receive_all(records, {});
        if (!messages) co_return std::unexpected{messages.error()};
        for (auto& message : *messages) {
            if (!has_key(message, query)) continue;
            message.queue.broker_name = broker_of(**route, message);
            found.push_back(std::move(message));
        }
    }
    if (found.empty())
        co_return failure(Errc::query_not_found, "no message of topic " + query.topic + " has the " +
                                                     std::string{enum_name(query.type)} + " " + query.key);
    std::ranges::sort(found, {}, [](const client::ReceivedMessage& message) {
        return std::tuple{message.store_timestamp, message.queue.broker_name, message.physical_offset};
    });
    co_return found;
}

Task<Result<client::ReceivedMessage>> message_by_unique_id(Admin& admin, std::string topic, std::string id) {
    KeyQuery query{
        .topic = std::move(topic), .key = std::move(id), .type = KeyType::unique_key, .max_messages = 32};
    auto found = co_await messages_by_key(admin, std::move(query));
    if (!found) co_return std::unexpected{found.error()};
    co_return std::move(found->front());
}

Task<Result<client::ReceivedMessage>> message_at(Admin& admin, model::MessageQueue queue,
                                                 QueueOffset offset) {
    const auto route = co_await topic_route(admin, queue.topic);
    if (!route) co_return std::unexpected{route.error()};
    auto pulled = co_await pull(admin, {.queue = queue, .offset = offset, .max_messages = 1});
    if (!pulled) co_return std::unexpected{pulled.error()};
    if (pulled->messages.empty())
        co_return failure(Errc::query_not_found, "no message at offset " + std::to_string(offset.value()) +
                                                     " of queue " + std::to_string(queue.queue_id.value()) +
                                                     " of topic " + queue.topic + " on " + queue.broker_name +
                                                     ", which has " +
                                                     std::to_string(pulled->min_offset.value()) + " up to " +
                                                     std::to_string(pulled->max_offset.value()));
    co_return std::move(pulled->messages.front());
}

Task<Result<std::vector<MessageTrack>>> message_tracks(Admin& admin, client::ReceivedMessage message) {
    const auto groups = co_await topic_groups(admin, message.queue.topic);
    if (!groups) co_return std::unexpected{groups.error()};
    if (const auto route = admin.client().routes().known(message.queue.topic))
        message.queue.broker_name = broker_of(*route, message);
    std::vector<Task<MessageTrack>> tracking;
    for (const auto& group : *groups) tracking.push_back(track_in(admin, message, group));
    co_return co_await all(std::move(tracking));
}

Task<Result<remoting::ConsumeDirectlyResult>> consume_directly(Admin& admin, client::ReceivedMessage message,
                                                               std::string group, std::string client_id) {
    const remoting::ConsumeMessageDirectlyRequest request{.client_id = client_id,
                                                          .consumer_group = group,
                                                          .msg_id = message.offset_message_id,
                                                          .topic = message.queue.topic};
    auto result =
        co_await admin.ask(message.store_host.text(), request, {}, body_as<remoting::ConsumeDirectlyResult>);
    co_return name_member(std::move(result), client_id);
}

Task<Result<client::Pulled>> pull(Admin& admin, client::Pull what, std::string group) {
    client::PullConsumer consumer{admin.client(), std::move(group)};
    co_return co_await answer_of<Result<client::Pulled>>(
        [&consumer, &what](const auto& done) { consumer.pull(std::move(what), done); });
}

Task<Result<remoting::ConsumeQueueBody>> queue_entries(Admin& admin, std::string address,
                                                       model::MessageQueue queue, QueueOffset from,
                                                       std::int32_t count, std::string group) {
    const remoting::QueryConsumeQueueRequest request{group, count, from, queue.queue_id, queue.topic};
    co_return co_await admin.ask(address, request, {}, body_as<remoting::ConsumeQueueBody>);
}

Task<Result<QueueBounds>> queue_bounds(Admin& admin, model::MessageQueue queue) {
    client::PullConsumer consumer{admin.client(), std::string{model::group::tools_consumer}};
    const auto min = co_await answer_of<Result<QueueOffset>>(
        [&consumer, &queue](const auto& done) { consumer.min_offset(queue, done); });
    if (!min) co_return std::unexpected{min.error()};
    const auto max = co_await answer_of<Result<QueueOffset>>(
        [&consumer, &queue](const auto& done) { consumer.max_offset(queue, done); });
    if (!max) co_return std::unexpected{max.error()};
    co_return QueueBounds{*min, *max};
}

Task<Result<QueueOffset>> search_offset(Admin& admin, model::MessageQueue queue, WallMillis time) {
    client::PullConsumer consumer{admin.client(), std::string{model::group::tools_consumer}};
    co_return co_await answer_of<Result<QueueOffset>>(
        [&consumer, &queue, time](const auto& done) { consumer.search_offset(queue, time, done); });
}

}  // namespace tern::admin
