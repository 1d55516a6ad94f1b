#include "client/client.hpp"

#include <utility>

#include "json/fields.hpp"
#include "remoting/header/client.hpp"

namespace tern::client {

Client::Client(const Runtime& runtime, remoting::Transport& transport, ClientConfig config)
    : runtime_{runtime},
      config_{std::move(config)},
      rpc_{transport, runtime_.timers},
      name_servers_{config_.name_servers, runtime_.random},
      routes_{name_servers_, rpc_, config_.request_timeout},
      unique_ids_{config_.address, config_.process, runtime_.random, runtime_.clock} {
    rpc_.greet_with([this](const std::string& address) { greet(address); });
    rpc_.requests().on(remoting::RequestCode::notify_consumer_ids_changed, *this, &Client::on_group_changed);
}

Client::~Client() {
    runtime_.timers.cancel(heartbeat_timer_);
    runtime_.timers.cancel(route_timer_);
}

void Client::start() {
    schedule_heartbeats();
    schedule_route_refresh();
}

void Client::schedule_heartbeats() {
    heartbeat_timer_ = runtime_.timers.after(config_.heartbeat_interval, [this] {
        send_heartbeats();
        schedule_heartbeats();
    });
}

void Client::schedule_route_refresh() {
    route_timer_ = runtime_.timers.after(config_.route_interval, [this] {
        routes_.refresh_all();
        schedule_route_refresh();
    });
}

void Client::close() {
    runtime_.timers.cancel(std::exchange(heartbeat_timer_, 0));
    runtime_.timers.cancel(std::exchange(route_timer_, 0));
    rpc_.close();
}

Result<std::string> Client::member_address(const model::MessageQueue& queue, BrokerId preferred) const {
    const auto route = routes_.known(queue.topic);
    auto address = route ? route->member_address(queue.broker_name, preferred) : std::nullopt;
    if (!address)
        return failure(Errc::service_not_available, "no member of broker group " + queue.broker_name +
                                                        " in the route of topic " + queue.topic);
    return std::move(*address);
}

void Client::join_as_producer(std::string_view group) {
    if (producers_.emplace(group).second) send_heartbeats();
}

void Client::join_as_consumer(remoting::ConsumerData consumer, GroupChanged changed) {
    auto& member = consumers_[consumer.group_name];
    member = {std::move(consumer), std::move(changed)};
    send_heartbeats();
}

void Client::on_group_changed(const remoting::NotifyConsumerIdsChangedRequest& header, remoting::Request&) {
    const auto member = consumers_.find(header.consumer_group);
    if (member != consumers_.end()) member->second.changed();
}

void Client::leave_as_producer(std::string_view group) {
    const auto found = producers_.find(group);
    if (found == producers_.end()) return;
    producers_.erase(found);
    const remoting::UnregisterClientRequest request{.client_id = config_.client_id, .producer_group = group};
    for (const auto& address : brokers())
        rpc_.call(address, request, {}, config_.request_timeout, [](const Result<remoting::Command>&) {});
}

void Client::leave_as_consumer(std::string_view group) {
    const auto found = consumers_.find(group);
    if (found == consumers_.end()) return;
    const remoting::UnregisterClientRequest request{.client_id = config_.client_id, .consumer_group = group};
    for (const auto& address : brokers())
        rpc_.call(address, request, {}, config_.request_timeout, [](const Result<remoting::Command>&) {});
    consumers_.erase(found);
}

void Client::send_heartbeats() {
    for (const auto& address : brokers()) send_heartbeat(address);
}

void Client::greet(const std::string& address) {
    const auto members = routes_.members();
    const auto member = members.find(address);
    if (member != members.end() && is_heard_by(member->second)) send_heartbeat(address);
}

void Client::send_heartbeat(const std::string& address) {
    if (producers_.empty() && consumers_.empty()) return;
    remoting::HeartbeatData heartbeat{.client_id = config_.client_id};
    for (const auto& group : producers_) heartbeat.producer_data_set.push_back({group});
    for (const auto& [group, member] : consumers_) heartbeat.consumer_data_set.push_back(member.data);
    // What a heartbeat meets, the requests that matter meet as well.
    rpc_.call(address, remoting::RequestCode::heart_beat, json::encode(heartbeat), config_.request_timeout,
              [](const Result<remoting::Command>&) {});
}

std::vector<std::string> Client::brokers() const {
    std::vector<std::string> addresses;
    for (const auto& [address, id] : routes_.members())
        if (is_heard_by(id)) addresses.push_back(address);
    return addresses;
}

}  // namespace tern::client
