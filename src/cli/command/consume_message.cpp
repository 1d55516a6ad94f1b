// consumeMessage: reads messages from queues and prints them, without moving any group's offset.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/commands.hpp"
#include "cli/message_detail.hpp"
#include "cli/queue_reader.hpp"
#include "cli/rocketmq_text.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "brokerName", Takes::text, Need::may, "only the queues of this broker"},
    Option{"c", "MessageNumber", Takes::number, Need::may, "at most so many messages, 128 by default"},
    Option{"e", "endTimestamp", Takes::text, Need::may,
           "stored before: milliseconds, now, or yyyy-MM-dd#HH:mm:ss:SSS"},
    Option{"g", "consumerGroup", Takes::text, Need::may,
           "the group that the pulls name, TOOLS_CONSUMER by default"},
    Option{"i", "queueId", Takes::number, Need::may, "only this queue; needs -b"},
    Option{"o", "offset", Takes::number, Need::may, "the first offset; needs -b and -i"},
    Option{"s", "beginTimestamp", Takes::text, Need::may,
           "stored since: milliseconds, now, or yyyy-MM-dd#HH:mm:ss:SSS"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};

std::unexpected<Error> refuse(std::string words) {
    return failure(Errc::invalid_argument, std::move(words));
}

Result<Reading> reading_of(const Arguments& arguments, WallMillis now) {
    Reading reading{.topic = arguments.text("topic"),
                    .broker_name = arguments.optional_text("brokerName"),
                    .queue_id = arguments.number("queueId"),
                    .messages_max = arguments.number("MessageNumber").value_or(128)};
    if (const auto group = arguments.optional_text("consumerGroup")) reading.group = *group;
    if (reading.queue_id && !reading.broker_name)
        return refuse("Please set the brokerName before queueId: add -b");
    if (const auto offset = arguments.number("offset")) {
        if (!reading.queue_id) return refuse("Please set the queueId before offset: add -i");
        reading.offset = QueueOffset{*offset};
    }
    if (reading.messages_max <= 0)
        return refuse("MessageNumber must be positive: " + std::to_string(reading.messages_max));
    for (auto [name, time] :
         {std::pair{"beginTimestamp", &reading.begin}, std::pair{"endTimestamp", &reading.end}}) {
        const auto text = arguments.optional_text(name);
        if (!text) continue;
        const auto parsed = parse_time(*text, now);
        if (!parsed) return std::unexpected{parsed.error()};
        *time = *parsed;
    }
    if (reading.begin && *reading.begin > now)
        return refuse("Please set the beginTimestamp before now: " + time_text_ms(*reading.begin));
    if (reading.begin && reading.end && *reading.begin > *reading.end)
        return refuse("Please make sure that the beginTimestamp is less than or equal to the endTimestamp");
    return reading;
}

void print_queue(Invocation& in, const QueueRead& read) {
    if (!read.messages.empty()) in.out << "Consume ok\n";
    for (const auto& message : read.messages)
        fmt::print(in.out, "MSGID: {} {} BODY: {}\n", message.message_id, message_text(message),
                   message.body);
    fmt::print(in.out, "{} print msg finished. status={}, offset={}\n", queue_text(read.queue),
               enum_name(read.last_status), read.next_offset.value());
}

admin::Task<Result<>> run(Invocation& in) {
    const auto reading = reading_of(in.arguments, in.runtime.clock.wall_ms());
    if (!reading) co_return std::unexpected{reading.error()};
    const auto queues = co_await read_queues(in.admin, *reading);
    if (!queues) co_return std::unexpected{queues.error()};
    json::Array messages;
    for (const auto& queue : *queues) {
        if (!in.wants_json()) print_queue(in, queue);
        for (const auto& message : queue.messages) messages.emplace_back(message_json(message));
    }
    if (in.wants_json()) in.print(std::move(messages));
    co_return {};
}

}  // namespace

constinit const Command consume_message{
    "consumeMessage",
    "Read messages by queue, offset or time, and print them; no group's offset moves.",
    options,
    {"consumeMessage -t OrderTopic -n 127.0.0.1:9876",
     "consumeMessage -t OrderTopic -b broker-a -i 0 -o 100 -c 10 -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
