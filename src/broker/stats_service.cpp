#include "broker/stats_service.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

#include "base/text.hpp"
#include "json/fields.hpp"
#include "model/topic_name.hpp"
#include "remoting/body/connections.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/offset_tables.hpp"

namespace tern::broker {

using remoting::ResponseCode;

namespace {

std::string three_rates(const Rate& rate) {
    std::string text;
    for (const std::size_t seconds : {10U, 60U, 600U}) text += std::to_string(rate.per_second(seconds)) + " ";
    return text;
}

std::string span_text(std::int64_t ms) {
    const std::int64_t seconds = ms / 1000;
    return "[ " + std::to_string(seconds / 86'400) + " days, " + std::to_string(seconds / 3'600 % 24) +
           " hours, " + std::to_string(seconds / 60 % 60) + " minutes, " + std::to_string(seconds % 60) +
           " seconds ]";
}

// "1024 B, 3 messages, 0.2 s"; messages that were estimated have a '~' in front.
std::string lag_text(const ReplicationLag& lag) {
    char age[32];
    std::snprintf(age, sizeof age, "%.1f", std::chrono::duration<double>(lag.age).count());
    return std::to_string(lag.bytes) + " B, " + (lag.counted ? "" : "~") + std::to_string(lag.messages) +
           " messages, " + age + " s";
}

std::string ratio_text(double ratio) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4f", ratio);
    return text;
}

remoting::ClientConnection connection_of(const Client& client) {
    return {client.connection->peer().text(), client.client_id,
            std::string{remoting::language_name(client.language)}, client.version};
}

}  // namespace

// The keys that mqadmin, the exporter and the dashboard read. What has no meaning here (queues between
// threads, locks on the page cache) is answered as a broker at rest would.
void StatsService::runtime_info(remoting::Request& request) {
    remoting::KVTable body;
    auto& table = body.table;
    for (const std::string pool : {"send", "pull", "query", "litePull", "ack"}) {
        table[pool + "ThreadPoolQueueSize"] = "0";
        table[pool + "ThreadPoolQueueCapacity"] = "100000";
        table[pool + "ThreadPoolQueueHeadWaitTimeMills"] = "0";
    }
    for (const char* key : {"timerReadBehind", "timerOffsetBehind", "timerCongestNum",
                            "pageCacheLockTimeMills", "dispatchMaxBuffer", "EndTransactionQueueSize"})
        table[key] = "0";
    table["EndTransactionThreadPoolQueueCapacity"] = "100000";
    table["remainTransientStoreBufferNumbs"] = "2147483647";
    table["timerEnqueueTps"] = table["timerDequeueTps"] = "0.0";
    table["brokerActive"] = "true";
    table["brokerVersion"] = std::to_string(remoting::our_version);
    table["brokerVersionDesc"] = "V5_5_0";
    table["brokerRole"] = enum_name(parts_.config.role);
    table["epoch"] = std::to_string(parts_.group.epoch().value());
    const WallMillis now = runtime_.clock.wall_ms();
    table["bootTimestamp"] = std::to_string(parts_.stats.started_at);
    table["runtime"] = span_text(now - parts_.stats.started_at);
    table["startAcceptSendRequestTimeStamp"] = "0";
    add_group(table);
    add_rates(table);
    add_store(table);
    request.responder.answer(ResponseCode::success, {}, json::encode(body));
}

