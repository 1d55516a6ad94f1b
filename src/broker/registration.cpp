#include "broker/registration.hpp"

#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "json/fields.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/register_broker.hpp"
#include "remoting/body/route_data.hpp"
#include "remoting/header/route.hpp"

namespace tern::broker {

Registration::Registration(Runtime runtime, const BrokerConfig& config, const TopicTable& topics,
                           const replication::Group& group, remoting::Transport& transport, Identity identity)
    : runtime_{runtime},
      config_{config},
      topics_{topics},
      group_{group},
      transport_{transport},
      identity_{std::move(identity)},
      caller_{runtime.timers} {
    for (const auto& address : identity_.name_servers) servers_.push_back({.address = address});
}

Registration::~Registration() {
    runtime_.timers.cancel(reconnect_timer_);
    for (const auto& server : servers_) runtime_.timers.cancel(server.successor_timer);
}

void Registration::start() {
    if (stopping_) return;
    if (reconnect_timer_ != 0) return register_now([] {});
    last_period_ = runtime_.clock.now();
    register_all();
    tick();
}

// Once a second: NameServers that came back are told at once, all are told once a period, and in between that
// this broker lives: one that is silent for brokerNotActiveTimeoutMillis is dead to them. A slave that was
// started while its master was down asks again, too: where that is stands in the answers.
void Registration::tick() {
    reconnect_timer_ = runtime_.timers.after(reconnect_interval, [this] {
        const Instant now = runtime_.clock.now();
        if (now - last_period_ >= std::chrono::milliseconds{config_.register_period_ms}) {
            last_period_ = now;
            register_all();
        } else {
            for (auto& server : servers_) {
                if (!server.registered || lacks_master_) {
                    register_at(server, change_timeout);
                } else if (server.takes_heartbeats) {
                    send_heartbeat(server);
                }
            }
        }
        tick();
    });
}

void Registration::register_all() {
    for (auto& server : servers_) register_at(server, std::chrono::milliseconds{config_.register_timeout_ms});
}

void Registration::register_now(Done done) {
    if (stopping_) return done();  // Goodbye is said.
    if (change_ && change_->told == to_tell()) return change_->done.push_back(std::move(done));
    const auto round = change_ = std::make_shared<Round>();
    round->done.push_back(std::move(done));
    round->told = to_tell();
    round->waiting = 1;
    for (auto& server : servers_) {
        // One that cannot be reached is told when it is back; nobody waits for it.
        if (!server.connection || !server.connection->is_open()) continue;
        ++round->waiting;
        if (server.is_being_told)
            server.next.push_back(round);
        else
            tell(server, {round});
    }
    finish(round);
}

void Registration::tell(NameServer& server, Rounds rounds) {
    server.is_being_told = true;
    register_at(server, change_timeout, std::move(rounds));
}

// What changed while it was told may not have been in it. One that did not answer in time is told all the
// same, and nobody waits for it any longer.
void Registration::answered(NameServer& server, bool accepted, Rounds rounds) {
    if (rounds.empty()) return;
    server.is_being_told = false;
    if (auto next = std::exchange(server.next, {}); !next.empty()) {
        if (accepted && !stopping_) {
            tell(server, std::move(next));
        } else {
            if (!stopping_) register_at(server, change_timeout);
            rounds.insert(rounds.end(), next.begin(), next.end());
        }
    }
    for (const auto& round : rounds) finish(round);
}

void Registration::finish(const std::shared_ptr<Round>& round) {
    if (--round->waiting > 0) return;
    if (round == change_) change_.reset();
    for (auto& done : round->done) done();
}

void Registration::connect(NameServer& server) {
    if (server.connection && server.connection->is_open()) return;
    server.connection = transport_.connect(server.address, *this);
    server.registered = false;
    server.takes_heartbeats = true;
}

std::string Registration::body() const {
    remoting::RegisterBrokerBody body;
    auto& version = body.topic_config_table.data_version = topics_.version();
    // So that a NameServer knows this leader from one before it, though the topics are the same.
    version.state_version = group_.epoch().value();
    for (const auto& [name, topic] : topics_.all()) {
        auto& registered = body.topic_config_table.topic_config_table[name] = topic;
        registered.perm &= config_.permission | model::permission::inherit;
    }
    return json::encode(body);
}

// A leader is the group's master, whoever it was before.
BrokerId Registration::broker_id() const {
    return BrokerId{group_.leads() ? config_.broker_id : identity_.follower_id};
}

void Registration::reign_ended() {
    successor_awaited_until_ = runtime_.clock.now() + successor_timeout;
    register_now([] {});
}

// Either takes this broker out of the master's place.
void Registration::when_succeeded(NameServer& server, Done then) {
    const bool has_to_wait =
        server.was_told_of_leader && !group_.leads() && runtime_.clock.now() < successor_awaited_until_;
    if (!has_to_wait) return then();
    server.after_successor.push_back(std::move(then));
    if (server.after_successor.size() == 1) look_for_successor(server);
}

// The topic that every broker has under its own name has its group's route, and no other's.
void Registration::look_for_successor(NameServer& server) {
    const remoting::GetRouteInfoRequest request{.accept_standard_json_only = true,
                                                .topic = config_.broker_name};
    const Duration left = successor_awaited_until_ - runtime_.clock.now();
    caller_.call(server.connection, request, {}, left, [this, &server](Result<remoting::Command> answer) {
        if (shows_this_as_master(answer) && !group_.leads() &&
            runtime_.clock.now() < successor_awaited_until_) {
            server.successor_timer =
                runtime_.timers.after(successor_interval, [this, &server] { look_for_successor(server); });
            return;
        }
        for (auto& then : std::exchange(server.after_successor, {})) then();
    });
}

bool Registration::shows_this_as_master(const Result<remoting::Command>& answer) const {
    if (!answer || answer->code != 0) return false;
    const auto route = json::decode<remoting::TopicRouteData>(answer->body);
    return route && std::ranges::any_of(route->broker_datas, [this](const remoting::BrokerData& group) {
               const auto master = group.broker_addrs.find(BrokerId{config_.broker_id});
               return group.broker_name == config_.broker_name && master != group.broker_addrs.end() &&
                      master->second == identity_.address;
           });
}

void Registration::register_at(NameServer& server, Duration timeout, Rounds rounds) {
    connect(server);
    when_succeeded(server, [this, &server, timeout, rounds = std::move(rounds)]() mutable {
        send_registration(server, timeout, std::move(rounds));
    });
}

void Registration::send_registration(NameServer& server, Duration timeout, Rounds rounds) {
    if (stopping_) return answered(server, false, std::move(rounds));
    server.was_told_of_leader = group_.leads();
    const std::string text = body();
    remoting::RegisterBrokerRequest request;
    request.body_crc32 = crc32_masked(text);
    request.broker_addr = identity_.address;
    request.broker_id = broker_id();
    request.broker_name = config_.broker_name;
    request.cluster_name = config_.cluster_name;
    request.enable_acting_master = false;
    request.ha_server_addr = identity_.ha_address;
    request.heartbeat_timeout_ms = server.takes_heartbeats ? config_.not_active_timeout_ms : 120'000;
    caller_.call(server.connection, request, text, timeout,
                 [this, &server, connection = server.connection,
                  rounds = std::move(rounds)](Result<remoting::Command> answer) mutable {
                     const bool accepted = answer && answer->code == 0;
                     if (server.connection == connection) {
                         if (accepted && !server.registered)
                             runtime_.log.info("registered", {{"name_server", server.address}});
                         if (!accepted && server.registered)
                             runtime_.log.warning(
                                 "registration_failed",
                                 {{"name_server", server.address},
                                  {"why", answer ? std::string{answer->remark} : answer.error().detail}});
                         server.registered = accepted;
                         if (accepted && master_heard_) hear_master(*answer);
                         if (accepted && order_heard_) hear_order(*answer);
                     }
                     answered(server, accepted, std::move(rounds));
                 });
}

void Registration::send_heartbeat(NameServer& server) {
    remoting::BrokerHeartbeatRequest request;
    request.broker_addr = identity_.address;
    request.broker_id = broker_id();
    request.broker_name = config_.broker_name;
    request.cluster_name = config_.cluster_name;
    request.heartbeat_timeout_ms = config_.not_active_timeout_ms;
    caller_.call(server.connection, request, {}, change_timeout,
                 [this, &server, connection = server.connection](Result<remoting::Command> answer) {
                     if (stopping_ || !answer || answer->code == 0 || server.connection != connection) return;
                     // It would take this broker for dead by a time that nobody keeps alive.
                     server.takes_heartbeats = false;
                     register_at(server, change_timeout);
                 });
}

void Registration::hear_master(const remoting::Command& answer) {
    const auto header = remoting::decode_fields<remoting::RegisterBrokerResponse>(answer);
    if (!header || !header->ha_server_addr || header->ha_server_addr->empty()) return;
    lacks_master_ = false;
    master_heard_(std::string{*header->ha_server_addr});
}

void Registration::hear_order(const remoting::Command& answer) {
    if (answer.body.empty()) return;
    const auto ordered = json::decode<remoting::KVTable>(answer.body);
    if (ordered && !ordered->table.empty()) order_heard_(ordered->table);
}

void Registration::stop(Done done) {
    stopping_ = true;
    runtime_.timers.cancel(std::exchange(reconnect_timer_, 0));
    auto round = std::make_shared<Round>();
    round->waiting = 1;
    round->done.push_back(std::move(done));
    for (auto& server : servers_) {
        if (!server.connection || !server.connection->is_open() || !server.registered) continue;
        ++round->waiting;
        when_succeeded(server, [this, &server, round] { unregister_at(server, round); });
    }
    finish(round);
}

void Registration::unregister_at(NameServer& server, const std::shared_ptr<Round>& round) {
    const remoting::UnregisterBrokerRequest request{identity_.address, broker_id(), config_.broker_name,
                                                    config_.cluster_name};
    caller_.call(server.connection, request, {}, change_timeout,
                 [this, round](Result<remoting::Command>) { finish(round); });
}

std::size_t Registration::reachable() const {
    return static_cast<std::size_t>(std::count_if(
        servers_.begin(), servers_.end(), [](const NameServer& server) { return server.registered; }));
}

void Registration::on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) {
    (void)caller_.on_answer(connection, command);
}

void Registration::on_closed(const Ref<remoting::Connection>& connection, std::string_view why) {
    for (auto& server : servers_) {
        if (server.connection != connection) continue;
        if (server.registered && !stopping_)
            runtime_.log.warning("name_server_lost", {{"name_server", server.address}, {"why", why}});
        server.registered = false;
    }
    caller_.on_closed(connection);
}

}  // namespace tern::broker
