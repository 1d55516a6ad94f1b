#include "admin/groups.hpp"

#include <algorithm>

#include "admin/topics.hpp"
#include "json/fields.hpp"
#include "model/topic_name.hpp"
#include "remoting/header/admin.hpp"
#include "remoting/header/topic.hpp"

namespace tern::admin {

using remoting::RequestCode;

namespace {

Task<Result<remoting::ConsumeStats>> stats_at(Admin& admin, std::string address, std::string group,
                                              std::optional<std::string> topic) {
    const remoting::GetConsumeStatsRequest request{.consumer_group = group, .topic = topic};
    co_return co_await admin.ask(address, request, {}, body_as<remoting::ConsumeStats>);
}

Task<Result<remoting::ConsumeTimeSpans>> time_spans_at(Admin& admin, std::string address, std::string group,
                                                       std::string topic) {
    const remoting::QueryConsumeTimeSpanRequest request{group, topic};
    co_return co_await admin.ask(address, request, {}, body_as<remoting::ConsumeTimeSpans>);
}

Task<Result<std::map<std::string, model::SubscriptionGroupConfig>>> groups_at(Admin& admin,
                                                                              std::string address) {
    auto table = co_await admin.ask(address, RequestCode::get_all_subscriptiongroup_config, {},
                                    body_as<remoting::SubscriptionGroupTable>);
    if (!table) co_return std::unexpected{table.error()};
    co_return std::move(table->subscription_group_table);
}

Task<GroupProgress> progress_of(Admin& admin, std::string group) {
    GroupProgress progress{.group = std::move(group)};
    // First, for it finds out who is silent: any other broker of the group knows its members.
    const auto stats = co_await consume_stats(admin, progress.group);
    auto members = co_await consumer_connection(admin, progress.group);
    if (members) progress.members = std::move(*members);
    if (!stats) co_return progress;
    progress.consume_tps = stats->consume_tps;
    for (const auto& [queue, offset] : stats->offset_table)
        progress.diff_total += offset.broker_offset - offset.consumer_offset;
    co_return progress;
}

}  // namespace

Task<Result<std::vector<std::string>>> addresses_of_group(Admin& admin, std::string group) {
    const auto route = co_await topic_route(admin, model::retry_topic(group));
    if (route) co_return addresses_of(**route);
    if (route.error().code != Errc::topic_not_exist) co_return std::unexpected{route.error()};
    co_return failure(Errc::group_not_exist, "no broker has consumer group " + group + " (no route of " +
                                                 model::retry_topic(group) + ")");
}

Task<Result<remoting::ConsumerRunningInfo>> running_info(Admin& admin, std::string address, std::string group,
                                                         std::string client_id, bool with_threads) {
    const remoting::GetConsumerRunningInfoRequest request{client_id, group, with_threads};
    auto info = co_await admin.ask(address, request, {}, body_as<remoting::ConsumerRunningInfo>);
    co_return name_member(std::move(info), client_id);
}

Task<Result<remoting::ConsumerConnection>> consumer_connection(Admin& admin, std::string group,
                                                               std::optional<std::string> address) {
    if (!address) {
        const auto addresses = co_await addresses_of_group(admin, group);
        if (!addresses) co_return std::unexpected{addresses.error()};
        address = admin.one_of(*addresses);
    }
    const remoting::GetConsumerConnectionListRequest request{group};
    co_return co_await admin.ask(*address, request, {}, body_as<remoting::ConsumerConnection>);
}

Task<Result<remoting::ProducerConnection>> producer_connection(Admin& admin, std::string group,
                                                               std::string topic) {
    const auto route = co_await topic_route(admin, topic);
    if (!route) co_return std::unexpected{route.error()};
    const auto address = addresses_of(**route).front();
    const remoting::GetProducerConnectionListRequest request{group};
    co_return co_await admin.ask(address, request, {}, body_as<remoting::ProducerConnection>);
}

Task<Result<remoting::ConsumeStats>> consume_stats(Admin& admin, std::string group,
                                                   std::optional<std::string> topic) {
    const auto addresses = co_await addresses_of_group(admin, group);
    if (!addresses) co_return std::unexpected{addresses.error()};
    const auto answers = co_await answers_of<remoting::ConsumeStats>(
        admin, *addresses,
        [&](const std::string& address) { return stats_at(admin, address, group, topic); });
    if (!answers) co_return std::unexpected{answers.error()};
    remoting::ConsumeStats stats;
    for (const auto& answer : *answers) {
        stats.offset_table.insert(answer.offset_table.begin(), answer.offset_table.end());
        stats.consume_tps += answer.consume_tps;
    }
    co_return stats;
}

Task<Result<std::chrono::milliseconds>> longest_wait(Admin& admin, std::string group, std::string topic) {
    const auto route = co_await topic_route(admin, topic);
    if (!route) co_return std::unexpected{route.error()};
    const auto answers = co_await answers_of<remoting::ConsumeTimeSpans>(
        admin, addresses_of(**route),
        [&](const std::string& address) { return time_spans_at(admin, address, group, topic); });
    if (!answers) co_return std::unexpected{answers.error()};
    std::int64_t longest_ms = 0;
    for (const auto& spans : *answers)
        for (const auto& span : spans.consume_time_span_set) longest_ms = std::max(longest_ms, span.delay_ms);
    co_return std::chrono::milliseconds{longest_ms};
}

Task<Result<std::map<model::MessageQueue, std::string>>> queue_owners(Admin& admin, std::string group) {
    const auto addresses = co_await addresses_of_group(admin, group);
    if (!addresses) co_return std::unexpected{addresses.error()};
    const auto& address = admin.one_of(*addresses);
    const auto members = co_await consumer_connection(admin, group, address);
    if (!members) co_return std::unexpected{members.error()};
    std::vector<Task<Result<remoting::ConsumerRunningInfo>>> asking;
    for (const auto& member : members->connection_set)
        asking.push_back(running_info(admin, address, group, member.client_id, false));
    const auto answers = co_await all(std::move(asking));
    std::map<model::MessageQueue, std::string> owners;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!answers[i]) continue;
        for (const auto& [queue, state] : answers[i]->mq_table)
            owners.emplace(queue, members->connection_set[i].client_id);
    }
    co_return owners;
}

