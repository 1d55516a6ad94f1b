// queryMsgByUniqueKey: messages by their unique id, and what became of them.
#include <limits>

#include "cli/commands.hpp"
#include "cli/direct_consumption.hpp"
#include "cli/message_detail.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"a", "showAll", Takes::nothing, Need::may, "all messages with that id, up to 32; else the first"},
    Option{"c", "cluster", Takes::text, Need::may,
           "means nothing here; RocketMQ's finds light message queues by it"},
    Option{"d", "clientId", Takes::text, Need::may,
           "with -g: this member of the group consumes it now, and says how that went"},
    Option{"e", "endTime", Takes::number, Need::may, "stored until, in milliseconds"},
    Option{"g", "consumerGroup", Takes::text, Need::may, "the group of the consumer that -d names"},
    Option{"i", "msgId", Takes::text, Need::must, "the unique id"},
    Option{"s", "startTime", Takes::number, Need::may, "stored since, in milliseconds"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};

admin::Task<Result<>> run(Invocation& in) {
    const admin::KeyQuery query{
        .topic = in.arguments.text("topic"),
        .key = in.arguments.text("msgId"),
        .type = admin::KeyType::unique_key,
        .max_messages = 32,
        .begin = in.arguments.number("startTime").value_or(0),
        .end = in.arguments.number("endTime").value_or(std::numeric_limits<WallMillis>::max())};
    auto found = co_await admin::messages_by_key(in.admin, query);
    if (!found) co_return std::unexpected{found.error()};
    if (names_consumer(in.arguments)) {
        found->resize(1);
        co_return co_await consume_directly(in, std::move(*found));
    }
    const DetailStyle style{.with_offset_id = false};
    if (in.arguments.has("showAll")) co_return co_await print_details(in, std::move(*found), style);
    co_return co_await print_detail(in, found->front(), style);
}

}  // namespace

constinit const Command query_msg_by_unique_key{
    "queryMsgByUniqueKey",
    "A message by its unique id, and who consumed it.",
    options,
    {"queryMsgByUniqueKey -t OrderTopic -i C0A8010A00002A9F0000000000001000 -n 127.0.0.1:9876",
     "queryMsgByUniqueKey -t OrderTopic -i C0A8010A00002A9F0000000000001000 -g OrderGroup -d 10.0.0.7@4711"},
    run};

}  // namespace tern::cli::commands
