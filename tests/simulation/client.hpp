// What every stock client has under its producers and consumers: routes from the NameServers, one connection
// for each address, calls with deadlines, and heartbeats to every broker it knows.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.hpp"
#include "model/message_queue.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/body/route_data.hpp"
#include "remoting/caller.hpp"
#include "remoting/transport.hpp"

namespace tern::simulation {

// Of stock clients (spec/broker-semantics.md 17).
inline constexpr Duration route_interval = 30s;
inline constexpr Duration heartbeat_interval = 30s;
inline constexpr Duration control_timeout = 3s;

// One client process. Its parts share it; all run on the process that the runtime belongs to, and that
// process is killed before they die.
class Client final : public remoting::ConnectionHandler {
public:
    Client(Runtime runtime, remoting::Transport& transport, std::string id,
           std::vector<std::string> name_servers);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    const std::string& id() const { return id_; }
    Runtime& runtime() { return runtime_; }

    // From now on the topic's route is asked for, at once and every route_interval.
    void follow_topic(const std::string& topic);
    // Asks a NameServer; then runs when it answered or did not.
    void refresh_route(const std::string& topic, std::function<void()> then = [] {});
    // In the order of message queues; empty while no route is known.
    std::vector<model::MessageQueue> write_queues(const std::string& topic) const;
    std::vector<model::MessageQueue> read_queues(const std::string& topic) const;
    // The address of the group's master; empty when it is not known.
    std::string master_of(const std::string& broker_name) const;
    // The same, or one of its slaves when the NameServers know of no master.
    std::string reader_of(const std::string& broker_name) const;
    // From now on it takes that address for the master's of that group as soon as it knows a route, whatever
    // the route says.
    void stick_to(const std::string& broker_name, const std::string& address) {
        stuck_to_[broker_name] = address;
    }

    // What heartbeats say beside the id. Sends one at once, and every heartbeat_interval.
    void introduce(const remoting::ProducerData& producer);
    void introduce(const remoting::ConsumerData& consumer);
    void send_heartbeats();
    void send_heartbeat(const std::string& address);
    // A broker says that a group's members have changed.
    void on_members_changed(std::function<void()> rebalance) { members_changed_ = std::move(rebalance); }

    template <HasFields Header>
    void call(const std::string& address, const Header& header, std::string_view body, Duration timeout,
              remoting::Caller::Done done) {
        const auto connection = connect(address);
        caller_.call(connection, header, body, timeout, watched(connection, std::move(done)));
    }
    template <class WriteFields>
        requires std::invocable<WriteFields, remoting::FrameWriter&>
    void call(const std::string& address, remoting::RequestCode code, WriteFields&& write_fields,
              std::string_view body, Duration timeout, remoting::Caller::Done done) {
        const auto connection = connect(address);
        caller_.call(connection, code, write_fields, body, timeout, watched(connection, std::move(done)));
    }
    // settled runs once the request can have no effect any more: a later one on that connection was answered,
    // or the connection is closed.
    template <HasFields Header>
    void send_oneway(const std::string& address, const Header& header, std::string_view body,
                     std::function<void()> settled) {
        const auto connection = connect(address);
        caller_.send_oneway(connection, header, body);
        unsettled_[connection->id()].push_back({++last_request_, std::move(settled)});
    }
    // For headers that one list of fields does not tell.
    void send_oneway(const std::string& address, remoting::RequestCode code,
                     const std::function<void(remoting::FrameWriter&)>& write_fields, std::string_view body);

    void on_opened(const Ref<remoting::Connection>& connection) override;
    void on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) override;
    void on_closed(const Ref<remoting::Connection>& connection, std::string_view why) override;

private:
    struct Oneway {
        std::uint64_t request;
        std::function<void()> settled;
    };

    Ref<remoting::Connection> connect(const std::string& address);
    std::set<std::string> broker_addresses() const;
    remoting::Caller::Done watched(const Ref<remoting::Connection>& connection, remoting::Caller::Done done);
    void settle(std::uint64_t connection, std::uint64_t before);
    std::vector<model::MessageQueue> queues(const std::string& topic, bool writable) const;
    void every(Duration interval, void (Client::*work)());
    void refresh_routes();

    Runtime runtime_;
    remoting::Transport& transport_;
    std::string id_;
    std::vector<std::string> name_servers_;
    std::size_t name_server_;
    remoting::Caller caller_;
    std::map<std::string, Ref<remoting::Connection>> connections_;
    std::map<std::string, remoting::TopicRouteData> routes_;
    std::map<std::string, std::string> stuck_to_;  // By broker name.
    std::set<std::string> followed_;
    remoting::HeartbeatData heartbeat_;
    bool introduces_itself_at_once_;  // On every new connection, as clients since 5.2 do.
    std::function<void()> members_changed_ = [] {};
    std::map<std::uint64_t, std::deque<Oneway>> unsettled_;  // By connection.
    std::uint64_t last_request_{0};
};

}  // namespace tern::simulation
