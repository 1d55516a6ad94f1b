// Routes of the topics in use, as one of the NameServers knows them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/inplace_function.hpp"
#include "base/ref.hpp"
#include "base/result.hpp"
#include "base/runtime.hpp"
#include "base/string_map.hpp"
#include "client/name_servers.hpp"
#include "client/route.hpp"
#include "client/rpc.hpp"

namespace tern::client {

class RouteCache {
public:
    using Done = InplaceFunction<void(Result<Ref<Route>>), 64>;

    static constexpr std::int32_t default_topic_queue_nums = 4;  // Of topics that a send creates.

    RouteCache(NameServers& name_servers, Rpc& rpc, Duration timeout)
        : name_servers_{name_servers}, rpc_{rpc}, timeout_{timeout} {}

    // The route as it was last heard of; empty when it never was.
    Ref<Route> known(std::string_view topic) const;
    // The known route, at once, or what refresh() finds.
    void find(std::string_view topic, Done done);
    // Asks. Errc::topic_not_exist when there is no such topic; the route known so far stays.
    void refresh(std::string_view topic, Done done);
    // As refresh(), but a topic that does not exist yet gets, and keeps until it does, the route of the
    // template after which a send creates it (broker-semantics 1.2).
    void refresh_to_publish(std::string_view topic, Done done);
    // Asks again for every topic that is known.
    void refresh_all();

    // Every member of every broker group in a route: address and id.
    std::map<std::string, BrokerId> members() const;

private:
    struct Entry {
        Ref<Route> route;
        std::vector<Done> waiting;  // For the answer that is under way.
    };

    void learn(const std::string& topic, const Result<remoting::Command>& answer);
    Ref<Route> keep(std::string_view topic, remoting::TopicRouteData data);

    NameServers& name_servers_;
    Rpc& rpc_;
    Duration timeout_;
    StringMap<Entry> entries_;
};

}  // namespace tern::client
