#include "simulation/client.hpp"

#include <algorithm>
#include <memory>

#include "json/fields.hpp"
#include "model/permission.hpp"
#include "remoting/header/client.hpp"
#include "remoting/header/route.hpp"

namespace tern::simulation {

Client::Client(Runtime runtime, remoting::Transport& transport, std::string id,
               std::vector<std::string> name_servers)
    : runtime_{runtime},
      transport_{transport},
      id_{std::move(id)},
      name_servers_{std::move(name_servers)},
      name_server_{runtime.random.below(name_servers_.size())},
      caller_{runtime.timers},
      introduces_itself_at_once_{runtime.random.below(4) != 0} {
    heartbeat_.client_id = id_;
    every(route_interval, &Client::refresh_routes);
    every(heartbeat_interval, &Client::send_heartbeats);
}

void Client::follow_topic(const std::string& topic) {
    if (followed_.insert(topic).second) refresh_route(topic);
}

void Client::refresh_route(const std::string& topic, std::function<void()> then) {
    const auto asked = name_server_;
    const remoting::GetRouteInfoRequest request{.accept_standard_json_only = true, .topic = topic};
    call(name_servers_[asked], request, {}, control_timeout,
         [this, asked,
          state = std::make_shared<std::pair<std::string, std::function<void()>>>(topic, std::move(then))](
             Result<remoting::Command> answer) {
             if (!answer && asked == name_server_) name_server_ = (asked + 1) % name_servers_.size();
             if (answer && remoting::check_answer(*answer)) {
                 auto route = json::decode<remoting::TopicRouteData>(answer->body);
                 if (route) routes_[state->first] = std::move(*route);
             }
             state->second();
         });
}

std::vector<model::MessageQueue> Client::write_queues(const std::string& topic) const {
    return queues(topic, true);
}
std::vector<model::MessageQueue> Client::read_queues(const std::string& topic) const {
    return queues(topic, false);
}

std::vector<model::MessageQueue> Client::queues(const std::string& topic, bool writable) const {
    std::vector<model::MessageQueue> found;
    const auto route = routes_.find(topic);
    if (route == routes_.end()) return found;
    const auto wanted = writable ? model::permission::write : model::permission::read;
    for (const auto& data : route->second.queue_datas) {
        if ((data.perm & wanted) == 0 || (writable && master_of(data.broker_name).empty())) continue;
        const auto count = writable ? data.write_queue_nums : data.read_queue_nums;
        for (std::int32_t id = 0; id < count; ++id) found.push_back({data.broker_name, QueueId{id}, topic});
    }
    std::ranges::sort(found);
    return found;
}

std::string Client::master_of(const std::string& broker_name) const {
    const auto stuck_to = stuck_to_.find(broker_name);
    for (const auto& [topic, route] : routes_) {
        for (const auto& broker : route.broker_datas) {
            const auto master = broker.broker_addrs.find(BrokerId{0});
            if (broker.broker_name == broker_name && master != broker.broker_addrs.end())
                return stuck_to == stuck_to_.end() ? master->second : stuck_to->second;
        }
    }
    return {};
}

std::string Client::reader_of(const std::string& broker_name) const {
    if (auto master = master_of(broker_name); !master.empty()) return master;
    for (const auto& [topic, route] : routes_)
        for (const auto& broker : route.broker_datas)
            if (broker.broker_name == broker_name && !broker.broker_addrs.empty())
                return broker.broker_addrs.rbegin()->second;
    return {};
}

void Client::introduce(const remoting::ProducerData& producer) {
    heartbeat_.producer_data_set.push_back(producer);
    send_heartbeats();
}

void Client::introduce(const remoting::ConsumerData& consumer) {
    heartbeat_.consumer_data_set.push_back(consumer);
    send_heartbeats();
}

void Client::send_heartbeats() {
    for (const auto& address : broker_addresses()) send_heartbeat(address);
}

void Client::send_heartbeat(const std::string& address) {
    if (heartbeat_.producer_data_set.empty() && heartbeat_.consumer_data_set.empty()) return;
    call(
        address, remoting::RequestCode::heart_beat, [](remoting::FrameWriter&) {}, json::encode(heartbeat_),
        control_timeout, [](Result<remoting::Command>) {});
}

std::set<std::string> Client::broker_addresses() const {
    std::set<std::string> addresses;
    for (const auto& [topic, route] : routes_)
        for (const auto& broker : route.broker_datas)
            for (const auto& [id, address] : broker.broker_addrs) addresses.insert(address);
    return addresses;
}

void Client::send_oneway(const std::string& address, remoting::RequestCode code,
                         const std::function<void(remoting::FrameWriter&)>& write_fields,
                         std::string_view body) {
    remoting::FrameWriter frame{connect(address)->output(),
                                remoting::HeaderEncoding::json,
                                {.code = static_cast<std::int32_t>(code), .flag = remoting::flag_oneway}};
    write_fields(frame);
    frame.finish(body);
}

void Client::on_opened(const Ref<remoting::Connection>& connection) {
    const auto address = connection->peer().text();
    if (introduces_itself_at_once_ && broker_addresses().contains(address)) send_heartbeat(address);
}

void Client::on_command(const Ref<remoting::Connection>& connection, const remoting::Command& command) {
    if (caller_.on_answer(connection, command)) return;
    if (command.code == static_cast<std::int32_t>(remoting::RequestCode::notify_consumer_ids_changed))
        members_changed_();
}

void Client::on_closed(const Ref<remoting::Connection>& connection, std::string_view) {
    std::erase_if(connections_, [&](const auto& entry) { return entry.second == connection; });
    settle(connection->id(), last_request_ + 1);
    unsettled_.erase(connection->id());
    caller_.on_closed(connection);
}

Ref<remoting::Connection> Client::connect(const std::string& address) {
    auto& connection = connections_[address];
    if (!connection || !connection->is_open()) connection = transport_.connect(address, *this);
    return connection;
}

// As stock clients do it, a connection on which an answer did not come in time is given up.
remoting::Caller::Done Client::watched(const Ref<remoting::Connection>& connection,
                                       remoting::Caller::Done done) {
    auto state = std::make_unique<remoting::Caller::Done>(std::move(done));
    return [this, connection, request = ++last_request_,
            state = std::move(state)](Result<remoting::Command> answer) {
        if (answer) settle(connection->id(), request);
        if (!answer && answer.error().code == Errc::deadline_exceeded) connection->close("no answer in time");
        (*state)(std::move(answer));
    };
}

void Client::settle(std::uint64_t connection, std::uint64_t before) {
    const auto found = unsettled_.find(connection);
    if (found == unsettled_.end()) return;
    while (!found->second.empty() && found->second.front().request < before) {
        const auto settled = std::move(found->second.front().settled);
        found->second.pop_front();
        settled();
    }
}

void Client::every(Duration interval, void (Client::*work)()) {
    runtime_.timers.after(interval, [this, interval, work] {
        (this->*work)();
        every(interval, work);
    });
}

void Client::refresh_routes() {
    for (const auto& topic : followed_) refresh_route(topic);
}

}  // namespace tern::simulation