// Of ours: how the group stands, as this member sees it. mqadmin prints what it finds.
void StatsService::add_group(std::map<std::string, std::string>& table) const {
    const auto& group = parts_.group;
    const auto name_of = [](raft::MemberId member) { return "n" + std::to_string(member.value()); };
    table["groupName"] = group.config().name;
    table["groupSelf"] = name_of(group.config().self);
    table["groupRole"] = group.role() == raft::Role::leader     ? "LEADER"
                         : group.role() == raft::Role::follower ? "FOLLOWER"
                                                                : "CANDIDATE";
    table["groupTerm"] = std::to_string(group.term().value());
    table["groupLeader"] = group.leader() ? name_of(*group.leader()) : "";
    table["diskStalls"] = std::to_string(group.probe().disk_stalls);
    table["groupGivenAwayForDisk"] = std::to_string(group.probe().given_away_for_disk);
    table["groupCatchUpBytesSent"] = std::to_string(group.probe().catch_up_bytes_sent);
    table["groupDamagedForgotten"] = std::to_string(group.probe().damaged_forgotten);
    table["logBlocksDamaged"] = std::to_string(group.damaged_blocks());
    table["logBlocksMended"] = std::to_string(group.probe().blocks_mended);
    table["groupTailBytesTakenBack"] = std::to_string(group.probe().tail_bytes_taken_back);
    table["groupTailsGivenUp"] = std::to_string(group.probe().tails_given_up);
    table["groupCatchUpBytesRead"] = std::to_string(group.probe().catch_up_bytes_read);
    table["groupCatchUpsHeldBack"] = std::to_string(group.probe().catch_ups_held_back);
    table["groupCommitted"] = std::to_string(group.committed().value());
    for (const auto& member : group.members()) {
        const bool is_known = group.leads() || member.id == group.config().self;
        std::string& text = table["groupMember_" + name_of(member.id)];
        text = member.kind == raft::MemberKind::learner ? "learner" : "voter";
        if (auto address = parts_.forwarder.address_of(member.id); !address.empty())
            table["groupAddress_" + name_of(member.id)] = std::move(address);
        if (!is_known) continue;
        text += member.linked ? ", linked" : ", not linked";
        text += ", log end " + std::to_string(member.matched.value());
        text += ", on disk " + std::to_string(member.durable.value());
        text += ", behind " + lag_text(parts_.replication.lag_from(member.matched));
    }
}

void StatsService::add_rates(std::map<std::string, std::string>& table) const {
    const auto& stats = parts_.stats;
    table["putTps"] = three_rates(stats.messages_in);
    table["getTransferredTps"] = table["getTransferedTps"] = three_rates(stats.messages_out);
    table["getFoundTps"] = three_rates(stats.pulls_found);
    table["getMissTps"] = three_rates(stats.pulls_missed);
    table["getTotalTps"] = three_rates(stats.pulls);
    table["msgPutTotalTodayNow"] = std::to_string(stats.messages_in.total());
    const auto times = std::max<std::uint64_t>(1, stats.messages_in.total());  // RocketMQ's never is 0.
    table["putMessageTimesTotal"] = std::to_string(times);
    table["msgGetTotalTodayNow"] = std::to_string(stats.messages_out.total());
    table["msgPutTotalTodayMorning"] = std::to_string(stats.today.messages_in);
    table["msgPutTotalYesterdayMorning"] = std::to_string(stats.yesterday.messages_in);
    table["msgGetTotalTodayMorning"] = std::to_string(stats.today.messages_out);
    table["msgGetTotalYesterdayMorning"] = std::to_string(stats.yesterday.messages_out);
    table["putMessageSizeTotal"] = std::to_string(stats.bytes_in);
    table["putMessageFailedTimes"] = std::to_string(stats.sends_refused);
    table["putMessageDistributeTime"] = stats.put_times.distribution();
    table["putLatency99"] = std::to_string(stats.put_times.quantile_ms(0.99)) + ".00";
    table["putLatency999"] = std::to_string(stats.put_times.quantile_ms(0.999)) + ".00";
    table["putMessageEntireTimeMax"] = std::to_string(stats.put_times.longest() / 1ms);
    table["getMessageEntireTimeMax"] = std::to_string(stats.longest_get / 1ms);
    table["putMessageAverageSize"] =
        std::to_string(static_cast<double>(stats.bytes_in) / static_cast<double>(times));
}

