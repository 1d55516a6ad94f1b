// The inside of a broker: all its parts, in the order in which they lean on each other.
#pragma once

#include <memory>
#include <string>

#include "broker/broker.hpp"
#include "broker/broker_stats.hpp"
#include "broker/cleaning_service.hpp"
#include "broker/client_call_service.hpp"
#include "broker/client_service.hpp"
#include "broker/config_service.hpp"
#include "broker/consumer_offsets.hpp"
#include "broker/foreign_settings.hpp"
#include "broker/forwarder.hpp"
#include "broker/group_setup.hpp"
#include "broker/kept_offsets.hpp"
#include "broker/kept_offsets_file.hpp"
#include "broker/leadership_service.hpp"
#include "broker/offset_service.hpp"
#include "broker/pull_service.hpp"
#include "broker/query_service.hpp"
#include "broker/queue_locks.hpp"
#include "broker/registration.hpp"
#include "broker/replication_service.hpp"
#include "broker/reply_service.hpp"
#include "broker/retention.hpp"
#include "broker/retry_service.hpp"
#include "broker/scheduled_messages.hpp"
#include "broker/send_service.hpp"
#include "broker/stats_service.hpp"
#include "broker/subscription_groups.hpp"
#include "broker/topic_admin_service.hpp"
#include "broker/topics.hpp"
#include "metrics/registry.hpp"
#include "model/message_properties.hpp"
#include "model/tag_filter.hpp"
#include "model/topic_name.hpp"
#include "remoting/caller.hpp"
#include "remoting/metrics_service.hpp"
#include "remoting/router.hpp"
#include "replication/group.hpp"
#include "replication/member_links.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// Where clients come in: the main port, or the fast channel.
class Broker::Door final : public remoting::ConnectionHandler {
public:
    Door(Parts& parts, bool is_fast) : parts_{parts}, is_fast_{is_fast} {}
    void on_opened(const Ref<remoting::Connection>& connection) override;
    void on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) override;
    void on_closed(const Ref<remoting::Connection>& connection, std::string_view why) override;
    // Of a member whose sockets somebody else holds.
    void close_connections();
    // Of whoever has not shown to be a member of this group.
    bool has_clients() const;

private:
    struct Guest {
        Ref<remoting::Connection> connection;
        bool is_members{false};
    };
    void is_members(const remoting::Connection& connection);
    Parts& parts_;
    bool is_fast_;
    std::map<std::uint64_t, Guest> connections_;
};

struct Broker::Parts final : replication::Group::Watcher, replication::MemberLinks::Handler {
    Parts(BrokerConfig given, Runtime given_runtime, io::FileSystem& given_files,
          remoting::Transport& given_transport, BrokerOwner& given_owner, std::string given_boot_id);
    ~Parts() override {
        runtime.timers.cancel(tick_timer);
        runtime.timers.cancel(stop_timer);
    }

    Result<> start();
    Result<> listen();
    void build_services();
    void add_routes();
    void expose_metrics();
    void begin_to_ask_for_consumers();
    Result<> start_links();
    void tick();
    void count_traffic();
    void hand_over_offsets();
    void apply_settings(std::span<const SettingChange> changes);
    // Whether this member may serve a request itself; else the leader does.
    bool serves_here(const remoting::Command& command) const;
    void serve(const Ref<remoting::Connection>& connection, const remoting::Command& command) {
        router.dispatch(connection, command);
    }
    void hand_over(void (Parts::*next)());
    void await_hand_over(Instant deadline, void (Parts::*next)());
    void go_down();
    void drain();
    Duration time_to_drain() const;
    bool has_clients() const;
    void leave();
    void stop_listening();
    void send_clients_away(Instant deadline, bool answers_have_left);
    void end_serving();
    void say_last_words(bool to_slaves, Instant deadline);
    void end_group();
    void stop(InplaceFunction<void(Result<>), 64> stopped);

    void on_committed(const store::Dispatched& dispatched) override;
    Result<> on_change(const replication::InternalRecord& change, const replication::AppliedAt& at) override;
    void on_state_changed();
    void on_reign_began() override;
    void on_reign_ended() override;
    void on_cut_off() override;
    void on_poisoned(const Error& error) override;

    void on_link_up(const replication::LinkPeer& peer) override;
    void on_link_down(raft::MemberId peer, std::string_view why) override;
    void on_message(raft::MemberId from, const replication::GroupFrame& frame) override;

    BrokerConfig config;
    Settings settings{foreign_settings, config};
    Runtime runtime;
    io::FileSystem& files;
    remoting::Transport& transport;
    BrokerOwner& owner;
    std::string boot_id;
    model::Host store_host;
    GroupSetup setup;
    model::DelayLevels delays;
    BrokerStats stats;
    Traffic traffic;

    // The folds.
    TopicTable topic_table;
    GroupTable group_table;
    ConsumerOffsets offsets;
    DelayProgress progress;
    LockTable lock_table;

    std::unique_ptr<store::MessageStore> store;
    std::unique_ptr<replication::Group> group;
    std::unique_ptr<replication::MemberLinks> links;  // Of a group with other members.
    std::unique_ptr<Forwarder> forwarder;
    std::optional<raft::MemberId> leader_known;

    // The leader's sides of the folds.
    Topics topics{config, topic_table};
    SubscriptionGroups groups{config, group_table};
    OffsetCommits commits{runtime, offsets};
    KeptOffsets kept_offsets{offsets};
    KeptOffsetsFile kept_offsets_file{runtime, files, config.store_root, kept_offsets};
    Instant hands_over_again_at{};
    QueueLocks locks{runtime, lock_table};

    remoting::Caller caller;
    remoting::Router router;
    metrics::Registry metrics;
    remoting::MetricsService metrics_service{metrics};
    std::unique_ptr<Registration> registration;
    std::unique_ptr<ClientService> clients;
    std::unique_ptr<SendService> send;
    std::unique_ptr<ReplyService> reply;
    std::unique_ptr<PullService> pull;
    std::unique_ptr<RetryService> retry;
    std::unique_ptr<ScheduledMessages> scheduled;
    std::unique_ptr<Retention> retention;
    std::unique_ptr<OffsetService> offset_service;
    std::unique_ptr<QueryService> query;
    std::unique_ptr<TopicAdminService> topic_admin;
    std::unique_ptr<ReplicationService> replication;
    std::unique_ptr<StatsService> stats_service;
    std::unique_ptr<ConfigService> config_service;
    std::unique_ptr<CleaningService> cleaning;
    std::unique_ptr<ClientCallService> client_calls;
    std::unique_ptr<LeadershipService> leadership;

    Door main_door;
    Door fast_door;
    std::unique_ptr<remoting::Listener> main_listener;
    std::unique_ptr<remoting::Listener> fast_listener;
    TimerId tick_timer{0};
    TimerId stop_timer{0};
    std::optional<Instant> reign_ended_at;
    bool is_going{false};    // The NameServers are told so.
    bool is_hurried{false};  // Does not drain.
    int hand_overs_left{2};  // While it drains.
    Duration leaderless_for{};
    std::uint64_t ticks{0};
    model::DataVersion registered_version;
    bool stopping{false};
    bool clients_may_wait{false};  // At its sockets, which somebody else holds, while it is away.
    InplaceFunction<void(Result<>), 64> on_stopped;
};

}  // namespace tern::broker
