// queryCq: entries of a consume queue as they lie there.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/messages.hpp"
#include "admin/topics.hpp"
#include "cli/commands.hpp"
#include "json/fields.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"b", "broker", Takes::text, Need::may, "address of the broker; else one from the topic's route"},
    Option{"c", "count", Takes::number, Need::may, "so many entries, 10 by default"},
    Option{"g", "consumer", Takes::text, Need::may, "and what this consumer group has subscribed to"},
    Option{"i", "index", Takes::number, Need::must, "the first entry"},
    Option{"q", "queue", Takes::number, Need::must, "the queue"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};

constexpr std::string_view line = "======================================\n";

void print(Invocation& in, const remoting::ConsumeQueueBody& found, std::int64_t index) {
    const auto null_or = [](const std::optional<std::string>& text) { return text.value_or("null"); };
    if (found.subscription_data)
        fmt::print(in.out, "Subscription data: \n{}\n{}",
                   json::write(json::to_value(*found.subscription_data), {.pretty = true}), line);
    if (found.filter_data) fmt::print(in.out, "Filter data: \n{}\n{}", *found.filter_data, line);
    fmt::print(in.out, "Queue data: \nmax: {}, min: {}\n{}", found.max_queue_index.value(),
               found.min_queue_index.value(), line);
    for (const auto& entry : found.queue_data) {
        fmt::print(in.out,
                   "idx: {}\nConsumeQueueData{{physicOffset={}, physicSize={}, tagsCode={}, "
                   "extendDataJson='{}', bitMap='{}', eval={}, msg='{}'}}\n{}",
                   index++, entry.physic_offset.value(), entry.physic_size, entry.tags_code,
                   null_or(entry.extend_data_json), null_or(entry.bit_map), entry.eval, null_or(entry.msg),
                   line);
    }
}

admin::Task<Result<>> run(Invocation& in) {
    const auto topic = in.arguments.text("topic");
    auto address = in.arguments.optional_text("broker");
    if (!address) {
        const auto route = co_await admin::topic_route(in.admin, topic);
        if (!route) co_return std::unexpected{route.error()};
        address = admin::addresses_of(**route).front();
    }
    const auto index = *in.arguments.number("index");
    const model::MessageQueue queue{
        {}, QueueId{static_cast<std::int32_t>(*in.arguments.number("queue"))}, topic};
    const auto found = co_await admin::queue_entries(
        in.admin, *address, queue, QueueOffset{index},
        static_cast<std::int32_t>(in.arguments.number("count").value_or(10)), in.arguments.text("consumer"));
    if (!found) co_return std::unexpected{found.error()};
    if (in.wants_json()) {
        in.print(json::to_value(*found));
    } else {
        print(in, *found, std::max(index, found->min_queue_index.value()));
    }
    co_return {};
}

}  // namespace

constinit const Command query_cq{"queryCq",
                                 "Entries of a consume queue: where messages lie in the commit log.",
                                 options,
                                 {"queryCq -t OrderTopic -q 0 -i 0 -c 5 -n 127.0.0.1:9876",
                                  "queryCq -t OrderTopic -q 0 -i 0 -b 127.0.0.1:10911 -n 127.0.0.1:9876"},
                                 run};

}  // namespace tern::cli::commands
