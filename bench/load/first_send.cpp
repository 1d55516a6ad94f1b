#include "bench/load/first_send.hpp"

#include <thread>

#include "bench/load/sender.hpp"
#include "bench/load/waiting_caller.hpp"
#include "remoting/body/route_data.hpp"
#include "remoting/header/route.hpp"
#include "remoting/header/send.hpp"

namespace tern::bench {
namespace {

constexpr Duration retry_interval = 500us;
constexpr Duration call_timeout = 10s;
constexpr std::string_view template_topic = "TBW102";

// One message to the broker that the route names; an error while there is none or it refuses.
Result<> send_one(WaitingCaller& namesrv, const Options& options) {
    const auto answer = namesrv.call(remoting::GetRouteInfoRequest{.topic = template_topic});
    if (!answer) return std::unexpected(answer.error());
    const auto route = json::decode<remoting::TopicRouteData>(answer->body);
    if (!route) return std::unexpected(route.error());
    if (route->broker_datas.empty() || route->broker_datas.front().broker_addrs.empty())
        return failure(Errc::topic_not_exist, "a route without a broker");

    const auto& group = route->broker_datas.front();
    auto broker = WaitingCaller::open(group.broker_addrs.begin()->second, call_timeout);
    if (!broker) return std::unexpected(broker.error());
    const auto sent = broker->call(remoting::SendMessageRequest{.producer_group = options.group,
                                                                .topic = options.topic,
                                                                .default_topic = template_topic,
                                                                .default_topic_queue_nums = 4,
                                                                .queue_id = QueueId{0},
                                                                .broker_name = group.broker_name},
                                   "first");
    if (!sent) return std::unexpected(sent.error());
    return {};
}

}  // namespace

Result<Instant> await_first_send(const Options& options) {
    using Clock = std::chrono::steady_clock;
    const Instant deadline = Clock::now() + std::chrono::duration_cast<Duration>(
                                                std::chrono::duration<double>{options.patience_s});
    auto namesrv = WaitingCaller::open(options.namesrv, call_timeout);
    if (!namesrv) return std::unexpected(namesrv.error());
    while (true) {
        const auto sent = send_one(*namesrv, options);
        const Instant now = Clock::now();
        if (sent) return now;
        if (now > deadline) return std::unexpected(sent.error());
        std::this_thread::sleep_for(retry_interval);
    }
}

}  // namespace tern::bench
