// queryMsgById: messages by the id of their place or by their unique id, and what became of them; or they are
// consumed, or sent, once more.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>

#include "admin/topics.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/direct_consumption.hpp"
#include "cli/message_detail.hpp"
#include "cli/rocketmq_text.hpp"
#include "client/producer.hpp"
#include "model/message_id.hpp"
#include "model/message_properties.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"c", "cluster", Takes::text, Need::may,
           "means nothing here; RocketMQ's finds light message queues by it"},
    Option{"d", "clientId", Takes::text, Need::may,
           "with -g: this member of the group consumes it now, and says how that went"},
    Option{"f", "bodyFormat", Takes::text, Need::may, "with the body as text, as it is, whatever is named"},
    Option{"g", "consumerGroup", Takes::text, Need::may, "the group of the consumer that -d names"},
    Option{"i", "msgId", Takes::text, Need::must, "ids of places or unique ids, with commas between"},
    Option{"s", "sendMessage", Takes::boolean, Need::may,
           "true: it is sent to the topic again, with a new id"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
    Option{"u", "unitName", Takes::text, Need::may,
           "means nothing here; RocketMQ's has it in its client's id"},
};

// Properties that are a stored message's alone.
constexpr std::array noted_since{
    model::property::unique_key,    model::property::region,
    model::property::trace_on,      model::property::cluster,
    model::property::retry_topic,   model::property::real_topic,
    model::property::real_queue_id, model::property::origin_message_id,
};

// The name of the topic's broker that has the address; empty when none has.
std::string broker_at(const client::Route& route, const std::string& address) {
    for (const auto& broker : route.data().broker_datas)
        for (const auto& [id, member] : broker.broker_addrs)
            if (member == address) return broker.broker_name;
    return {};
}

// Both kinds of id may have the same length. One whose address is a broker of the topic's names a place; what
// nobody knows as a unique id is tried as a place all the same.
admin::Task<Result<client::ReceivedMessage>> find(Invocation& in, std::string topic, std::string id) {
    const auto route = co_await admin::topic_route(in.admin, topic);
    if (!route) co_return std::unexpected{route.error()};
    const auto place = model::parse_offset_message_id(id);
    const auto broker = place ? broker_at(**route, place->store_host.text()) : std::string{};
    if (!broker.empty()) {
        auto message = co_await admin::message_by_offset_id(in.admin, topic, id);
        if (message) {
            message->queue.broker_name = broker;
            co_return message;
        }
        if (admin::is_silence(message.error())) co_return message;
    }
    auto message = co_await admin::message_by_unique_id(in.admin, topic, id);
    if (message || !place) co_return message;
    auto elsewhere = co_await admin::message_by_offset_id(in.admin, topic, id);
    if (elsewhere) co_return elsewhere;
    co_return message;
}

// As its producer sent it: what brokers and consumers have noted since stays behind.
client::Message sendable(const client::ReceivedMessage& stored) {
    using namespace model;
    client::Message message{.topic = stored.queue.topic, .body = stored.body, .flag = stored.flag};
    for_each_property(stored.properties, [&](std::string_view name, std::string_view value) {
        if (name == property::tags) {
            message.tags = value;
        } else if (name == property::keys) {
            message.keys = value;
        } else if (name == property::delay_level) {
            message.delay_level = parse_number<std::int32_t>(value).value_or(0);
        } else if (name == property::wait_store_ok) {
            message.wait_store_ok = value != "false";
        } else if (std::ranges::find(noted_since, name) == noted_since.end()) {
            message.properties.insert_or_assign(std::string{name}, value);
        }
    });
    return message;
}

admin::Task<Result<>> send_again(Invocation& in, std::vector<client::ReceivedMessage> messages) {
    client::Producer producer{in.admin.client(), {.group = "ReSendMsgById"}};
    json::Array documents;
    for (const auto& stored : messages) {
        const auto message = sendable(stored);
        const auto sent = co_await admin::answer_of<Result<client::Sent>>(
            [&](const auto& done) { producer.send(message, done); });
        if (!sent) co_return std::unexpected{sent.error()};
        if (in.wants_json()) {
            documents.emplace_back(json::Object{{"originalMsgId", stored.message_id},
                                                {"sendStatus", enum_name(sent->status)},
                                                {"msgId", sent->message_id},
                                                {"offsetMsgId", sent->offset_message_id}});
            continue;
        }
        fmt::print(in.out,
                   "prepare resend msg. originalMsgId={}\nSendResult [sendStatus={}, msgId={}, "
                   "offsetMsgId={}, messageQueue={}, queueOffset={}, recallHandle=null]\n",
                   stored.message_id, enum_name(sent->status), sent->message_id, sent->offset_message_id,
                   queue_text(sent->queue), sent->queue_offset.value());
    }
    if (in.wants_json()) in.print(std::move(documents));
    co_return {};
}

admin::Task<Result<>> run(Invocation& in) {
    const auto topic = in.arguments.text("topic");
    const auto ids = in.arguments.text("msgId");
    std::vector<client::ReceivedMessage> found;
    for (const auto id : split(ids, ',')) {
        auto message = co_await find(in, topic, std::string{trim(id)});
        if (!message) co_return std::unexpected{message.error()};
        found.push_back(std::move(*message));
    }
    if (names_consumer(in.arguments)) co_return co_await consume_directly(in, std::move(found));
    if (in.arguments.has("sendMessage")) {
        if (!in.arguments.is_true("sendMessage")) co_return {};
        co_return co_await send_again(in, std::move(found));
    }
    const DetailStyle style{.with_body = in.arguments.has("bodyFormat")};
    if (in.wants_json() && found.size() == 1) co_return co_await print_detail(in, found.front(), style);
    co_return co_await print_details(in, std::move(found), style);
}

}  // namespace

constinit const Command query_msg_by_id{
    "queryMsgById",
    "A message by its offset id or its unique id, and who consumed it.",
    options,
    {"queryMsgById -t OrderTopic -i 7F00000100002A9F0000000000001000 -n 127.0.0.1:9876",
     "queryMsgById -t OrderTopic -i 7F00000100002A9F0000000000001000 -g OrderGroup -d 10.0.0.7@4711"},
    run};

}  // namespace tern::cli::commands
