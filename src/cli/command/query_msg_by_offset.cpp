// queryMsgByOffset: the message at a place of a queue, and what became of it.
#include "admin/messages.hpp"
#include "cli/commands.hpp"
#include "cli/message_detail.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "brokerName", Takes::text, Need::must, "name of the broker"},
    Option{"f", "bodyFormat", Takes::text, Need::may, "with the body as text, as it is, whatever is named"},
    Option{"i", "queueId", Takes::number, Need::must, "the queue"},
    Option{"o", "offset", Takes::number, Need::must, "the offset in it"},
    Option{"r", "routeTopic", Takes::text, Need::may,
           "means nothing here; RocketMQ's finds light message queues by it"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};

admin::Task<Result<>> run(Invocation& in) {
    const model::MessageQueue queue{in.arguments.text("brokerName"),
                                    QueueId{static_cast<std::int32_t>(*in.arguments.number("queueId"))},
                                    in.arguments.text("topic")};
    const auto message =
        co_await admin::message_at(in.admin, queue, QueueOffset{*in.arguments.number("offset")});
    if (!message) co_return std::unexpected{message.error()};
    const DetailStyle style{.with_body = in.arguments.has("bodyFormat")};
    co_return co_await print_detail(in, *message, style);
}

}  // namespace

constinit const Command query_msg_by_offset{
    "queryMsgByOffset",
    "The message at an offset of a queue, and who consumed it.",
    options,
    {"queryMsgByOffset -t OrderTopic -b broker-a -i 0 -o 100 -n 127.0.0.1:9876",
     "queryMsgByOffset -t OrderTopic -b broker-a -i 0 -o 100 -f UTF-8 -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
