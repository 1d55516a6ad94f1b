#include "cli/queue_reader.hpp"

#include <algorithm>
#include <limits>

#include "admin/topics.hpp"
#include "cli/rocketmq_text.hpp"
#include "model/message_properties.hpp"
#include "model/tag_filter.hpp"

namespace tern::cli {
namespace {

constexpr std::int32_t messages_of_a_pull = 32;

// Where the queue is to be read, from and up to.
admin::Task<Result<admin::QueueBounds>> range_of(admin::Admin& admin, Reading reading,
                                                 model::MessageQueue queue, admin::QueueBounds bounds) {
    auto range = bounds;
    if (reading.offset) {
        range.min = *reading.offset;
    } else if (reading.begin) {
        const auto first = co_await admin::search_offset(admin, queue, *reading.begin);
        if (!first) co_return std::unexpected{first.error()};
        range.min = *first;
    }
    if (reading.end) {
        const auto last = co_await admin::search_offset(admin, queue, *reading.end);
        if (!last) co_return std::unexpected{last.error()};
        range.max = std::min(range.max, *last);
    }
    co_return range;
}

// As Java clients do, so that people see the same properties.
void note_bounds(client::ReceivedMessage& message, const client::Pulled& pulled) {
    model::PropertyEditor properties{message.properties};
    properties.set("MIN_OFFSET", std::to_string(pulled.min_offset.value()));
    properties.set("MAX_OFFSET", std::to_string(pulled.max_offset.value()));
    message.properties = properties.view();
}

admin::Task<Result<QueueRead>> read_queue(admin::Admin& admin, Reading reading,
                                          model::SubscriptionData subscription, model::MessageQueue queue) {
    const auto bounds = co_await admin::queue_bounds(admin, queue);
    if (!bounds) co_return std::unexpected{bounds.error()};
    const auto range = co_await range_of(admin, reading, queue, *bounds);
    if (!range) co_return std::unexpected{range.error()};
    QueueRead read{.queue = queue, .bounds = *bounds, .next_offset = range->min, .messages = {}};
    auto left = reading.messages_max;
    // At least one pull: what an empty queue or a wrong offset is answered with belongs to the result.
    do {
        client::Pull what{
            .queue = queue,
            .offset = read.next_offset,
            .max_messages = static_cast<std::int32_t>(std::min<std::int64_t>(left, messages_of_a_pull)),
            .subscription = subscription};
        auto pulled = co_await admin::pull(admin, std::move(what), reading.group);
        if (!pulled) co_return std::unexpected{pulled.error()};
        read.last_status = pulled->status;
        for (auto& message : pulled->messages) {
            if (message.queue_offset >= range->max || left == 0) break;
            note_bounds(message, *pulled);
            read.messages.push_back(std::move(message));
            --left;
        }
        const bool is_stuck = pulled->next_offset <= read.next_offset;
        if (!is_stuck || pulled->status == client::PullStatus::offset_illegal)
            read.next_offset = pulled->next_offset;
        if (is_stuck || pulled->status == client::PullStatus::no_new_message) break;
    } while (read.next_offset < range->max && left > 0);
    if (read.next_offset >= range->max) read.last_status = client::PullStatus::no_new_message;
    co_return read;
}

}  // namespace

Result<Reading> reading_of(const Invocation& in) {
    Reading reading{.topic = in.arguments.text("topic"),
                    .messages_max = std::numeric_limits<std::int32_t>::max()};
    if (const auto expression = in.arguments.optional_text("subExpression")) reading.expression = *expression;
    for (auto [name, time] :
         {std::pair{"beginTimestamp", &reading.begin}, std::pair{"endTimestamp", &reading.end}}) {
        const auto text = in.arguments.optional_text(name);
        if (!text) continue;
        const auto parsed = parse_time(*text, in.runtime.clock.wall_ms());
        if (!parsed) return std::unexpected{parsed.error()};
        *time = *parsed;
    }
    return reading;
}

admin::Task<Result<std::vector<QueueRead>>> read_queues(admin::Admin& admin, Reading reading) {
    const auto subscription = model::tag_subscription(reading.topic, reading.expression, 0);
    if (!subscription) co_return std::unexpected{subscription.error()};
    const auto route = co_await admin::topic_route(admin, reading.topic);
    if (!route) co_return std::unexpected{route.error()};
    std::vector<admin::Task<Result<QueueRead>>> tasks;
    std::vector<model::MessageQueue> asked;
    for (const auto& queue : (*route)->subscribe_queues()) {
        if (reading.broker_name && queue.broker_name != *reading.broker_name) continue;
        if (reading.queue_id && queue.queue_id.value() != *reading.queue_id) continue;
        tasks.push_back(read_queue(admin, reading, *subscription, queue));
        asked.push_back(queue);
    }
    if (tasks.empty())
        co_return failure(Errc::invalid_argument, "topic " + reading.topic +
                                                      " has no such queue to read; see mqadmin " +
                                                      "topicRoute -t " + reading.topic + " -l");
    auto results = co_await admin::all(std::move(tasks));
    const bool any_read = std::ranges::any_of(results, [](const auto& result) { return result.has_value(); });
    std::vector<QueueRead> queues;
    auto left = static_cast<std::size_t>(reading.messages_max);
    for (std::size_t i = 0; i < results.size(); ++i) {
        auto& result = results[i];
        if (left == 0) break;  // Of the queues that are left nothing is wanted.
        if (!result) {
            const auto address = admin.client().member_address(asked[i], client::master_id);
            if (!any_read || !address || !admin::is_silence(result.error()))
                co_return std::unexpected{result.error()};
            admin.note_silent(*address, result.error());
            continue;
        }
        auto& messages = result->messages;
        if (messages.size() > left) {
            result->next_offset = messages[left].queue_offset;
            messages.resize(left);
        }
        left -= messages.size();
        queues.push_back(std::move(*result));
    }
    co_return queues;
}

}  // namespace tern::cli
