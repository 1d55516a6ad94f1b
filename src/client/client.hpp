// One client of a RocketMQ cluster: its connections, the routes it knows, and the heartbeats that tell every
// broker which groups it is a member of. Producers and consumers are built on one.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/inplace_function.hpp"
#include "base/result.hpp"
#include "base/runtime.hpp"
#include "client/name_servers.hpp"
#include "client/route_cache.hpp"
#include "client/rpc.hpp"
#include "model/host.hpp"
#include "model/message_id.hpp"
#include "model/message_queue.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/header/client.hpp"
#include "remoting/transport.hpp"

namespace tern::client {

struct ClientConfig {
    std::vector<std::string> name_servers{};  // "host:port" each.
    std::string client_id{};  // Unique among the members of a group; RocketMQ's are "ip@pid#nanoseconds".
    model::Host address{};    // Ours and
    std::uint16_t process{};  // the process's id, for the unique ids of messages.
    Duration request_timeout{3s};
    Duration heartbeat_interval{30s};
    Duration route_interval{30s};
};

// Of one loop. Outlives the producers and consumers built on it.
class Client {
public:
    Client(const Runtime& runtime, remoting::Transport& transport, ClientConfig config);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Heartbeats and fresh routes from now on, each at its interval. Not needed by who only sends requests.
    void start();
    // Ends all connections; the loop is to run until is_closed().
    void close();
    bool is_closed() const { return rpc_.is_closed(); }

    const Runtime& runtime() const { return runtime_; }
    const ClientConfig& config() const { return config_; }
    Rpc& rpc() { return rpc_; }
    NameServers& name_servers() { return name_servers_; }
    RouteCache& routes() { return routes_; }
    model::UniqueIdGenerator& unique_ids() { return unique_ids_; }

    // The preferred member of the queue's broker group, or another one when that is not there; as the topic's
    // route says, so Errc::service_not_available too when that was never asked for.
    Result<std::string> member_address(const model::MessageQueue& queue, BrokerId preferred) const;

    // What heartbeats say from now on; when that changes anything they also go out at once.
    void join_as_producer(std::string_view group);
    // changed is called when a broker says that the group has other members or subscriptions now.
    using GroupChanged = InplaceFunction<void(), 32>;
    void join_as_consumer(remoting::ConsumerData consumer, GroupChanged changed);
    // Told to every broker; later heartbeats do not name the group any more.
    void leave_as_producer(std::string_view group);
    void leave_as_consumer(std::string_view group);
    // To every broker in a route: to masters always, to their slaves only if there are consumers
    // (wire-protocol 9.1). A connection that is begun later also begins with one, so that no broker hears of
    // a group from its pulls first.
    void send_heartbeats();

private:
    void schedule_heartbeats();
    void schedule_route_refresh();
    void greet(const std::string& address);
    void on_group_changed(const remoting::NotifyConsumerIdsChangedRequest& header,
                          remoting::Request& request);
    void send_heartbeat(const std::string& address);
    // The addresses that heartbeats go to.
    std::vector<std::string> brokers() const;
    bool is_heard_by(BrokerId member) const { return member == master_id || !consumers_.empty(); }

    Runtime runtime_;
    ClientConfig config_;
    Rpc rpc_;
    NameServers name_servers_;
    RouteCache routes_;
    model::UniqueIdGenerator unique_ids_;
    std::set<std::string, std::less<>> producers_;
    struct Membership {
        remoting::ConsumerData data;
        GroupChanged changed;
    };
    std::map<std::string, Membership, std::less<>> consumers_;  // By group.
    TimerId heartbeat_timer_{0};
    TimerId route_timer_{0};
};

}  // namespace tern::client
