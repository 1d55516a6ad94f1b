// sendMessage: sends one message.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>

#include "admin/topics.hpp"
#include "cli/commands.hpp"
#include "client/producer.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "broker", Takes::text, Need::may, "name of the broker to send to"},
    Option{"c", "tags", Takes::text, Need::may, "the message's tag"},
    Option{"i", "qid", Takes::number, Need::may, "the queue to send to, on the broker that -b names"},
    Option{"k", "key", Takes::text, Need::may, "the message's keys, with blanks between"},
    Option{"m", "msgTraceEnable", Takes::boolean, Need::may, "means nothing yet: no trace is sent"},
    Option{"p", "body", Takes::text, Need::must, "the message's body, as text"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};

// The queue that -b and -i name; nothing when any will do.
admin::Task<Result<std::optional<model::MessageQueue>>> queue_of(Invocation& in, std::string topic) {
    const auto broker_name = in.arguments.optional_text("broker");
    const auto queue_id = in.arguments.number("qid");
    if (!broker_name && queue_id)
        co_return failure(Errc::invalid_argument, "Broker name must be set if the queue is chosen: add -b");
    if (!broker_name) co_return std::nullopt;
    const auto route = co_await admin::topic_route(in.admin, topic);
    if (!route) co_return std::unexpected{route.error()};
    const auto& queues = (*route)->publish_queues();
    const auto found = std::ranges::find_if(queues, [&](const model::MessageQueue& queue) {
        return queue.broker_name == *broker_name && (!queue_id || queue.queue_id.value() == *queue_id);
    });
    if (found == queues.end())
        co_return failure(
            Errc::invalid_argument,
            fmt::format("topic {} has no queue {}to write to on broker {}; see mqadmin topicRoute -t {} -l",
                        topic, queue_id ? fmt::format("{} ", *queue_id) : "", *broker_name, topic));
    co_return *found;
}

admin::Task<Result<>> run(Invocation& in) {
    const client::Message message{.topic = in.arguments.text("topic"),
                                  .body = in.arguments.text("body"),
                                  .tags = in.arguments.text("tags"),
                                  .keys = in.arguments.text("key")};
    const auto queue = co_await queue_of(in, message.topic);
    if (!queue) co_return std::unexpected{queue.error()};
    client::Producer producer{in.admin.client(), {.group = fmt::format("{}", in.runtime.clock.wall_ms())}};
    const auto sent = co_await admin::answer_of<Result<client::Sent>>([&](const auto& done) {
        if (*queue) return producer.send(message, **queue, done);
        producer.send(message, done);
    });
    if (!sent) co_return std::unexpected{sent.error()};
    if (in.wants_json()) {
        in.print(json::Object{{"brokerName", sent->queue.broker_name},
                              {"queueId", sent->queue.queue_id.value()},
                              {"queueOffset", sent->queue_offset.value()},
                              {"sendStatus", enum_name(sent->status)},
                              {"msgId", sent->message_id},
                              {"offsetMsgId", sent->offset_message_id}});
        co_return {};
    }
    constexpr std::string_view row = "{:<32}  {:<4}  {:<20}    {}\n";
    fmt::print(in.out, row, "#Broker Name", "#QID", "#Send Result", "#MsgId");
    fmt::print(in.out, row, sent->queue.broker_name, sent->queue.queue_id.value(), enum_name(sent->status),
               sent->message_id);
    co_return {};
}

}  // namespace

constinit const Command send_message{
    "sendMessage",
    "Send one message.",
    options,
    {"sendMessage -t OrderTopic -p 'hello' -n 127.0.0.1:9876",
     "sendMessage -t OrderTopic -p 'hello' -c TagA -k order-1 -b broker-a -i 0 -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