void StatsService::add_store(std::map<std::string, std::string>& table) const {
    const auto& log = parts_.store.commit_log();
    table["commitLogMinOffset"] = std::to_string(log.begin().value());
    table["commitLogMaxOffset"] = std::to_string(log.end().value());
    table["dispatchBehindBytes"] = std::to_string(log.end() - parts_.group.committed());
    table["remainHowManyDataToFlush"] = human_size(log.end() - log.flushed());
    const auto first = log.record_at(log.begin());
    table["earliestMessageTimeStamp"] = std::to_string(first ? first->store_timestamp : -1);
    if (const auto space = parts_.files.space(parts_.config.store_root); space && space->total_bytes > 0) {
        const double used =
            1.0 - static_cast<double>(space->free_bytes) / static_cast<double>(space->total_bytes);
        table["commitLogDiskRatio"] = table["consumeQueueDiskRatio"] =
            table["commitLogDiskRatio_" + parts_.config.store_commit_log] = ratio_text(used);
        table["commitLogDirCapacity"] =
            "Total : " + human_size(space->total_bytes) + ", Free : " + human_size(space->free_bytes) + ".";
    }
    const auto levels = model::DelayLevels::parse(parts_.config.delay_levels);
    for (std::int32_t level = 1; levels && level <= levels->max(); ++level) {
        const auto [next, end] = parts_.scheduled.progress(level);
        if (end.value() == 0) continue;
        table["scheduleMessageOffset_" + std::to_string(level)] =
            std::to_string(next.value()) + "," + std::to_string(end.value());
    }
}

std::int64_t StatsService::store_time(const store::ConsumeQueue& queue, QueueOffset at) const {
    const auto entry = queue.entry(at);
    if (!entry) return 0;
    const auto record = parts_.store.commit_log().record_at(entry->record_at);
    return record ? record->store_timestamp : 0;
}

void StatsService::topic_stats(const remoting::GetTopicStatsInfoRequest& header, remoting::Request& request) {
    const auto* topic = parts_.topics.table().find(header.topic);
    if (topic == nullptr)
        return request.responder.answer(ResponseCode::topic_not_exist,
                                        "topic[" + std::string{header.topic} + "] not exist");
    remoting::TopicStatsTable stats;
    stats.topic_put_tps = parts_.traffic.stored_per_second(topic->name, runtime_.clock.now());
    const std::int32_t queues = std::max(topic->read_queue_nums, topic->write_queue_nums);
    for (std::int32_t id = 0; id < queues; ++id) {
        auto& offset = stats.offset_table[{parts_.config.broker_name, QueueId{id}, topic->name}];
        const auto* queue = parts_.store.find_queue(topic->name, QueueId{id});
        if (queue == nullptr) continue;
        offset.min_offset = queue->min();
        offset.max_offset = queue->max();
        if (queue->max() > queue->min()) offset.last_update_timestamp = store_time(*queue, queue->max() - 1);
    }
    request.responder.answer(ResponseCode::success, {}, json::encode(stats));
}

void StatsService::add_queue_stats(std::string_view group, const model::TopicConfig& topic,
                                   remoting::ConsumeStats& stats) const {
    stats.consume_tps += parts_.traffic.delivered_per_second(topic.name, group, runtime_.clock.now());
    for (std::int32_t id = 0; id < topic.read_queue_nums; ++id) {
        const auto* queue = parts_.store.find_queue(topic.name, QueueId{id});
        auto& offset = stats.offset_table[{parts_.config.broker_name, QueueId{id}, topic.name}];
        offset.broker_offset = queue == nullptr ? QueueOffset{0} : queue->max();
        const auto consumed = parts_.offsets.find(group, topic.name, QueueId{id});
        offset.consumer_offset = std::max(QueueOffset{0}, consumed.value_or(QueueOffset{0}));
        const auto read_to = parts_.traffic.read_to(topic.name, QueueId{id}, group);
        offset.pull_offset = std::max(offset.consumer_offset, read_to.value_or(QueueOffset{0}));
        if (queue != nullptr && consumed && consumed->value() > 0)
            offset.last_timestamp = store_time(*queue, *consumed - 1);
    }
}

// Its members read others, and what it once had not read of this one grows without end.
bool StatsService::is_given_up(std::string_view group, std::string_view topic) const {
    const auto* known = parts_.clients.consumers(group);
    return known != nullptr && !known->subscriptions.empty() && !known->subscriptions.contains(topic);
}

