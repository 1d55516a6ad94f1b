// Who is connected: producers and consumers by group, as their heartbeats say it. Soft state: a restart
// forgets it, and the next heartbeats bring it back. spec/broker-semantics.md 7.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/runtime.hpp"
#include "base/string_map.hpp"
#include "model/subscription.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/transport.hpp"

namespace tern::broker {

struct Client {
    Ref<remoting::Connection> connection;
    std::string client_id;
    remoting::Language language{};
    std::int32_t version{};
    Instant heard{};
    WallMillis heard_ms{};
};

// Of a group, by connection.
using Members = std::map<std::uint64_t, Client>;
// The one that calls itself so; null when there is none.
const Client* find_member(const Members& members, std::string_view client_id);

struct ConsumerGroup {
    remoting::ConsumeType consume_type{};
    remoting::MessageModel message_model{};
    remoting::ConsumeFromWhere consume_from_where{};
    std::map<std::string, model::SubscriptionData, std::less<>> subscriptions;  // By topic.
    Members members;
};

// Of one loop.
class ClientRegistry {
public:
    // Told of every group whose members or topics have changed; not for broadcasting groups.
    struct Watcher {
        virtual ~Watcher() = default;
        virtual void on_group_changed(std::string_view group, const ConsumerGroup& state) = 0;
    };

    // Of one that wants a reply; it is not known by a longer one before its heartbeat says it.
    static constexpr std::size_t client_id_size_max = 255;
    static constexpr std::size_t groups_of_client_max = 1024;  // Of a connection; more are not known of.
    // Of the heartbeats that all clients are known by.
    static constexpr std::size_t heartbeat_bytes_max = std::size_t{64} * 1024 * 1024;

    ClientRegistry(Runtime runtime, Watcher& watcher) : runtime_{runtime}, watcher_{watcher} {}

    // Before what a heartbeat of that size says is heard; false: there is no room for it.
    bool admits(const remoting::Connection& connection, std::size_t heartbeat_bytes);
    void heard_producer(std::string_view group, const Client& client);
    // It has sent a message that it wants a reply to; its first heartbeat may be yet to come.
    void heard_requester(std::string_view client_id, const Ref<remoting::Connection>& connection);
    // without_sub: it subscribes to what it did, and does not say what that is.
    void heard_consumer(const remoting::ConsumerData& data, const Client& client, bool without_sub = false);
    // Empty group names are skipped.
    void unregister(const remoting::Connection& connection, std::string_view producer_group,
                    std::string_view consumer_group);
    void on_closed(const remoting::Connection& connection);
    // Drops clients that were silent for longer, and closes their connections.
    void expire(Duration silence);

    const ConsumerGroup* consumers(std::string_view group) const;
    const Members* producers(std::string_view group) const;
    // Where a reply goes that names this client; null when it is not known.
    Ref<remoting::Connection> requester(std::string_view client_id) const;
    const StringMap<ConsumerGroup>& all_consumers() const { return consumers_; }
    const StringMap<Members>& all_producers() const { return producers_; }
    const model::SubscriptionData* subscription(std::string_view group, std::string_view topic) const;
    std::size_t heartbeat_bytes() const { return heartbeat_bytes_; }
    // Times that there was no room for a heartbeat, and that a client was in too many groups.
    const std::uint64_t& refused_heartbeats() const { return refused_heartbeats_; }
    const std::uint64_t& unknown_groups() const { return unknown_groups_; }

private:
    // True when the subscriptions differ from before by more than their version.
    bool merge_subscriptions(ConsumerGroup& group, const remoting::ConsumerData& data);
    void changed(std::string_view name, const ConsumerGroup& group);
    void stop_producing(std::string_view group, std::uint64_t connection);
    void leave(std::string_view group, std::uint64_t connection);

    Runtime runtime_;
    Watcher& watcher_;
    StringMap<ConsumerGroup> consumers_;
    StringMap<Members> producers_;

    using Names = std::set<std::string, std::less<>>;
    struct Heard {
        std::size_t bytes{0};
        Names produces;
        Names consumes;
        std::string requests_as;  // The client's id, once it has wanted a reply.
    };
    bool remember(const Client& client, Names Heard::* groups, std::string_view group);
    void forget_requester(Heard& heard, std::uint64_t connection);

    std::unordered_map<std::uint64_t, Heard> heard_;   // By connection.
    StringMap<Ref<remoting::Connection>> requesters_;  // By the id of the client.
    std::size_t heartbeat_bytes_{0};
    std::uint64_t refused_heartbeats_{0};
    std::uint64_t unknown_groups_{0};
};

}  // namespace tern::broker
