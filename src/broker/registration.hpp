// Tells every NameServer who this broker is and which topics it has: at start, from time to time, and at once
// when something changes. NameServers know nothing of each other, so each is told by itself.
// spec/broker-semantics.md 15.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/runtime.hpp"
#include "broker/broker_config.hpp"
#include "broker/topics.hpp"
#include "remoting/caller.hpp"
#include "remoting/transport.hpp"
#include "replication/group.hpp"

namespace tern::broker {

// Of one loop.
class Registration final : public remoting::ConnectionHandler {
public:
    // A change waits this long for the NameServers, then goes on without those that are silent.
    static constexpr Duration change_timeout = 1s;
    static constexpr Duration reconnect_interval = 1s;
    // A leader that is none any more is shown as the master until the next one is, but no longer than this.
    static constexpr Duration successor_timeout = 1s;
    static constexpr Duration successor_interval = 10ms;

    struct Identity {
        std::string address;  // What clients are told: brokerIP1:listenPort.
        std::string ha_address;
        std::int64_t follower_id{0};  // Its brokerId while it does not lead.
        std::vector<std::string> name_servers;
    };
    Registration(Runtime runtime, const BrokerConfig& config, const TopicTable& topics,
                 const replication::Group& group, remoting::Transport& transport, Identity identity);
    ~Registration() override;

    // Registers, and from the first time on by itself.
    void start();
    bool is_started() const { return reconnect_timer_ != 0; }
    using Done = InplaceFunction<void(), 48>;
    // Says goodbye; done runs when all have answered or the time is over.
    void stop(Done done);
    // Registers what the topics are now with every NameServer that is reachable; done runs when each has
    // answered or change_timeout is over. Calls share the round that is under way while that tells what there
    // is to tell. A NameServer that has not answered an older round is told when it has; others need not
    // wait.
    void register_now(Done done);
    // Registers it as one that follows, at each NameServer as soon as that has a new master: a client that is
    // told of none has nobody to send to, and this broker passes on what it is sent.
    void reign_ended();

    std::size_t reachable() const;
    // Where a NameServer says that the master takes slaves; heard with every answer to a slave.
    using MasterHeard = InplaceFunction<void(const std::string& ha_address), 32>;
    void when_master_is_heard(MasterHeard heard) {
        master_heard_ = std::move(heard);
        lacks_master_ = true;
    }

    // Topics that a NameServer wants in order; heard with every answer that names some.
    using OrderHeard = InplaceFunction<void(const std::map<std::string, std::string>& queues_by_topic), 32>;
    void when_order_is_heard(OrderHeard heard) { order_heard_ = std::move(heard); }

    void on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) override;
    void on_closed(const Ref<remoting::Connection>& connection, std::string_view why) override;

private:
    // What changes in a registration.
    struct Told {
        model::DataVersion topics;
        Epoch epoch;
        BrokerId broker_id;
        friend bool operator==(const Told&, const Told&) = default;
    };
    // Requests to several NameServers that end together.
    struct Round {
        std::size_t waiting{0};
        std::vector<Done> done;
        Told told{};
    };
    using Rounds = std::vector<std::shared_ptr<Round>>;
    struct NameServer {
        std::string address;
        Ref<remoting::Connection> connection;
        bool registered{false};
        bool takes_heartbeats{true};        // Those of RocketMQ 4 do not.
        bool is_being_told{false};          // It has not answered its latest rounds;
        Rounds next;                        // these come when it has.
        bool was_told_of_leader{false};     // That this broker is one.
        std::vector<Done> after_successor;  // When it shows another one, or it is too late for that.
        TimerId successor_timer{0};
    };

    void connect(NameServer& server);
    void register_all();
    void register_at(NameServer& server, Duration timeout, Rounds rounds = {});
    void send_registration(NameServer& server, Duration timeout, Rounds rounds);
    void when_succeeded(NameServer& server, Done then);
    void look_for_successor(NameServer& server);
    bool shows_this_as_master(const Result<remoting::Command>& answer) const;
    void tell(NameServer& server, Rounds rounds);
    void unregister_at(NameServer& server, const std::shared_ptr<Round>& round);
    void answered(NameServer& server, bool accepted, Rounds rounds);
    void finish(const std::shared_ptr<Round>& round);
    void tick();
    std::string body() const;
    BrokerId broker_id() const;
    Told to_tell() const { return {topics_.version(), group_.epoch(), broker_id()}; }
    void send_heartbeat(NameServer& server);
    void hear_master(const remoting::Command& answer);
    void hear_order(const remoting::Command& answer);

    Runtime runtime_;
    const BrokerConfig& config_;
    const TopicTable& topics_;
    const replication::Group& group_;  // Its epoch goes out as the stateVersion.
    remoting::Transport& transport_;
    Identity identity_;
    remoting::Caller caller_;
    std::vector<NameServer> servers_;
    std::shared_ptr<Round> change_;  // The newest round of register_now that is under way.
    TimerId reconnect_timer_{0};
    Instant last_period_{};
    Instant successor_awaited_until_{};
    MasterHeard master_heard_;
    OrderHeard order_heard_;
    bool lacks_master_{false};  // Until it is heard first.
    bool stopping_{false};
};

}  // namespace tern::broker
