#include "broker/client_registry.hpp"

#include <utility>

namespace tern::broker {

const Client* find_member(const Members& members, std::string_view client_id) {
    for (const auto& [connection, client] : members)
        if (client.client_id == client_id) return &client;
    return nullptr;
}

bool ClientRegistry::admits(const remoting::Connection& connection, std::size_t heartbeat_bytes) {
    const auto known = heard_.find(connection.id());
    const auto before = known == heard_.end() ? 0 : known->second.bytes;
    if (heartbeat_bytes_ - before + heartbeat_bytes > heartbeat_bytes_max) {
        ++refused_heartbeats_;
        return false;
    }
    heartbeat_bytes_ += heartbeat_bytes - before;
    heard_[connection.id()].bytes = heartbeat_bytes;
    return true;
}

bool ClientRegistry::remember(const Client& client, Names Heard::* groups, std::string_view group) {
    Heard& heard = heard_[client.connection->id()];
    if ((heard.*groups).contains(group)) return true;
    if (heard.produces.size() + heard.consumes.size() >= groups_of_client_max) {
        ++unknown_groups_;
        return false;
    }
    (heard.*groups).emplace(group);
    return true;
}

void ClientRegistry::heard_producer(std::string_view group, const Client& client) {
    if (!remember(client, &Heard::produces, group)) return;
    auto found = producers_.find(group);
    if (found == producers_.end()) found = producers_.emplace(std::string{group}, Members{}).first;
    found->second.insert_or_assign(client.connection->id(), client);
}

void ClientRegistry::heard_requester(std::string_view client_id,
                                     const Ref<remoting::Connection>& connection) {
    if (client_id.size() > client_id_size_max) return;
    const auto known = requesters_.find(client_id);
    if (known != requesters_.end() && known->second == connection) return;
    Heard& heard = heard_[connection->id()];
    forget_requester(heard, connection->id());
    heard.requests_as = client_id;
    requesters_.insert_or_assign(heard.requests_as, connection);
}

// It may have come over another connection since.
void ClientRegistry::forget_requester(Heard& heard, std::uint64_t connection) {
    const auto found = requesters_.find(heard.requests_as);
    if (found != requesters_.end() && found->second->id() == connection) requesters_.erase(found);
}

// What heartbeats say is believed first: any client can name another.
Ref<remoting::Connection> ClientRegistry::requester(std::string_view client_id) const {
    for (const auto& [group, members] : producers_)
        if (const auto* member = find_member(members, client_id)) return member->connection;
    const auto found = requesters_.find(client_id);
    return found == requesters_.end() ? Ref<remoting::Connection>{} : found->second;
}

void ClientRegistry::heard_consumer(const remoting::ConsumerData& data, const Client& client,
                                    bool without_sub) {
    if (!remember(client, &Heard::consumes, data.group_name)) return;
    auto found = consumers_.find(data.group_name);
    if (found == consumers_.end()) found = consumers_.emplace(data.group_name, ConsumerGroup{}).first;
    ConsumerGroup& group = found->second;
    group.consume_type = data.consume_type;
    group.message_model = data.message_model;
    group.consume_from_where = data.consume_from_where;
    const bool joined = group.members.insert_or_assign(client.connection->id(), client).second;
    const bool resubscribed = !without_sub && merge_subscriptions(group, data);
    if (joined || resubscribed) changed(found->first, group);
}

bool ClientRegistry::merge_subscriptions(ConsumerGroup& group, const remoting::ConsumerData& data) {
    bool differs = false;
    for (const auto& subscription : data.subscription_data_set) {
        const auto [known, added] = group.subscriptions.try_emplace(subscription.topic, subscription);
        differs |= added;
        if (!added && subscription.sub_version > known->second.sub_version) known->second = subscription;
    }
    // The latest heartbeat counts, whoever of the group sent it.
    std::set<std::string_view> topics;
    for (const auto& subscription : data.subscription_data_set) topics.insert(subscription.topic);
    const auto removed =
        std::erase_if(group.subscriptions, [&](const auto& known) { return !topics.contains(known.first); });
    return differs || removed > 0;
}

void ClientRegistry::changed(std::string_view name, const ConsumerGroup& group) {
    if (group.message_model == remoting::MessageModel::broadcasting) return;
    watcher_.on_group_changed(name, group);
}

void ClientRegistry::stop_producing(std::string_view name, std::uint64_t connection) {
    const auto found = producers_.find(name);
    if (found == producers_.end()) return;
    found->second.erase(connection);
    if (found->second.empty()) producers_.erase(found);
}

void ClientRegistry::leave(std::string_view name, std::uint64_t connection) {
    const auto found = consumers_.find(name);
    if (found == consumers_.end() || found->second.members.erase(connection) == 0) return;
    changed(found->first, found->second);
    if (found->second.members.empty()) consumers_.erase(found);
}

void ClientRegistry::unregister(const remoting::Connection& connection, std::string_view producer_group,
                                std::string_view consumer_group) {
    if (const auto heard = heard_.find(connection.id()); heard != heard_.end()) {
        heard->second.produces.erase(std::string{producer_group});
        heard->second.consumes.erase(std::string{consumer_group});
    }
    stop_producing(producer_group, connection.id());
    leave(consumer_group, connection.id());
}

void ClientRegistry::on_closed(const remoting::Connection& connection) {
    const auto heard = heard_.extract(connection.id());
    if (heard.empty()) return;
    forget_requester(heard.mapped(), connection.id());
    heartbeat_bytes_ -= heard.mapped().bytes;
    for (const auto& group : heard.mapped().produces) stop_producing(group, connection.id());
    for (const auto& group : heard.mapped().consumes) leave(group, connection.id());
}

void ClientRegistry::expire(Duration silence) {
    const Instant now = runtime_.clock.now();
    std::map<std::uint64_t, Ref<remoting::Connection>> silent;
    const auto collect = [&](const Members& members) {
        for (const auto& [id, client] : members) {
            if (now - client.heard > silence) silent.emplace(id, client.connection);
        }
    };
    for (const auto& [name, members] : producers_) collect(members);
    for (const auto& [name, group] : consumers_) collect(group.members);
    for (const auto& [id, connection] : silent) {
        runtime_.log.warning("client_expired", {{"client", connection->peer().text()}});
        on_closed(*connection);
        connection->close("no heartbeat");
    }
}

const ConsumerGroup* ClientRegistry::consumers(std::string_view group) const {
    const auto found = consumers_.find(group);
    return found == consumers_.end() ? nullptr : &found->second;
}

const Members* ClientRegistry::producers(std::string_view group) const {
    const auto found = producers_.find(group);
    return found == producers_.end() ? nullptr : &found->second;
}

const model::SubscriptionData* ClientRegistry::subscription(std::string_view group,
                                                            std::string_view topic) const {
    const auto* consumers = this->consumers(group);
    if (consumers == nullptr) return nullptr;
    const auto found = consumers->subscriptions.find(topic);
    return found == consumers->subscriptions.end() ? nullptr : &found->second;
}

}  // namespace tern::broker
