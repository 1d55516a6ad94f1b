// queryMsgById: messages by the id of their place or by their unique id, and what became of them.
#include "admin/topics.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/message_detail.hpp"
#include "model/message_id.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array options{
    Option{"c", "cluster", Takes::text, Need::may,
           "means nothing here; RocketMQ's finds light message queues by it"},
    Option{"f", "bodyFormat", Takes::text, Need::may, "with the body as text, as it is, whatever is named"},
    Option{"i", "msgId", Takes::text, Need::must, "ids of places or unique ids, with commas between"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
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
    }
    auto message = co_await admin::message_by_unique_id(in.admin, topic, id);
    if (message || !place) co_return message;
    auto elsewhere = co_await admin::message_by_offset_id(in.admin, topic, id);
    if (elsewhere) co_return elsewhere;
    co_return message;
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
     "queryMsgById -t OrderTopic -i 7F00000100002A9F0000000000001000 -f UTF-8 -n 127.0.0.1:9876"},
    run};

}  // namespace tern::cli::commands
