#include "broker/query_service.hpp"

#include <algorithm>

#include "json/fields.hpp"
#include "remoting/body/stats.hpp"
#include "replication/internal_record.hpp"

namespace tern::broker {

using remoting::ResponseCode;

namespace {

constexpr std::size_t messages_max = 64;    // maxMsgsNumBatch.
constexpr std::int64_t entries_max = 1024;  // Of one answer; ours.

}  // namespace

void QueryService::view(const remoting::ViewMessageRequest& header, remoting::Request& request) {
    const auto record = store_.commit_log().record_at(header.offset);
    if (!record || header.offset >= store_.dispatched() || replication::is_internal(*record))
        return request.responder.answer(
            ResponseCode::system_error,
            "can not find message by the offset, " + std::to_string(header.offset.value()));
    request.responder.answer(ResponseCode::success, {}, record->bytes);
}

void QueryService::query(const remoting::QueryMessageRequest& header, remoting::Request& request) {
    const auto wanted =
        static_cast<std::size_t>(std::max(0, header.unique_key_query ? config_.query_max : header.max_num));
    const auto found = store_.find_by_key(header.topic, header.key, std::min(wanted, messages_max),
                                          header.begin_timestamp, header.end_timestamp);
    std::vector<std::string_view> records;
    for (const PhysicalOffset at : found.records) {
        const auto record = store_.commit_log().record_at(at);
        if (record && record->topic == header.topic) records.push_back(record->bytes);
    }
    remoting::QueryMessageResponse answer;
    answer.index_last_update_phy_offset = PhysicalOffset{found.index_offset};
    answer.index_last_update_timestamp = found.index_timestamp;
    if (records.empty())
        return request.responder.answer(ResponseCode::query_not_found, answer,
                                        "can not find message, maybe time range not correct");
    request.responder.answer(ResponseCode::success, answer, {}, records);
}

void QueryService::queue_entries(const remoting::QueryConsumeQueueRequest& header,
                                 remoting::Request& request) {
    const auto* queue = store_.find_queue(header.topic, header.queue_id);
    if (queue == nullptr)
        return request.responder.answer(
            ResponseCode::system_error,
            std::to_string(header.queue_id.value()) + "@" + std::string{header.topic} + " is not exist!");
    remoting::ConsumeQueueBody body;
    body.min_queue_index = queue->min();
    body.max_queue_index = queue->max();
    if (header.consumer_group && !header.consumer_group->empty()) {
        const auto* subscription = clients_.subscription(*header.consumer_group, header.topic);
        if (subscription != nullptr) body.subscription_data = *subscription;
        // What an expression was compiled to: there are none.
        body.filter_data = subscription != nullptr ? "null"
                                                   : std::string{*header.consumer_group} + "@" +
                                                         std::string{header.topic} + " is not online!";
    }
    const QueueOffset begin = std::clamp(header.index, queue->min(), queue->max());
    const QueueOffset end =
        std::min(queue->max(), begin + std::clamp(std::int64_t{header.count}, std::int64_t{0}, entries_max));
    for (QueueOffset at = begin; at < end; at += 1) {
        const auto entry = queue->entry(at);
        if (!entry) break;
        auto& shown = body.queue_data.emplace_back();
        shown.physic_offset = entry->record_at;
        shown.physic_size = entry->record_size;
        shown.tags_code = entry->tag_code;
    }
    request.responder.answer(ResponseCode::success, {}, json::encode(body));
}

}  // namespace tern::broker
