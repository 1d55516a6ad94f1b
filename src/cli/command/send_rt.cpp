// checkMsgSendRT, sendMsgStatus, clusterRT: how long sends take.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include "admin/topics.hpp"
#include "cli/commands.hpp"
#include "cli/rocketmq_text.hpp"
#include "client/producer.hpp"

namespace tern::cli::commands {
namespace {

constexpr std::array rt_options{
    Option{"a", "amount", Takes::number, Need::may, "so many messages, 100 by default"},
    Option{"s", "size", Takes::number, Need::may, "bytes of a message's body, 128 by default"},
    Option{"t", "topic", Takes::text, Need::must, "name of the topic"},
};
constexpr std::array status_options{
    Option{"b", "brokerName", Takes::text, Need::must,
           "name of the broker: the topic of that name is sent to"},
    Option{"c", "count", Takes::number, Need::may, "so many messages, 50 by default"},
    Option{"s", "messageSize", Takes::number, Need::may, "bytes of a message's body, 128 by default"},
};

constexpr std::array cluster_options{
    Option{"a", "amount", Takes::number, Need::may,
           "so many messages to each broker a round, 100 by default"},
    Option{"c", "cluster", Takes::text, Need::may, "only this cluster"},
    Option{"i", "interval", Takes::number, Need::may, "seconds between rounds, 10 by default"},
    Option{"m", "machineRoom", Takes::text, Need::may,
           "name of this place in the lines of -p, noname by default"},
    Option{"p", "printLog", Takes::boolean, Need::may,
           "lines of time|room|cluster|broker|rt, false by default"},
    Option{"s", "size", Takes::number, Need::may, "bytes of a message's body, 128 by default"},
};

constexpr std::int64_t messages_max = 1'000'000;
constexpr std::int64_t size_max = 4 * 1024 * 1024;

struct Attempt {
    model::MessageQueue queue{};
    Result<client::Sent> sent;
    std::int64_t ms{};
};

Result<> check_load(std::int64_t count, std::int64_t size) {
    if (count >= 1 && count <= messages_max && size >= 1 && size <= size_max) return {};
    return failure(Errc::invalid_argument,
                   fmt::format("from 1 to {} messages of 1 to {} bytes can be sent", messages_max, size_max));
}

// One after the other, to the queues in turn. Told of each. A broker that does not answer gets no more: who
// looks how long sends take does not want to wait a hundred times for one that hangs.
template <class Tell>
admin::Task<Result<>> send(Invocation& in, std::string topic, std::int64_t count, std::int64_t size,
                           Tell tell) {
    if (auto checked = check_load(count, size); !checked) co_return checked;
    const auto route = co_await admin::topic_route(in.admin, topic);
    if (!route) co_return std::unexpected{route.error()};
    auto queues = (*route)->publish_queues();
    if (queues.empty())
        co_return failure(Errc::no_permission, "topic " + topic +
                                                   " has no queue to write to; see mqadmin "
                                                   "topicRoute -t " +
                                                   topic + " -l");
    const client::Message message{.topic = topic, .body = std::string(static_cast<std::size_t>(size), 'x')};
    client::Producer producer{in.admin.client(), {.group = fmt::format("{}", in.runtime.clock.wall_ms())}};
    for (std::int64_t i = 0; i < count && !queues.empty(); ++i) {
        Attempt attempt{.queue = queues[static_cast<std::size_t>(i) % queues.size()], .sent = client::Sent{}};
        const auto begin = in.runtime.clock.now();
        attempt.sent = co_await admin::answer_of<Result<client::Sent>>(
            [&](const auto& done) { producer.send(message, attempt.queue, done); });
        attempt.ms =
            std::chrono::duration_cast<std::chrono::milliseconds>(in.runtime.clock.now() - begin).count();
        tell(i, attempt);
        if (!attempt.sent && admin::is_silence(attempt.sent.error()))
            std::erase_if(queues, [&](const model::MessageQueue& queue) {
                return queue.broker_name == attempt.queue.broker_name;
            });
    }
    co_return {};
}

admin::Task<Result<>> run_rt(Invocation& in) {
    const auto amount = in.arguments.number("amount").value_or(100);
    constexpr std::string_view row = "{:<32}  {:<4}  {:<20}    {}\n";
    if (!in.wants_json()) fmt::print(in.out, row, "#Broker Name", "#QID", "#Send Result", "#RT");
    json::Array sends;
    std::int64_t total_ms = 0;  // Without the first, which finds the connection.
    Result<> outcome;
    const auto sent =
        co_await send(in, in.arguments.text("topic"), amount, in.arguments.number("size").value_or(128),
                      [&](std::int64_t i, const Attempt& attempt) {
                          const bool is_sent = attempt.sent.has_value();
                          if (!is_sent) outcome = std::unexpected{attempt.sent.error()};
                          if (i > 0) total_ms += attempt.ms;
                          if (!in.wants_json())
                              fmt::print(in.out, row, attempt.queue.broker_name,
                                         attempt.queue.queue_id.value(), is_sent, attempt.ms);
                          sends.emplace_back(json::Object{{"brokerName", attempt.queue.broker_name},
                                                          {"queueId", attempt.queue.queue_id.value()},
                                                          {"sent", is_sent},
                                                          {"rtMs", attempt.ms}});
                      });
    if (!sent) co_return sent;
    const double average = amount > 1 ? static_cast<double>(total_ms) / static_cast<double>(amount - 1) : 0.0;
    if (in.wants_json()) {
        in.print(json::Object{{"sends", std::move(sends)}, {"averageRtMs", average}});
    } else {
        fmt::print(in.out, "Avg RT: {:.2f}\n", average);
    }
    co_return outcome;
}

admin::Task<Result<>> run_status(Invocation& in) {
    json::Array sends;
    Result<> outcome;
    const auto sent = co_await send(
        in, in.arguments.text("brokerName"), in.arguments.number("count").value_or(50),
        in.arguments.number("messageSize").value_or(128), [&](std::int64_t, const Attempt& attempt) {
            std::string text;
            if (attempt.sent) {
                text = fmt::format(
                    "SendResult [sendStatus={}, msgId={}, offsetMsgId={}, messageQueue="
                    "MessageQueue [topic={}, brokerName={}, queueId={}], queueOffset={}]",
                    enum_name(attempt.sent->status), attempt.sent->message_id,
                    attempt.sent->offset_message_id, attempt.queue.topic, attempt.queue.broker_name,
                    attempt.queue.queue_id.value(), attempt.sent->queue_offset.value());
            } else {
                text = attempt.sent.error().detail;
                outcome = std::unexpected{attempt.sent.error()};
            }
            if (!in.wants_json()) fmt::print(in.out, "rt={}ms, SendResult={}\n", attempt.ms, text);
            sends.emplace_back(json::Object{
                {"rtMs", attempt.ms}, {"sent", attempt.sent.has_value()}, {"result", std::move(text)}});
        });
    if (!sent) co_return sent;
    if (in.wants_json()) in.print(std::move(sends));
    co_return outcome;
}

struct BrokerRt {
    admin::Member broker{};
    std::int64_t sent{};
    std::int64_t failed{};
    double average_ms{};  // Without the first, which finds the connection.
};

// By its own topic. A broker that has none, or does not answer, has failed them all.
admin::Task<BrokerRt> rt_of(Invocation& in, admin::Member broker, std::int64_t amount, std::int64_t size,
                            Result<>& outcome) {
    BrokerRt rt{.broker = std::move(broker)};
    std::int64_t total_ms = 0;
    const auto done =
        co_await send(in, rt.broker.broker_name, amount, size, [&](std::int64_t i, const Attempt& attempt) {
            if (attempt.sent) ++rt.sent;
            if (!attempt.sent) outcome = std::unexpected{attempt.sent.error()};
            if (i > 0) total_ms += attempt.ms;
        });
    if (!done) outcome = done;
    rt.failed = amount - rt.sent;
    if (amount > 1) rt.average_ms = static_cast<double>(total_ms) / static_cast<double>(amount - 1);
    co_return rt;
}

void print_rt(Invocation& in, const BrokerRt& rt) {
    if (in.arguments.is_true("printLog")) {
        fmt::print(in.out, "{}|{}|{}|{}|{:.0f}\n", time_text(in.runtime.clock.wall_ms()),
                   in.arguments.optional_text("machineRoom").value_or("noname"), rt.broker.cluster,
                   rt.broker.broker_name, rt.average_ms);
    } else {
        fmt::print(in.out, "{:<24}  {:<24}  {:<8}  {:<16}  {:<16}\n", rt.broker.cluster,
                   rt.broker.broker_name, fmt::format("{:.2f}", rt.average_ms), rt.sent, rt.failed);
    }
    in.out.flush();
}

admin::Task<Result<>> run_cluster(Invocation& in) {
    const auto amount = in.arguments.number("amount").value_or(100);
    const auto size = in.arguments.number("size").value_or(128);
    if (auto checked = check_load(amount, size); !checked) co_return checked;
    const auto interval =
        std::chrono::seconds{std::max<std::int64_t>(1, in.arguments.number("interval").value_or(10))};
    if (!in.wants_json() && !in.arguments.is_true("printLog"))
        fmt::print(in.out, "{:<24}  {:<24}  {:<4}  {:<8}  {:<8}\n", "#Cluster Name", "#Broker Name", "#RT",
                   "#successCount", "#failCount");
    while (true) {
        const auto cluster = in.arguments.optional_text("cluster");
        auto masters = cluster ? co_await admin::masters_of_cluster(in.admin, *cluster)
                               : co_await admin::masters_of_all_clusters(in.admin);
        if (!masters) co_return std::unexpected{masters.error()};
        Result<> outcome;
        json::Array rows;
        for (auto& master : *masters) {
            const auto rt = co_await rt_of(in, std::move(master), amount, size, outcome);
            if (!in.wants_json()) {
                print_rt(in, rt);
                continue;
            }
            rows.emplace_back(json::Object{{"cluster", rt.broker.cluster},
                                           {"brokerName", rt.broker.broker_name},
                                           {"averageRtMs", rt.average_ms},
                                           {"successCount", rt.sent},
                                           {"failCount", rt.failed}});
        }
        if (in.wants_json()) {
            in.print(std::move(rows));
            co_return outcome;
        }
        co_await admin::pause(in.runtime.timers, interval);
    }
}

}  // namespace

constinit const Command cluster_rt{
    "clusterRT",
    "Send messages to every broker again and again, without end, and show how long that takes.",
    cluster_options,
    {"clusterRT -n 127.0.0.1:9876", "clusterRT -c DefaultCluster -a 10 --json -n 127.0.0.1:9876"},
    run_cluster};

constinit const Command check_msg_send_rt{
    "checkMsgSendRT",
    "Send messages to the queues of a topic in turn, and show how long each took.",
    rt_options,
    {"checkMsgSendRT -t OrderTopic -a 20 -n 127.0.0.1:9876",
     "checkMsgSendRT -t OrderTopic -a 20 -s 1024 -n 127.0.0.1:9876"},
    run_rt};

constinit const Command send_msg_status{
    "sendMsgStatus",
    "Send messages to a broker's own topic, and show what it answered and when.",
    status_options,
    {"sendMsgStatus -b broker-a -c 10 -n 127.0.0.1:9876",
     "sendMsgStatus -b broker-a -c 10 -s 1024 -n 127.0.0.1:9876"},
    run_status};

}  // namespace tern::cli::commands
