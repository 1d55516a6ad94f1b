// printMsgByQueue: all messages of one queue, or those of a time, and how many have which tag.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/commands.hpp"
#include "cli/message_detail.hpp"
#include "cli/queue_reader.hpp"
#include "cli/rocketmq_text.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"a", "brokerName", Takes::text, Need::must, "name of the broker"},
    Option{"b", "beginTimestamp", Takes::text, Need::may,
           "stored since: milliseconds, now, or yyyy-MM-dd#HH:mm:ss:SSS"},
    Option{"c", "charsetName", Takes::text, Need::may, "means nothing here: bodies are printed as they are"},
    Option{"d", "printBody", Takes::boolean, Need::may, "with the body as text, false by default"},
    Option{"e", "endTimestamp", Takes::text, Need::may,
           "stored before: milliseconds, now, or yyyy-MM-dd#HH:mm:ss:SSS"},
    Option{"f", "calculate", Takes::boolean, Need::may, "count the messages by tag, false by default"},
    Option{"i", "queueId", Takes::number, Need::must, "the queue"},
    Option{"p", "printMsg", Takes::boolean, Need::may, "print the messages, false by default"},
    Option{"s", "subExpression", Takes::text, Need::may, "only these tags: 'TagA || TagB'"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};

admin::Task<Result<>> run(Invocation& in) {
    auto reading = reading_of(in);
    if (!reading) co_return std::unexpected{reading.error()};
    reading->broker_name = in.arguments.text("brokerName");
    reading->queue_id = in.arguments.number("queueId");
    const auto queues = co_await read_queues(in.admin, *reading);
    if (!queues) co_return std::unexpected{queues.error()};
    const bool prints = in.arguments.is_true("printMsg");
    const bool with_body = in.arguments.is_true("printBody");
    json::Array messages;
    std::map<std::string, std::int64_t, std::less<>> by_tag;
    for (const auto& message : queues->front().messages) {
        ++by_tag[std::string{message.tags()}];
        if (prints) messages.emplace_back(message_json(message));
        if (prints && !in.wants_json())
            fmt::print(in.out, "MSGID: {} {} BODY: {}\n", message.message_id, message_text(message),
                       with_body ? message.body : "NOT PRINT BODY");
    }
    std::vector<std::pair<std::string, std::int64_t>> tags{by_tag.begin(), by_tag.end()};
    std::ranges::sort(tags, {}, [](const auto& each) { return std::tuple{-each.second, each.first}; });
    if (in.wants_json()) {
        json::Object counts;
        for (const auto& [tag, count] : tags) counts.push_back({tag, count});
        in.print(json::Object{{"messages", std::move(messages)}, {"countByTag", std::move(counts)}});
    } else if (in.arguments.is_true("calculate")) {
        for (const auto& [tag, count] : tags)
            fmt::print(in.out, "Tag: {:<30} Count: {}\n", tag.empty() ? "null" : tag, count);
    }
    co_return {};
}

}  // namespace

constinit const Command print_msg_by_queue{
    "printMsgByQueue",
    "Print the messages of one queue, or count them by tag.",
    options,
    {"printMsgByQueue -t OrderTopic -a broker-a -i 2 -p true -d true -n 127.0.0.1:9876",
     "printMsgByQueue -t OrderTopic -a broker-a -i 2 -f true -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
