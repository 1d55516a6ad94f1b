#include "broker/query_service.hpp"

#include <algorithm>

#include "replication/internal_record.hpp"

namespace tern::broker {

using remoting::ResponseCode;

namespace {

constexpr std::size_t messages_max = 64;  // maxMsgsNumBatch.

}  // namespace

void QueryService::view(const remoting::ViewMessageRequest& header, remoting::Request& request) {
    const auto record = store_.commit_log().record_at(header.offset);
    if (!record || replication::is_internal(*record))
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

}  // namespace tern::broker