Task<Result<std::vector<std::string>>> group_list(Admin& admin) {
    const auto topics = co_await topic_list(admin);
    if (!topics) co_return std::unexpected{topics.error()};
    std::vector<std::string> groups;
    for (const auto& topic : *topics)
        if (model::is_retry_topic(topic)) groups.emplace_back(model::group_of_topic(topic));
    co_return groups;
}

Task<Result<std::vector<GroupProgress>>> group_progress(Admin& admin) {
    auto groups = co_await group_list(admin);
    if (!groups) co_return std::unexpected{groups.error()};
    std::vector<Task<GroupProgress>> asking;
    for (auto& group : *groups) asking.push_back(progress_of(admin, std::move(group)));
    auto progress = co_await all(std::move(asking));
    std::ranges::sort(progress, {},
                      [](const GroupProgress& each) { return std::tuple{-each.diff_total, each.group}; });
    co_return progress;
}

Task<Result<void>> put_group(Admin& admin, std::string address, model::SubscriptionGroupConfig config) {
    const auto body = json::encode(config);
    co_return co_await admin.ask(address, RequestCode::update_and_create_subscriptiongroup, body, success);
}

Task<Result<void>> put_groups(Admin& admin, std::string address,
                              std::vector<model::SubscriptionGroupConfig> configs) {
    const auto body = json::encode(remoting::SubscriptionGroupList{std::move(configs)});
    co_return co_await admin.ask(address, RequestCode::update_and_create_subscriptiongroup_list, body,
                                 success);
}

Task<Result<std::map<std::string, model::SubscriptionGroupConfig>>> user_groups(Admin& admin,
                                                                                std::string address) {
    auto groups = co_await groups_at(admin, std::move(address));
    if (groups) std::erase_if(*groups, [](const auto& entry) { return model::is_system_group(entry.first); });
    co_return groups;
}

Task<Result<std::optional<model::SubscriptionGroupConfig>>> group_config(Admin& admin, std::string address,
                                                                         std::string group) {
    const auto groups = co_await groups_at(admin, std::move(address));
    if (!groups) co_return std::unexpected{groups.error()};
    const auto found = groups->find(group);
    if (found == groups->end()) co_return std::nullopt;
    co_return found->second;
}

Task<Result<void>> put_request_mode(Admin& admin, std::string address,
                                    remoting::MessageRequestModeBody mode) {
    const auto body = json::encode(mode);
    co_return co_await admin.ask(address, RequestCode::set_message_request_mode, body, success);
}

Task<Result<OffsetsByQueue>> reset_offsets_at(Admin& admin, std::string address, OffsetReset reset) {
    const remoting::ResetOffsetRequest request{.group = reset.group,
                                               .is_force = true,
                                               .offset = reset.offset,
                                               .queue_id = QueueId{reset.queue_id.value_or(-1)},
                                               .timestamp = reset.timestamp,
                                               .topic = reset.topic};
    auto body = co_await admin.ask(address, request, {}, body_as<remoting::OffsetTableBody>);
    if (!body) co_return std::unexpected{body.error()};
    co_return std::move(body->offset_table);
}

Task<Result<OffsetsByQueue>> reset_offsets(Admin& admin, OffsetReset reset) {
    const auto route = co_await topic_route(admin, reset.topic);
    if (!route) co_return std::unexpected{route.error()};
    auto answers = co_await answers_of<OffsetsByQueue>(
        admin, addresses_of(**route),
        [&](const std::string& address) { return reset_offsets_at(admin, address, reset); });
    if (!answers) co_return std::unexpected{answers.error()};
    OffsetsByQueue offsets;
    for (auto& answer : *answers) offsets.merge(answer);
    co_return offsets;
}

Task<Result<void>> clone_offsets(Admin& admin, std::string from_group, std::string to_group,
                                 std::string topic) {
    const auto route = co_await topic_route(admin, topic);
    if (!route) co_return std::unexpected{route.error()};
    for (const auto& address : addresses_of(**route)) {
        const remoting::CloneGroupOffsetRequest request{to_group, true, from_group, topic};
        const auto cloned = co_await admin.ask(address, request, {}, success);
        if (!cloned) co_return cloned;
    }
    co_return Result<void>{};
}

Task<Result<remoting::BrokerConsumeStats>> broker_consume_stats(Admin& admin, std::string address,
                                                                bool ordered_only) {
    const remoting::GetBrokerConsumeStatsRequest request{ordered_only};
    co_return co_await admin.ask(address, request, {}, body_as<remoting::BrokerConsumeStats>);
}

Task<Result<remoting::ProducerTableInfo>> all_producers(Admin& admin, std::string address) {
    co_return co_await admin.ask(address, RequestCode::get_all_producer_info, {},
                                 body_as<remoting::ProducerTableInfo>);
}

Task<Result<void>> delete_group(Admin& admin, std::string address, std::string group, bool with_offsets) {
    const remoting::DeleteSubscriptionGroupRequest request{with_offsets, group, with_offsets};
    co_return co_await admin.ask(address, request, {}, success);
}

}  // namespace tern::admin
