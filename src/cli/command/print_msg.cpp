// printMsg: all messages of a topic, or those of a time.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/commands.hpp"
#include "cli/message_detail.hpp"
#include "cli/queue_reader.hpp"
#include "cli/rocketmq_text.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "beginTimestamp", Takes::text, Need::may,
           "stored since: milliseconds, now, or yyyy-MM-dd#HH:mm:ss:SSS"},
    Option{"c", "charsetName", Takes::text, Need::may, "means nothing here: bodies are printed as they are"},
    Option{"d", "printBody", Takes::boolean, Need::may, "with the body as text, true by default"},
    Option{"e", "endTimestamp", Takes::text, Need::may,
           "stored before: milliseconds, now, or yyyy-MM-dd#HH:mm:ss:SSS"},
    Option{"l", "lmqParentTopic", Takes::text, Need::may,
           "means nothing here; RocketMQ's finds light queues by it"},
    Option{"s", "subExpression", Takes::text, Need::may, "only these tags: 'TagA || TagB'"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};

admin::Task<Result<>> run(Invocation& in) {
    const auto reading = reading_of(in);
    if (!reading) co_return std::unexpected{reading.error()};
    const auto queues = co_await read_queues(in.admin, *reading);
    if (!queues) co_return std::unexpected{queues.error()};
    const bool with_body = in.arguments.boolean("printBody", true);
    json::Array messages;
    for (const auto& read : *queues) {
        for (const auto& message : read.messages) messages.emplace_back(message_json(message));
        if (in.wants_json()) continue;
        fmt::print(in.out, "minOffset={}, maxOffset={}, {}\n", read.bounds.min.value(),
                   read.bounds.max.value(), queue_text(read.queue));
        for (const auto& message : read.messages)
            fmt::print(in.out, "MSGID: {} {} BODY: {}\n", message.message_id, message_text(message),
                       with_body ? message.body : "NOT PRINT BODY");
        in.out << "--------------------------------------------------------\n";
    }
    if (in.wants_json()) in.print(std::move(messages));
    co_return {};
}

}  // namespace

constinit const Command print_msg{
    "printMsg",
    "Print all messages of a topic, or those of a time or with certain tags.",
    options,
    {"printMsg -t OrderTopic -n 127.0.0.1:9876",
     "printMsg -t OrderTopic -s 'TagA || TagB' -b 2026-11-21#00:00:00:000 -e now -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
