#include "admin/topics.hpp"

#include <algorithm>

#include "admin/settings.hpp"
#include "json/fields.hpp"
#include "model/topic_name.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/topic_config_table.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/header/route.hpp"
#include "remoting/header/topic.hpp"

namespace tern::admin {

using remoting::RequestCode;

namespace {

constexpr auto order_namespace = "ORDER_TOPIC_CONFIG";

Task<Result<remoting::TopicStatsTable>> stats_at(Admin& admin, std::string address, std::string topic) {
    const remoting::GetTopicStatsInfoRequest request{topic};
    co_return co_await admin.ask(address, request, {}, body_as<remoting::TopicStatsTable>);
}

Task<Result<remoting::GroupList>> groups_at(Admin& admin, std::string address, std::string topic) {
    const remoting::QueryTopicConsumeByWhoRequest request{topic};
    co_return co_await admin.ask(address, request, {}, body_as<remoting::GroupList>);
}

Task<Result<void>> delete_at_broker(Admin& admin, std::string address, std::string topic) {
    const remoting::DeleteTopicRequest request{topic};
    co_return co_await admin.ask(address, request, {}, success);
}

Task<Result<void>> delete_at_name_server(Admin& admin, std::string address, std::string cluster,
                                         std::string topic) {
    const remoting::DeleteTopicInNamesrvRequest request{cluster, topic};
    co_return co_await admin.ask(address, request, {}, success);
}

Task<TopicInCluster> place_topic(Admin& admin, std::string topic) {
    TopicInCluster placed{std::move(topic), {}, {}};
    const auto route = co_await topic_route(admin, placed.topic);
    if (!route) co_return placed;
    placed.cluster = *clusters_of(**route).begin();
    if (auto groups = co_await topic_groups(admin, placed.topic)) placed.groups = std::move(*groups);
    co_return placed;
}

}  // namespace

Task<Result<std::vector<std::string>>> topic_list(Admin& admin) {
    auto list = co_await admin.ask_name_server(RequestCode::get_all_topic_list_from_nameserver,
                                               body_as<remoting::TopicList>);
    if (!list) co_return std::unexpected{list.error()};
    std::ranges::sort(list->topic_list);
    co_return std::move(list->topic_list);
}

Task<Result<Ref<client::Route>>> topic_route(Admin& admin, std::string topic) {
    co_return co_await answer_of<Result<Ref<client::Route>>>([&admin, &topic](const auto& done) {
        admin.client().routes().refresh(topic,
                                        [done](const Result<Ref<client::Route>>& route) { done(route); });
    });
}

std::vector<std::string> addresses_of(const client::Route& route) {
    std::vector<std::string> addresses;
    for (const auto& broker : route.data().broker_datas)
        if (auto address = route.member_address(broker.broker_name, client::master_id))
            addresses.push_back(std::move(*address));
    return addresses;
}

std::set<std::string> clusters_of(const client::Route& route) {
    std::set<std::string> clusters;
    for (const auto& broker : route.data().broker_datas) clusters.insert(broker.cluster);
    return clusters;
}

Task<Result<remoting::TopicStatsTable>> topic_stats(Admin& admin, std::string topic) {
    const auto route = co_await topic_route(admin, topic);
    if (!route) co_return std::unexpected{route.error()};
    const auto answers = co_await answers_of<remoting::TopicStatsTable>(
        admin, addresses_of(**route),
        [&](const std::string& address) { return stats_at(admin, address, topic); });
    if (!answers) co_return std::unexpected{answers.error()};
    remoting::TopicStatsTable stats;
    for (const auto& answer : *answers) {
        stats.offset_table.insert(answer.offset_table.begin(), answer.offset_table.end());
        stats.topic_put_tps += answer.topic_put_tps;
    }
    co_return stats;
}

Task<Result<std::set<std::string>>> topic_groups(Admin& admin, std::string topic) {
    const auto route = co_await topic_route(admin, topic);
    if (!route) co_return std::unexpected{route.error()};
    const auto answers = co_await answers_of<remoting::GroupList>(
        admin, addresses_of(**route),
        [&](const std::string& address) { return groups_at(admin, address, topic); });
    if (!answers) co_return std::unexpected{answers.error()};
    std::set<std::string> groups;
    for (const auto& answer : *answers) groups.insert(answer.group_list.begin(), answer.group_list.end());
    co_return groups;
}

Task<Result<std::vector<TopicInCluster>>> topics_in_clusters(Admin& admin) {
    auto topics = co_await topic_list(admin);
    if (!topics) co_return std::unexpected{topics.error()};
    std::vector<Task<TopicInCluster>> placing;
    for (auto& topic : *topics)
        if (!model::is_retry_topic(topic) && !model::is_dlq_topic(topic))
            placing.push_back(place_topic(admin, std::move(topic)));
    auto placed = co_await all(std::move(placing));
    std::erase_if(placed, [](const TopicInCluster& topic) { return topic.cluster.empty(); });
    co_return placed;
}

Task<Result<void>> put_topic(Admin& admin, std::string address, model::TopicConfig config,
                             std::string attributes) {
    const remoting::CreateTopicRequest request{.attributes = attributes,
                                               .default_topic = model::topic::auto_create,
                                               .force = false,
                                               .order = config.order,
                                               .perm = config.perm,
                                               .read_queue_nums = config.read_queue_nums,
                                               .topic = config.name,
                                               .topic_filter_type = config.filter_type,
                                               .topic_sys_flag = config.sys_flag,
                                               .write_queue_nums = config.write_queue_nums};
    co_return co_await admin.ask(address, request, {}, success);
}

Task<Result<void>> put_topics(Admin& admin, std::string address, std::vector<model::TopicConfig> topics) {
    const auto body = json::encode(remoting::TopicConfigList{std::move(topics)});
    co_return co_await admin.ask(address, RequestCode::update_and_create_topic_list, body, success);
}

Task<Result<std::map<std::string, model::TopicConfig>>> user_topics(Admin& admin, std::string address,
                                                                    GroupTopics group_topics) {
    auto all = co_await admin.ask(address, RequestCode::get_all_topic_config, {},
                                  body_as<remoting::TopicConfigTable>);
    if (!all) co_return std::unexpected{all.error()};
    const auto system = co_await admin.ask(address, RequestCode::get_system_topic_list_from_broker, {},
                                           body_as<remoting::TopicList>);
    if (!system) co_return std::unexpected{system.error()};
    std::erase_if(all->topic_config_table, [&](const auto& entry) {
        const auto& name = entry.first;
        if (group_topics == GroupTopics::no && (model::is_retry_topic(name) || model::is_dlq_topic(name)))
            return true;
        return std::ranges::find(system->topic_list, name) != system->topic_list.end();
    });
    co_return std::move(all->topic_config_table);
}

Task<Result<model::TopicConfig>> topic_config(Admin& admin, std::string address, std::string topic) {
    const remoting::GetTopicConfigRequest request{{}, topic};
    co_return co_await admin.ask(address, request, {}, body_as<model::TopicConfig>);
}

Task<Result<std::optional<std::string>>> topic_order(Admin& admin, std::string topic) {
    const remoting::GetKvConfigRequest request{topic, order_namespace};
    const auto text = co_await admin.ask_name_server(
        request, +[](const Result<remoting::Command>& answer) -> Result<std::optional<std::string>> {
            const auto header = client::header_of<remoting::GetKvConfigResponse>(answer);
            if (!header) return std::unexpected{header.error()};
            if (!header->value) return std::nullopt;
            return std::string{*header->value};
        });
    if (!text && text.error().code == Errc::query_not_found) co_return std::nullopt;
    co_return text;
}

Task<Result<void>> put_topic_order(Admin& admin, std::string topic, std::string order) {
    return put_kv(admin, order_namespace, std::move(topic), std::move(order));
}

Task<Result<void>> delete_topic_order(Admin& admin, std::string topic) {
    return delete_kv(admin, order_namespace, std::move(topic));
}

Task<Result<void>> delete_topic(Admin& admin, std::string cluster, std::string topic) {
    const auto members = co_await members_of_cluster(admin, cluster);
    if (!members) co_return std::unexpected{members.error()};
    std::vector<Task<Result<void>>> at_brokers;
    for (const auto& member : *members)
        if (member.is_master()) at_brokers.push_back(delete_at_broker(admin, member.address, topic));
    const auto deleted = co_await all(std::move(at_brokers));
    if (auto failed = first_failure(deleted); !failed) co_return failed;

    std::vector<Task<Result<void>>> at_name_servers;
    for (const auto& address : admin.name_servers())
        at_name_servers.push_back(delete_at_name_server(admin, address, cluster, topic));
    at_name_servers.push_back(delete_topic_order(admin, topic));
    const auto forgotten = co_await all(std::move(at_name_servers));
    co_return first_failure(forgotten);
}

}  // namespace tern::admin