// A list says what is wanted; of one topic, or of all, those that the group has given up are left out.
void StatsService::consume_stats(const remoting::GetConsumeStatsRequest& header, remoting::Request& request) {
    std::set<std::string> topics;
    for (const auto topic : split(header.topic_list.value_or(std::string_view{}), ';')) topics.emplace(topic);
    if (topics.empty()) {
        if (header.topic && !trim(*header.topic).empty()) {
            topics.emplace(*header.topic);
        } else {
            for (auto& topic : parts_.offsets.topics_of(header.consumer_group))
                topics.insert(std::move(topic));
        }
        std::erase_if(topics, [&](const auto& topic) { return is_given_up(header.consumer_group, topic); });
    }
    remoting::ConsumeStats stats;
    for (const auto& name : topics) {
        if (const auto* topic = parts_.topics.table().find(name))
            add_queue_stats(header.consumer_group, *topic, stats);
    }
    request.responder.answer(ResponseCode::success, {}, json::encode(stats));
}

void StatsService::consumer_connections(const remoting::GetConsumerConnectionListRequest& header,
                                        remoting::Request& request) {
    const auto* group = parts_.clients.consumers(header.consumer_group);
    if (group == nullptr)
        return request.responder.answer(
            ResponseCode::consumer_not_online,
            "the consumer group[" + std::string{header.consumer_group} + "] not online");
    remoting::ConsumerConnection body;
    for (const auto& [id, client] : group->members) body.connection_set.push_back(connection_of(client));
    body.consume_from_where = group->consume_from_where;
    body.consume_type = group->consume_type;
    body.message_model = group->message_model;
    body.subscription_table.insert(group->subscriptions.begin(), group->subscriptions.end());
    request.responder.answer(ResponseCode::success, {}, json::encode(body));
}

void StatsService::producer_connections(const remoting::GetProducerConnectionListRequest& header,
                                        remoting::Request& request) {
    const auto* members = parts_.clients.producers(header.producer_group);
    if (members == nullptr)
        return request.responder.answer(
            ResponseCode::system_error,
            "the producer group[" + std::string{header.producer_group} + "] not exist");
    remoting::ProducerConnection body;
    for (const auto& [id, client] : *members) body.connection_set.push_back(connection_of(client));
    request.responder.answer(ResponseCode::success, {}, json::encode(body));
}

void StatsService::all_producers(remoting::Request& request) {
    remoting::ProducerTableInfo body;
    for (const auto& [group, members] : parts_.clients.all_producers()) {
        auto& listed = body.data[group];
        for (const auto& [id, client] : members)
            listed.push_back({client.client_id, std::string{remoting::language_name(client.language)},
                              client.heard_ms, "/" + client.connection->peer().text(), client.version});
    }
    request.responder.answer(ResponseCode::success, {}, json::encode(body));
}

// Every group on every topic that it has committed an offset of and has not given up; with isOrder those that
// consume in order alone, as their topics say.
void StatsService::broker_consume_stats(const remoting::GetBrokerConsumeStatsRequest& header,
                                        remoting::Request& request) {
    remoting::BrokerConsumeStats body;
    body.broker_addr = parts_.config.broker_ip1 + ":" + std::to_string(parts_.config.listen_port);
    for (const auto& [group, config] : parts_.groups.table().all()) {
        std::vector<remoting::ConsumeStats> of_topics;
        for (const auto& name : parts_.offsets.topics_of(group)) {
            const auto* topic = parts_.topics.table().find(name);
            if (topic == nullptr || (header.is_order && !topic->order) || is_given_up(group, name)) continue;
            auto& stats = of_topics.emplace_back();
            add_queue_stats(group, *topic, stats);
            for (const auto& [queue, offset] : stats.offset_table) {
                body.total_diff += offset.broker_offset - offset.consumer_offset;
                body.total_inflight_diff += offset.pull_offset - offset.consumer_offset;
            }
        }
        body.consume_stats_list.push_back({{group, std::move(of_topics)}});
    }
    request.responder.answer(ResponseCode::success, {}, json::encode(body));
}

