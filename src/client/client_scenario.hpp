// For tests: a client, a NameServer at ns:9876 and brokers that answer as told, in the words of the tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/client.hpp"
#include "client/scripted_servers.hpp"
#include "json/fields.hpp"
#include "model/message_record.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/route_data.hpp"

namespace tern::client {

// A message as a broker stores and returns it.
struct StoredMessage {
    std::string topic{"Orders"};
    std::int32_t queue_id{0};
    std::int64_t queue_offset{0};
    std::string body{};
    std::string properties{};
    std::int64_t physical_offset{4096};
    std::int64_t store_timestamp{1'700'000'000'005};
    std::int32_t sys_flag{};
};

inline std::string stored(const StoredMessage& message) {
    const model::RecordDraft draft{.topic = message.topic,
                                   .queue_id = QueueId{message.queue_id},
                                   .sys_flag = message.sys_flag,
                                   .born_timestamp = 1'700'000'000'000,
                                   .born_host = *model::Host::parse("10.0.0.7:50000"),
                                   .store_host = *model::Host::parse("10.0.0.1:10911"),
                                   .body = message.body,
                                   .properties = message.properties};
    Buffer bytes;
    model::encode_record(bytes, draft);
    model::place_record(bytes.data(), {QueueOffset{message.queue_offset},
                                       PhysicalOffset{message.physical_offset}, message.store_timestamp});
    return std::string{bytes.view()};
}

struct ScriptedBroker {
    std::string name;
    std::string address;
    std::int32_t queues{2};
    std::int32_t perm{6};
    std::int64_t id{0};
};

// The route of a topic on these brokers.
inline remoting::TopicRouteData route_on(const std::vector<ScriptedBroker>& brokers) {
    remoting::TopicRouteData route;
    for (const auto& broker : brokers) {
        route.broker_datas.push_back(
            {{{BrokerId{broker.id}, broker.address}}, broker.name, "DefaultCluster"});
        route.queue_datas.push_back({broker.name, broker.perm, broker.queues, 0, broker.queues});
    }
    return route;
}

class ClientScenario {
public:
    explicit ClientScenario(std::vector<std::string> name_servers = {"ns:9876"})
        : client{world.runtime(),
                 world.servers,
                 {.name_servers = std::move(name_servers),
                  .client_id = "10.0.0.7@1#1",
                  .address = *model::Host::parse("10.0.0.7:0"),
                  .process = 1}} {
        topics({});
    }

    // The NameServer knows these routes and no others.
    void topics(std::map<std::string, remoting::TopicRouteData> routes) {
        world.servers.at("ns:9876", remoting::RequestCode::get_routeinfo_by_topic,
                         [routes = std::move(routes)](const ScriptedRequest& request) {
                             const auto route = routes.find(request.fields.at("topic"));
                             if (route == routes.end())
                                 return ScriptedAnswer{.code = remoting::ResponseCode::topic_not_exist};
                             return ScriptedAnswer{.body = json::encode(route->second)};
                         });
    }

    // The route, asked for and known from then on.
    Result<Ref<Route>> route_of(std::string_view topic) {
        std::optional<Result<Ref<Route>>> found;
        client.routes().find(topic, [&found](Result<Ref<Route>> route) { found = std::move(route); });
        world.run_until([&] { return found.has_value(); });
        return found.value_or(failure(Errc::internal, "never answered"));
    }

    ScriptedWorld world;
    Client client;
};

}  // namespace tern::client
