#include "broker/offset_service.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "json/fields.hpp"
#include "remoting/body/stats.hpp"

namespace tern::broker {

using remoting::OffsetResponse;
using remoting::ResponseCode;

namespace {

void refuse_as_lost(remoting::Responder& responder) {
    responder.answer(ResponseCode::system_error,
                     "the leader was lost meanwhile; whether the offsets are set is not known");
}

}  // namespace

void OffsetService::query(const remoting::QueryConsumerOffsetRequest& header, remoting::Request& request) {
    const bool zero_if_young = header.set_zero_if_not_found.value_or(true);
    parts_.commits.when_settled(
        header.consumer_group, header.topic,
        [this, group = std::string{header.consumer_group}, topic = std::string{header.topic},
         queue = header.queue_id, zero_if_young, responder = std::move(request.responder)](bool) mutable {
            answer_query(group, topic, queue, zero_if_young, std::move(responder));
        });
}

void OffsetService::answer_query(std::string_view group, std::string_view topic, QueueId queue_id,
                                 bool zero_if_young, remoting::Responder responder) const {
    if (const auto kept = parts_.kept.find(group, topic, queue_id); kept && !parts_.group.leads())
        return responder.answer(ResponseCode::success, OffsetResponse{*kept});
    if (const auto known = parts_.offsets.find(group, topic, queue_id); known && *known >= QueueOffset{0})
        return responder.answer(ResponseCode::success, OffsetResponse{*known});
    // A new group on a topic that is still young, with its first message in memory, starts at its beginning,
    // so that nothing sent before its first start is passed over (6.2).
    const auto* queue = parts_.store.find_queue(topic, queue_id);
    const bool begins_at_zero = queue == nullptr || queue->min() <= QueueOffset{0};
    const auto first = queue == nullptr ? std::nullopt : queue->entry(QueueOffset{0});
    const auto is_young = [&] {
        return first && parts_.store.commit_log().end() - first->record_at <= parts_.config.bytes_in_memory();
    };
    if (zero_if_young && begins_at_zero && is_young())
        return responder.answer(ResponseCode::success, OffsetResponse{QueueOffset{0}});
    responder.answer(ResponseCode::query_not_found,
                     "Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first");
}

void OffsetService::update(const remoting::UpdateConsumerOffsetRequest& header, remoting::Request& request) {
    if (!parts_.group.accepts()) {
        if (!parts_.kept.keep(header.consumer_group, header.topic, header.queue_id, header.commit_offset))
            return request.responder.answer(ResponseCode::system_busy,
                                            "offsets of " + std::to_string(KeptOffsets::entries_max) +
                                                " queues are kept until there is a leader, and no more");
        return request.responder.answer(ResponseCode::success);
    }
    if (header.kept_since && !parts_.commits.moves_on(header.consumer_group, header.topic, header.queue_id,
                                                      *header.kept_since, header.commit_offset))
        return request.responder.answer(ResponseCode::success);
    // A pull consumer may commit before its first heartbeat. RocketMQ 4.9 takes that, 5.5 answers 26 and the
    // offset is lost to the client; so the group is made here, where groups may be made at all.
    if (const auto group = parts_.groups.find_or_create(header.consumer_group); !group)
        return request.responder.fail(group.error());
    const auto* topic = parts_.topics.find(header.topic);
    if (topic == nullptr)
        return request.responder.answer(ResponseCode::topic_not_exist,
                                        "Topic " + std::string{header.topic} + " not exist!");
    // Offsets of queues that there are none of would have no end. A topic may have lost queues since.
    const auto queues = std::max(topic->read_queue_nums, topic->write_queue_nums);
    const bool is_known =
        parts_.offsets.find(header.consumer_group, header.topic, header.queue_id).has_value();
    if (!is_known && (header.queue_id.value() < 0 || header.queue_id.value() >= queues))
        return request.responder.answer(ResponseCode::invalid_parameter,
                                        "queueId[" + std::to_string(header.queue_id.value()) +
                                            "] is illegal, " + topic->name + " has " +
                                            std::to_string(queues) + " queues");
    if (parts_.commits.is_reset(header.consumer_group, header.topic, header.queue_id))
        return request.responder.answer(ResponseCode::success, "Offset has been previously reset");
    parts_.commits.commit(header.consumer_group, header.topic, header.queue_id, header.commit_offset);
    request.responder.answer(ResponseCode::success);
}

void OffsetService::reset(const remoting::ResetOffsetRequest& header, remoting::Request& request) {
    const auto* topic = parts_.topics.find(header.topic);
    if (topic == nullptr)
        return request.responder.answer(ResponseCode::topic_not_exist,
                                        "Topic " + std::string{header.topic} + " does not exist");
    if (parts_.groups.find(header.group) == nullptr)
        return request.responder.answer(ResponseCode::subscription_group_not_exist,
                                        "Group " + std::string{header.group} + " does not exist");
    const bool is_of_all = header.queue_id.value() < 0;
    if (!is_of_all && header.queue_id.value() >= topic->read_queue_nums)
        return request.responder.answer(ResponseCode::invalid_parameter,
                                        topic->name + " has " + std::to_string(topic->read_queue_nums) +
                                            " queues, none with the id " +
                                            std::to_string(header.queue_id.value()));
    remoting::OffsetTableBody body;
    const std::int32_t first = is_of_all ? 0 : header.queue_id.value();
    const std::int32_t behind = is_of_all ? topic->read_queue_nums : first + 1;
    for (std::int32_t id = first; id < behind; ++id) {
        const auto offset = reset_target(header, QueueId{id});
        if (!offset) return request.responder.answer(ResponseCode::invalid_parameter, offset.error().detail);
        body.offset_table[{parts_.config.broker_name, QueueId{id}, topic->name}] = *offset;
    }
    if (!parts_.config.server_side_reset) return tell_consumers(header, std::move(body), request);
    for (const auto& [queue, offset] : body.offset_table) {
        parts_.commits.reset(header.group, header.topic, queue.queue_id, offset);
        parts_.held.on_reset(header.group, header.topic, queue.queue_id);
    }
    parts_.commits.when_settled(
        header.group, header.topic,
        [text = json::encode(body), responder = std::move(request.responder)](bool is_kept) mutable {
            if (!is_kept) return refuse_as_lost(responder);
            responder.answer(ResponseCode::success, {}, text);
        });
}

// The members stop, go there and commit it, 10 s later with RocketMQ's clients. Without force nobody skips
// what he has not consumed.
void OffsetService::tell_consumers(const remoting::ResetOffsetRequest& header,
                                   remoting::OffsetTableBody offsets, remoting::Request& request) {
    const auto* group = parts_.clients.consumers(header.group);
    if (group == nullptr || group->members.empty())
        return request.responder.answer(
            ResponseCode::consumer_not_online,
            "Consumer not online, so can not reset offset, Group: " + std::string{header.group} +
                " Topic: " + std::string{header.topic} + " Timestamp: " + std::to_string(header.timestamp));
    remoting::OffsetListBody listed;
    for (auto& [queue, offset] : offsets.offset_table) {
        const auto consumed = parts_.offsets.find(header.group, header.topic, queue.queue_id);
        if (!header.is_force && consumed) offset = std::min(offset, *consumed);
        listed.offset_table.push_back({queue.broker_name, offset, queue.queue_id, queue.topic});
    }
    const auto body = json::encode(offsets);
    const auto body_for_cpp = json::encode(listed);
    const remoting::ResetConsumerClientOffsetRequest order{header.group, header.is_force, header.timestamp,
                                                           header.topic};
    for (const auto& [id, member] : group->members)
        parts_.caller.send_oneway(member.connection, order,
                                  member.language == remoting::Language::cpp ? body_for_cpp : body);
    request.responder.answer(ResponseCode::success, {}, body);
}

// One that is named lies within the queue; else it is that of a time, -1 the end.
Result<QueueOffset> OffsetService::reset_target(const remoting::ResetOffsetRequest& header,
                                                QueueId queue_id) const {
    const auto* queue = parts_.store.find_queue(header.topic, queue_id);
    const QueueOffset min = queue == nullptr ? QueueOffset{0} : queue->min();
    const QueueOffset max = queue == nullptr ? QueueOffset{0} : queue->max();
    if (header.offset && *header.offset != QueueOffset{-1}) {
        if (*header.offset >= min && *header.offset <= max) return *header.offset;
        return failure(Errc::invalid_argument, "Target offset " + std::to_string(header.offset->value()) +
                                                   " of queue " + std::to_string(queue_id.value()) +
                                                   " is not in [" + std::to_string(min.value()) + "-" +
                                                   std::to_string(max.value()) + "]");
    }
    if (queue == nullptr || header.timestamp < 0) return max;
    return queue->offset_by_time(header.timestamp, store::TimeBoundary::lower, parts_.store.commit_log());
}

void OffsetService::clone(const remoting::CloneGroupOffsetRequest& header, remoting::Request& request) {
    if (const auto group = parts_.groups.find_or_create(header.dest_group); !group)
        return request.responder.fail(group.error());
    std::vector<std::string> topics;
    if (header.topic && !header.topic->empty()) {
        topics.emplace_back(*header.topic);
    } else {
        topics = parts_.offsets.topics_of(header.src_group);
    }
    const auto* members = header.offline ? nullptr : parts_.clients.consumers(header.src_group);
    std::string_view last;
    for (const auto& topic : topics) {
        const auto* offsets = parts_.offsets.find(header.src_group, topic);
        const bool is_left = members != nullptr && !members->subscriptions.contains(topic);
        if (offsets == nullptr || is_left || parts_.topics.find(topic) == nullptr) continue;
        for (const auto& [queue, offset] : *offsets)
            if (parts_.commits.commit(header.dest_group, topic, queue, offset)) last = topic;
    }
    // All that was gathered goes into one record.
    parts_.commits.when_settled(header.dest_group, last,
                                [responder = std::move(request.responder)](bool is_kept) mutable {
                                    if (!is_kept) return refuse_as_lost(responder);
                                    responder.answer(ResponseCode::success);
                                });
}

void OffsetService::correction(const remoting::QueryCorrectionOffsetRequest& header,
                               remoting::Request& request) {
    const auto left_out = split(header.filter_groups.value_or(std::string_view{}), ',');
    remoting::CorrectionOffsets body;
    auto& least = body.correction_offsets;
    for (const auto& group : parts_.offsets.groups_of(header.topic)) {
        if (std::ranges::find(left_out, group) != left_out.end()) continue;
        for (const auto& [queue_id, offset] : *parts_.offsets.find(group, header.topic)) {
            const auto* queue = parts_.store.find_queue(header.topic, queue_id);
            if (queue != nullptr && offset < queue->min()) continue;
            const auto known = least.try_emplace(queue_id, offset).first;
            known->second = std::min(known->second, offset);
        }
    }
    if (const auto* compared = parts_.offsets.find(header.compare_group, header.topic)) {
        for (auto& [queue_id, offset] : least) {
            const auto own = compared->find(queue_id);
            if (own != compared->end() && offset > own->second) offset = QueueOffset{INT64_MAX};
        }
    }
    request.responder.answer(ResponseCode::success, {}, json::encode(body));
}

void OffsetService::search(const remoting::SearchOffsetRequest& header, remoting::Request& request) {
    const auto* queue = parts_.store.find_queue(header.topic, header.queue_id);
    const auto boundary = header.boundary() == remoting::BoundaryType::upper ? store::TimeBoundary::upper
                                                                             : store::TimeBoundary::lower;
    const QueueOffset offset =
        queue == nullptr ? QueueOffset{0}
                         : queue->offset_by_time(header.timestamp, boundary, parts_.store.commit_log());
    request.responder.answer(ResponseCode::success, OffsetResponse{offset});
}

void OffsetService::max(const remoting::GetMaxOffsetRequest& header, remoting::Request& request) {
    const auto* queue = parts_.store.find_queue(header.topic, header.queue_id);
    request.responder.answer(ResponseCode::success,
                             OffsetResponse{queue == nullptr ? QueueOffset{0} : queue->max()});
}

void OffsetService::min(const remoting::GetMinOffsetRequest& header, remoting::Request& request) {
    // A queue that has never had a message begins at 0; one that the topic does not have, nowhere.
    const auto* topic = parts_.topics.find(header.topic);
    const bool exists =
        topic != nullptr && header.queue_id.value() >= 0 && header.queue_id.value() < topic->read_queue_nums;
    const auto* queue = parts_.store.find_queue(header.topic, header.queue_id);
    const QueueOffset none{exists ? 0 : -1};
    request.responder.answer(ResponseCode::success, OffsetResponse{queue == nullptr ? none : queue->min()});
}

void OffsetService::earliest_time(const remoting::GetEarliestMsgStoretimeRequest& header,
                                  remoting::Request& request) {
    std::int64_t timestamp = -1;
    if (const auto* queue = parts_.store.find_queue(header.topic, header.queue_id)) {
        const auto entry = queue->entry(queue->min());
        const auto record = entry ? parts_.store.commit_log().record_at(entry->record_at)
                                  : failure(Errc::query_not_found, "the queue is empty");
        if (record) timestamp = record->store_timestamp;
    }
    request.responder.answer(ResponseCode::success, remoting::GetEarliestMsgStoretimeResponse{timestamp});
}

}  // namespace tern::broker