void StatsService::groups_of_topic(const remoting::QueryTopicConsumeByWhoRequest& header,
                                   remoting::Request& request) {
    std::set<std::string> groups;
    for (const auto& [name, group] : parts_.clients.all_consumers()) {
        if (group.subscriptions.contains(header.topic)) groups.insert(name);
    }
    for (auto& group : parts_.offsets.groups_of(header.topic)) groups.insert(std::move(group));
    request.responder.answer(ResponseCode::success, {},
                             json::encode(remoting::GroupList{{groups.begin(), groups.end()}}));
}

void StatsService::topics_of_group(const remoting::QueryTopicsByConsumerRequest& header,
                                   remoting::Request& request) {
    const remoting::TopicList list{parts_.config.broker_ip1 + ":" + std::to_string(parts_.config.listen_port),
                                   parts_.offsets.topics_of(header.group)};
    request.responder.answer(ResponseCode::success, {}, json::encode(list));
}

void StatsService::subscription(const remoting::QuerySubscriptionByConsumerRequest& header,
                                remoting::Request& request) {
    remoting::SubscriptionBody body;
    body.group = header.group;
    body.topic = header.topic;
    if (const auto* known = parts_.clients.subscription(header.group, header.topic))
        body.subscription_data = *known;
    request.responder.answer(ResponseCode::success, {}, json::encode(body));
}

// A group that has consumed nothing yet is at the first message.
void StatsService::consume_times(const remoting::QueryConsumeTimeSpanRequest& header,
                                 remoting::Request& request) {
    const auto* topic = parts_.topics.table().find(header.topic);
    if (topic == nullptr)
        return request.responder.answer(ResponseCode::topic_not_exist,
                                        "topic[" + std::string{header.topic} + "] not exist");
    remoting::ConsumeTimeSpans body;
    for (std::int32_t id = 0; id < topic->write_queue_nums; ++id) {
        auto& span = body.consume_time_span_set.emplace_back();
        span.message_queue = {parts_.config.broker_name, QueueId{id}, topic->name};
        const auto* queue = parts_.store.find_queue(topic->name, QueueId{id});
        if (queue == nullptr || queue->max() == queue->min()) continue;
        span.min_timestamp = store_time(*queue, queue->min());
        span.max_timestamp = store_time(*queue, queue->max() - 1);
        const auto consumed =
            parts_.offsets.find(header.group, topic->name, QueueId{id}).value_or(QueueOffset{0});
        span.consume_timestamp =
            consumed > queue->min() ? store_time(*queue, consumed - 1) : span.min_timestamp;
        if (consumed < queue->max())
            span.delay_ms = runtime_.clock.wall_ms() - store_time(*queue, std::max(consumed, queue->min()));
    }
    request.responder.answer(ResponseCode::success, {}, json::encode(body));
}

void StatsService::broker_stats(const remoting::ViewBrokerStatsDataRequest& header,
                                remoting::Request& request) {
    const auto data = parts_.traffic.find(header.stats_name, header.stats_key, runtime_.clock.now());
    if (!data)
        return request.responder.answer(ResponseCode::system_error,
                                        "The stats <" + std::string{header.stats_name} + "> <" +
                                            std::string{header.stats_key} + "> not exist");
    request.responder.answer(ResponseCode::success, {}, json::encode(*data));
}

void StatsService::system_topics(remoting::Request& request) {
    remoting::TopicList list;
    for (const auto& [name, topic] : parts_.topics.table().all()) {
        if (parts_.topics.is_system(name)) list.topic_list.push_back(name);
    }
    request.responder.answer(ResponseCode::success, {}, json::encode(list));
}

void StatsService::all_consumer_offsets(remoting::Request& request) {
    request.responder.answer(ResponseCode::success, {}, json::encode(parts_.offsets.file()));
}

void StatsService::all_delay_offsets(remoting::Request& request) {
    request.responder.answer(ResponseCode::success, {}, parts_.progress.text());
}

}  // namespace tern::broker
