// queryMsgByKey: where the messages with a key are.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <limits>

#include "admin/messages.hpp"
#include "cli/commands.hpp"
#include "cli/message_detail.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "beginTimestamp", Takes::number, Need::may, "stored since, in milliseconds"},
    Option{"c", "cluster", Takes::text, Need::may,
           "means nothing here; RocketMQ's finds light message queues by it"},
    Option{"e", "endTimestamp", Takes::number, Need::may, "stored until, in milliseconds"},
    Option{"k", "msgKey", Takes::text, Need::must, "the key, or the tag with -p T"},
    Option{"l", "lastKey", Takes::text, Need::may,
           "means nothing here; where RocketMQ's index in RocksDB goes on"},
    Option{"m", "maxNum", Takes::number, Need::may, "at most so many messages of each broker, 64 by default"},
    Option{"p", "keyType", Takes::text, Need::may, "K: a key, which is the default; T: a tag"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};

admin::Task<Result<>> run(Invocation& in) {
    const auto type = in.arguments.optional_text("keyType").value_or("K");
    if (type != "K" && type != "T")
        co_return failure(Errc::invalid_argument, "keyType must be K or T: " + type);
    const auto max = in.arguments.number("maxNum").value_or(64);
    if (max <= 0 || max > std::numeric_limits<std::int32_t>::max())
        co_return failure(Errc::invalid_argument, "maxNum must be positive: " + std::to_string(max));
    const admin::KeyQuery query{
        .topic = in.arguments.text("topic"),
        .key = in.arguments.text("msgKey"),
        .type = type == "T" ? admin::KeyType::tag : admin::KeyType::key,
        .max_messages = static_cast<std::int32_t>(max),
        .begin = in.arguments.number("beginTimestamp").value_or(0),
        .end = in.arguments.number("endTimestamp").value_or(std::numeric_limits<WallMillis>::max())};
    const auto messages = co_await admin::messages_by_key(in.admin, query);
    if (!messages) co_return std::unexpected{messages.error()};
    if (in.wants_json()) {
        json::Array documents;
        for (const auto& message : *messages) documents.emplace_back(message_json(message));
        in.print(std::move(documents));
        co_return {};
    }
    fmt::print(in.out, "{:<50} {:>4} {:>40}\n", "#Message ID", "#QID", "#Offset");
    for (const auto& message : *messages)
        fmt::print(in.out, "{:<50} {:>4} {:>40}\n", message.message_id, message.queue.queue_id.value(),
                   message.queue_offset.value());
    co_return {};
}

}  // namespace

constinit const Command query_msg_by_key{
    "queryMsgByKey",
    "Messages that have a key, and where they are.",
    options,
    {"queryMsgByKey -t OrderTopic -k order-1 -n 127.0.0.1:9876",
     "queryMsgByKey -t OrderTopic -k order-1 -m 10 --json -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
