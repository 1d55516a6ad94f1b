#include "nameserver/route_table.hpp"

#include <algorithm>
#include <cctype>

#include "json/writer.hpp"
#include "model/permission.hpp"
#include "model/topic_name.hpp"

namespace tern::nameserver {
namespace {

remoting::QueueData queues_of(const model::TopicConfig& topic, const std::string& broker_name,
                              bool wipe_write) {
    return {.broker_name = broker_name,
            .perm = wipe_write ? topic.perm & ~model::permission::write : topic.perm,
            .read_queue_nums = topic.read_queue_nums,
            .topic_sys_flag = topic.sys_flag,
            .write_queue_nums = topic.write_queue_nums};
}

remoting::BrokerData broker_data(const std::string& name, const BrokerGroup& group) {
    remoting::BrokerData data{
        .broker_name = name, .cluster = group.cluster, .enable_acting_master = group.enable_acting_master};
    for (const auto& [id, member] : group.members) data.broker_addrs.emplace(id, member.address);
    if (!group.zone.empty()) data.zone_name = group.zone;
    return data;
}

// Would it take the place of a member of a newer epoch, or reign over one?
bool is_outdated(const BrokerGroup& group, const Registration& registration) {
    return std::ranges::any_of(group.members, [&](const auto& entry) {
        const auto& [id, member] = entry;
        const bool is_at_stake = registration.broker_id == master_id || id == registration.broker_id ||
                                 member.address == registration.address;
        return is_at_stake && member.version.state_version > registration.version().state_version;
    });
}

// Topics come from the master, or from the lowest replica of a group that has none, if its brokers know of
// that role, and if it is of no older epoch than who told them last.
bool is_prime_slave(const BrokerGroup& group, const Registration& registration) {
    return registration.enable_acting_master.has_value() && !group.has_master() &&
           group.members.begin()->first == registration.broker_id &&
           registration.version().state_version >= group.topics_epoch;
}

// For the time without a master, the lowest replica under the id that clients ask for.
void present_acting_masters(remoting::TopicRouteData& route) {
    for (auto& group : route.broker_datas) {
        if (!group.enable_acting_master || group.broker_addrs.contains(master_id)) continue;
        const auto queues =
            std::ranges::find(route.queue_datas, group.broker_name, &remoting::QueueData::broker_name);
        if (model::is_writable(queues->perm)) continue;
        auto acting = group.broker_addrs.extract(group.broker_addrs.begin());
        acting.key() = master_id;
        group.broker_addrs.insert(std::move(acting));
    }
}

bool are_equal_in_any_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

Result<Registered> RouteTable::register_broker(const Registration& registration, bool delete_missing_topics) {
    const auto known = groups_.find(registration.broker_name);
    const bool is_new_member =
        known == groups_.end() || !known->second.members.contains(registration.broker_id);
    if (known != groups_.end() && is_outdated(known->second, registration))
        return Registered{.is_outdated = true};
    if (is_new_member && registration.topics.topic_config_table.size() == 1)
        return failure(Errc::internal, "register broker failed");
    if (auto fits = check_room(registration); !fits) return std::unexpected(fits.error());

    const auto* last_version = version_of(registration.broker_name, registration.address);
    const bool is_new_version =
        is_new_member || last_version == nullptr || *last_version != registration.version();

    const bool is_new_group = known == groups_.end();
    auto& group = groups_.try_emplace(registration.broker_name, BrokerGroup{.cluster = registration.cluster})
                      .first->second;
    const auto before = group;
    const std::size_t size_before = is_new_group ? 0 : size_of(registration.broker_name, before);
    group.zone = registration.zone;
    group.enable_acting_master = registration.enable_acting_master.value_or(false);
    std::erase_if(group.members, [&](const auto& entry) {  // It has changed its role.
        return entry.second.address == registration.address && entry.first != registration.broker_id;
    });
    group.members.insert_or_assign(registration.broker_id,
                                   BrokerMember{registration.address, registration.ha_address,
                                                registration.version(), registration.filter_servers});
    bytes_ += size_of(registration.broker_name, group) - size_before;
    bool is_changed = group != before;

    const bool stands_in = is_prime_slave(group, registration);
    if (registration.broker_id == master_id || stands_in) {
        const auto& topics = registration.topics.topic_config_table;
        group.topics_epoch = registration.version().state_version;
        if (delete_missing_topics && registration.topics.topic_queue_mapping_info_map.empty())
            is_changed |= remove_queues(registration.broker_name,
                                        [&](const auto& topic) { return !topics.contains(topic); });
        is_changed |= take_topics(registration, is_new_version, stands_in && group.enable_acting_master);
    }
    if (is_changed) ++revision_;

    const auto master = group.members.find(master_id);
    if (registration.broker_id == master_id || master == group.members.end()) return Registered{};
    return Registered{.master_address = master->second.address,
                      .master_ha_address = master->second.ha_address};
}

void RouteTable::unregister_broker(std::string_view broker_name, std::string_view address) {
    const auto found = groups_.find(broker_name);
    if (found == groups_.end()) return;
    auto& group = found->second;
    const std::size_t size_before = size_of(broker_name, group);
    const auto removed =
        std::erase_if(group.members, [&](const auto& entry) { return entry.second.address == address; });
    if (removed == 0) return;
    ++revision_;
    bytes_ -= size_before - (group.members.empty() ? 0 : size_of(broker_name, group));
    if (group.members.empty()) {
        remove_queues(broker_name, [](const auto&) { return true; });
        groups_.erase(found);
    } else if (group.enable_acting_master && !group.has_master()) {
        wipe_write_perm(broker_name);
    }
}

const model::DataVersion* RouteTable::version_of(std::string_view broker_name,
                                                 std::string_view address) const {
    const auto* group = find_group(broker_name);
    if (group == nullptr) return nullptr;
    const auto member = std::ranges::find_if(
        group->members, [&](const auto& entry) { return entry.second.address == address; });
    return member == group->members.end() ? nullptr : &member->second.version;
}

const BrokerGroup* RouteTable::find_group(std::string_view broker_name) const {
    const auto group = groups_.find(broker_name);
    return group == groups_.end() ? nullptr : &group->second;
}

void RouteTable::delete_topic(std::string_view topic) {
    const auto found = topics_.find(topic);
    if (found == topics_.end()) return;
    bytes_ -= size_of(topic, found->second);
    topics_.erase(found);
    ++revision_;
}

void RouteTable::delete_topic(std::string_view topic, std::string_view cluster) {
    for (const auto& [name, group] : groups_) {
        const auto found = topics_.find(topic);
        if (found == topics_.end()) return;
        if (group.cluster == cluster && remove_queues_of(found, name)) ++revision_;
    }
}

Result<> RouteTable::add_queues(const std::string& topic, const std::vector<remoting::QueueData>& queues) {
    for (const auto& queue : queues) {
        if (!groups_.contains(queue.broker_name)) continue;
        const std::size_t more = has_queues(topic, queue.broker_name)
                                     ? 0
                                     : size_of(topic, Topic{{{queue.broker_name, queue}}, {}});
        if (auto fits = check_room(more); !fits) return fits;
        bytes_ += more;
        topics_[topic].queues.insert_or_assign(queue.broker_name, queue);
        ++revision_;
    }
    return {};
}

std::int32_t RouteTable::wipe_write_perm(std::string_view broker_name) {
    return change_perms(broker_name, [](std::int32_t perm) { return perm & ~model::permission::write; });
}

std::int32_t RouteTable::add_write_perm(std::string_view broker_name) {
    return change_perms(broker_name,
                        [](std::int32_t) { return model::permission::read | model::permission::write; });
}

std::optional<remoting::TopicRouteData> RouteTable::route(std::string_view topic,
                                                          bool support_acting_master) const {
    const auto found = topics_.find(topic);
    if (found == topics_.end()) return std::nullopt;
    remoting::TopicRouteData route;
    for (const auto& [name, queues] : found->second.queues) {
        const auto& group = groups_.find(name)->second;
        route.queue_datas.push_back(queues);
        route.broker_datas.push_back(broker_data(name, group));
        for (const auto& [id, member] : group.members)
            if (!member.filter_servers.empty())
                route.filter_server_table.emplace(member.address, member.filter_servers);
    }
    if (const auto& mappings = found->second.mappings; !mappings.empty()) {
        json::Object by_broker;
        for (const auto& [name, mapping] : mappings) by_broker.push_back({name, mapping});
        route.topic_queue_mapping_by_broker = std::move(by_broker);
    }
    // The members of a group find each other by this topic: they want to see who is really there.
    const bool is_for_members = topic.starts_with(model::topic::sync_member_prefix);
    if (support_acting_master && !is_for_members) present_acting_masters(route);
    return route;
}

remoting::ClusterInfo RouteTable::clusters() const {
    remoting::ClusterInfo info;
    for (const auto& [name, group] : groups_) {
        info.broker_addr_table.emplace(name, broker_data(name, group));
        info.cluster_addr_table[group.cluster].insert(name);
    }
    return info;
}

remoting::BrokerMemberGroup RouteTable::member_group(std::string_view cluster,
                                                     std::string_view broker_name) const {
    remoting::BrokerMemberGroup members{.broker_name = std::string{broker_name},
                                        .cluster = std::string{cluster}};
    if (const auto* group = find_group(broker_name))
        members.broker_addrs = broker_data(members.broker_name, *group).broker_addrs;
    return members;
}

std::vector<std::string> RouteTable::topics() const {
    return select_topics([](const Topic&) { return true; });
}

std::vector<std::string> RouteTable::topics_of_cluster(std::string_view cluster) const {
    return select_topics([&](const Topic& topic) {
        return std::ranges::any_of(
            topic.queues, [&](const auto& entry) { return find_group(entry.first)->cluster == cluster; });
    });
}

std::vector<std::string> RouteTable::topics_with_flag(std::int32_t set, std::int32_t unset) const {
    return select_topics([&](const Topic& topic) {
        const auto flag = topic.queues.begin()->second.topic_sys_flag;
        return (flag & set) == set && (flag & unset) == 0;
    });
}

std::size_t RouteTable::size_of(std::string_view broker_name, const BrokerGroup& group) {
    std::size_t size = broker_name.size() + group.cluster.size() + group.zone.size();
    for (const auto& [id, member] : group.members) {
        size += registered_entry_size + member.address.size() + member.ha_address.size();
        for (const auto& server : member.filter_servers) size += registered_entry_size + server.size();
    }
    return size;
}

std::size_t RouteTable::size_of(std::string_view name, const Topic& topic) {
    std::size_t size = 0;
    for (const auto& [broker_name, queues] : topic.queues)
        size += registered_entry_size + name.size() + broker_name.size();
    for (const auto& [broker_name, mapping] : topic.mappings) size += json::encode(mapping).size();
    return size;
}

bool RouteTable::has_queues(std::string_view topic, std::string_view broker_name) const {
    const auto found = topics_.find(topic);
    return found != topics_.end() && found->second.queues.contains(broker_name);
}

Result<> RouteTable::check_room(const Registration& registration) const {
    BrokerGroup group{.cluster = registration.cluster, .zone = registration.zone};
    group.members[registration.broker_id] = {
        registration.address, registration.ha_address, {}, registration.filter_servers};
    const std::size_t of_member = size_of(registration.broker_name, group);
    std::size_t more = of_member;
    for (const auto& [name, config] : registration.topics.topic_config_table)
        more += registered_entry_size + name.size() + registration.broker_name.size();
    for (const auto& [name, mapping] : registration.topics.topic_queue_mapping_info_map)
        more += json::encode(mapping).size();
    if (bytes_ + more <= bytes_max_) return {};
    // What is there already needs none.
    if (const auto* known = find_group(registration.broker_name)) {
        BrokerGroup before{.cluster = known->cluster, .zone = known->zone};
        for (const auto& [id, member] : known->members)
            if (member.address == registration.address) before.members[id] = member;
        if (!before.members.empty()) more -= std::min(of_member, size_of(registration.broker_name, before));
    }
    for (const auto& [name, config] : registration.topics.topic_config_table) {
        if (has_queues(name, registration.broker_name))
            more -= registered_entry_size + name.size() + registration.broker_name.size();
    }
    return check_room(more);
}

Result<> RouteTable::check_room(std::size_t more) const {
    if (more == 0 || bytes_ + more <= bytes_max_) return {};
    return failure(Errc::limit_exceeded,
                   "brokers have registered " + std::to_string(bytes_) + " of " + std::to_string(bytes_max_) +
                       " bytes, which leaves no room for " + std::to_string(more) + " more");
}

bool RouteTable::take_topics(const Registration& registration, bool is_new_version, bool wipe_write) {
    bool is_changed = false;
    const auto& broker_name = registration.broker_name;
    for (const auto& [name, config] : registration.topics.topic_config_table) {
        auto& topic = topics_[name];
        if (topic.queues.contains(broker_name) && !is_new_version) continue;
        const auto before = topic;
        topic.queues.insert_or_assign(broker_name, queues_of(config, broker_name, wipe_write));
        const auto& mappings = registration.topics.topic_queue_mapping_info_map;
        if (const auto mapping = mappings.find(name); mapping != mappings.end())
            topic.mappings.insert_or_assign(broker_name, mapping->second);
        if (topic == before) continue;
        bytes_ += size_of(name, topic) - size_of(name, before);
        is_changed = true;
    }
    return is_changed;
}

template <class IsGone>
bool RouteTable::remove_queues(std::string_view broker_name, IsGone is_gone) {
    bool is_changed = false;
    for (auto next = topics_.begin(); next != topics_.end();) {
        const auto topic = next++;
        if (is_gone(topic->first)) is_changed |= remove_queues_of(topic, broker_name);
    }
    return is_changed;
}

bool RouteTable::remove_queues_of(Topics::iterator topic, std::string_view broker_name) {
    auto& queues = topic->second.queues;
    const auto found = queues.find(broker_name);
    if (found == queues.end()) return false;
    bytes_ -= size_of(topic->first, topic->second);
    queues.erase(found);
    std::erase_if(topic->second.mappings, [&](const auto& entry) { return entry.first == broker_name; });
    bytes_ += size_of(topic->first, topic->second);
    if (queues.empty()) topics_.erase(topic);
    return true;
}

template <class Change>
std::int32_t RouteTable::change_perms(std::string_view broker_name, Change change) {
    std::int32_t count = 0;
    for (auto& [name, topic] : topics_) {
        const auto queues = topic.queues.find(broker_name);
        if (queues == topic.queues.end()) continue;
        queues->second.perm = change(queues->second.perm);
        ++count;
    }
    if (count > 0) ++revision_;
    return count;
}

template <class Select>
std::vector<std::string> RouteTable::select_topics(Select select) const {
    std::vector<std::string> names;
    for (const auto& [name, topic] : topics_)
        if (select(topic)) names.push_back(name);
    return names;
}

void keep_zone(remoting::TopicRouteData& route, std::string_view zone) {
    std::erase_if(route.broker_datas, [&](const remoting::BrokerData& group) {
        if (!group.broker_addrs.contains(master_id)) return false;
        if (are_equal_in_any_case(group.zone_name.value_or(""), zone)) return false;
        std::erase_if(route.queue_datas,
                      [&](const auto& queues) { return queues.broker_name == group.broker_name; });
        for (const auto& [id, address] : group.broker_addrs) route.filter_server_table.erase(address);
        return true;
    });
}

}  // namespace tern::nameserver
