#include "bench/load/target.hpp"

#include "bench/load/waiting_caller.hpp"
#include "model/permission.hpp"
#include "remoting/body/route_data.hpp"
#include "remoting/header/offset.hpp"
#include "remoting/header/route.hpp"
#include "remoting/header/topic.hpp"

namespace tern::bench {
namespace {

constexpr Duration setup_timeout = 10s;

Result<Target> master_of(const remoting::BrokerData& group, std::int32_t queues) {
    const auto master = group.broker_addrs.find(BrokerId{0});
    if (master == group.broker_addrs.end())
        return failure(Errc::refused, "no master in broker group " + group.broker_name);
    return Target{.address = master->second, .broker_name = group.broker_name, .queues = queues};
}

Result<Target> target_of_route(std::string_view body) {
    const auto route = json::decode<remoting::TopicRouteData>(body);
    if (!route) return std::unexpected(route.error());
    if (route->broker_datas.empty()) return failure(Errc::topic_not_exist, "a route without a broker");
    const auto& group = route->broker_datas.front();
    for (const auto& queues : route->queue_datas)
        if (queues.broker_name == group.broker_name) return master_of(group, queues.write_queue_nums);
    return failure(Errc::topic_not_exist, "a route without queues");
}

Result<Target> first_of_cluster(WaitingCaller& namesrv, std::int32_t queues) {
    const auto answer =
        namesrv.call(static_cast<std::int32_t>(remoting::RequestCode::get_broker_cluster_info), [](auto&) {});
    if (!answer) return std::unexpected(answer.error());
    const auto cluster = json::decode<remoting::ClusterInfo>(answer->body);
    if (!cluster) return std::unexpected(cluster.error());
    if (cluster->broker_addr_table.empty()) return failure(Errc::refused, "the NameServer knows no broker");
    return master_of(cluster->broker_addr_table.begin()->second, queues);
}

}  // namespace

Result<Target> find_target(const Options& options) {
    if (!options.address.empty())
        return Target{.address = options.address, .broker_name = "broker-a", .queues = options.queues};
    auto namesrv = WaitingCaller::open(options.namesrv, setup_timeout);
    if (!namesrv) return std::unexpected(namesrv.error());
    const auto route = namesrv->call(remoting::GetRouteInfoRequest{.topic = options.topic});
    if (!route && route.error().code != Errc::refused) return std::unexpected(route.error());
    auto target = route ? target_of_route(route->body) : first_of_cluster(*namesrv, options.queues);
    if (target && options.creates_topic()) target->queues = options.queues;
    return target;
}

Result<> create_topic(const Target& target, const std::string& topic) {
    auto broker = WaitingCaller::open(target.address, setup_timeout);
    if (!broker) return std::unexpected(broker.error());
    const auto created =
        broker->call(remoting::CreateTopicRequest{.default_topic = "TBW102",
                                                  .perm = model::permission::read | model::permission::write,
                                                  .read_queue_nums = target.queues,
                                                  .topic = topic,
                                                  .topic_sys_flag = 0,
                                                  .write_queue_nums = target.queues});
    if (!created) return std::unexpected(created.error());
    return {};
}

Result<std::vector<std::int64_t>> max_offsets(const Target& target, const std::string& topic) {
    auto broker = WaitingCaller::open(target.address, setup_timeout);
    if (!broker) return std::unexpected(broker.error());
    std::vector<std::int64_t> offsets;
    for (std::int32_t queue = 0; queue < target.queues; ++queue) {
        const auto answer =
            broker->call(remoting::GetMaxOffsetRequest{.queue_id = QueueId{queue}, .topic = topic});
        if (!answer) return std::unexpected(answer.error());
        const auto header = remoting::decode_fields<remoting::OffsetResponse>(*answer);
        if (!header) return std::unexpected(header.error());
        offsets.push_back(header->offset.value());
    }
    return offsets;
}

}  // namespace tern::bench
