#include "broker/retry_service.hpp"

#include <algorithm>
#include <utility>

#include "model/message_id.hpp"
#include "model/message_properties.hpp"
#include "model/topic_name.hpp"

namespace tern::broker {

using remoting::ResponseCode;

namespace {

constexpr std::int32_t first_retry_level = 3;  // 10 s; each further attempt one level more.
constexpr std::int32_t read_write = model::permission::read | model::permission::write;

// After a power loss another message may lie where the consumer's had been, if that was not flushed. Clients
// name it by its unique id, or by its place where it has none; one that gets an error sends the message
// itself.
bool is_another(const remoting::ConsumerSendMsgBackRequest& header, const model::RecordView& record) {
    using namespace model;
    const auto named = header.origin_msg_id.value_or(std::string_view{});
    const auto there = find_property(record.properties, property::unique_key);
    if (!there || named.empty() || named == *there) return false;
    return named != offset_message_id(record.store_host, record.physical_offset).text() &&
           named != find_property(record.properties, property::origin_message_id);
}

}  // namespace

void RetryService::send_back(const remoting::ConsumerSendMsgBackRequest& header, remoting::Request& request) {
    const auto group = parts_.groups.find_or_create(header.group);
    if (!group) return request.responder.fail(group.error());
    if (!model::is_writable(parts_.config.permission))
        return request.responder.answer(
            ResponseCode::no_permission,
            "the broker[" + parts_.config.broker_name + "] sending message is forbidden");
    if ((*group)->retry_queue_nums <= 0) return request.responder.answer(ResponseCode::success);
    const auto original = parts_.store.commit_log().record_at(header.offset);
    if (!original || header.offset >= parts_.store.dispatched() || replication::is_internal(*original))
        return request.responder.answer(
            ResponseCode::system_error,
            "look message by offset failed, " + std::to_string(header.offset.value()));
    if (is_another(header, *original))
        return request.responder.answer(ResponseCode::system_error,
                                        "another message lies at " + std::to_string(header.offset.value()));
    const auto copy = store_copy(header, **group, *original);
    if (!copy) return request.responder.fail(copy.error());
    // The property is whatever a producer has put there; what is counted under it is kept.
    const auto retried = model::find_property(original->properties, model::property::retry_topic);
    const bool is_known = retried && parts_.topics.find(*retried) != nullptr;
    parts_.traffic.sent_back(is_known ? *retried : original->topic, header.group);
    parts_.group.when_settled(
        copy->appended, replication::WaitFor::promise,
        [this, topic_is_new = copy->topic_is_new,
         responder = std::move(request.responder)](replication::Outcome outcome) mutable {
            if (outcome == replication::Outcome::unknown)
                return responder.answer(ResponseCode::system_error, "the store failed");
            if (!topic_is_new) return responder.answer(ResponseCode::success);
            parts_.registration.register_now(
                [responder = std::move(responder)]() mutable { responder.answer(ResponseCode::success); });
        });
}

Result<RetryService::Copy> RetryService::store_copy(const remoting::ConsumerSendMsgBackRequest& header,
                                                    const model::SubscriptionGroupConfig& group,
                                                    const model::RecordView& original) {
    using namespace model;
    properties_.reset(original.properties);
    if (!properties_.find(property::retry_topic)) properties_.set(property::retry_topic, original.topic);
    if (!properties_.find(property::origin_message_id)) {
        const auto id = offset_message_id(original.store_host, original.physical_offset);
        properties_.set(property::origin_message_id, id.text());
    }
    properties_.set(property::wait_store_ok, "false");

    const std::int32_t attempts_max = header.max_reconsume_times.value_or(group.retry_max_times);
    const bool dead = original.reconsume_times >= attempts_max || header.delay_level < 0;
    const auto target =
        dead ? parts_.topics.find_or_create_plain(dlq_topic(header.group), 1, read_write)
             : parts_.topics.find_or_create_plain(retry_topic(header.group), group.retry_queue_nums,
                                                  read_write, flag_of_read_topic(header.unit_mode));
    if (!target) return std::unexpected(target.error());
    if (!is_writable((*target)->perm))
        return failure(Errc::no_permission,
                       "the topic[" + (*target)->name + "] sending message is forbidden");

    std::string topic = (*target)->name;
    const bool topic_is_new = parts_.topics.is_new(topic);
    QueueId queue_id{0};
    if (dead) {
        properties_.set(property::delay_level, "0");
    } else {
        const auto queues = static_cast<std::uint64_t>(std::max(1, group.retry_queue_nums));
        const auto retry_queue = static_cast<std::int32_t>(runtime_.random.below(queues));
        // A producer can say that its message has been tried as often as it likes.
        const std::int32_t tried = std::min(original.reconsume_times, parts_.delays.max());
        const std::int32_t asked = header.delay_level == 0 ? first_retry_level + tried : header.delay_level;
        const std::int32_t level = parts_.delays.clamp(asked);
        properties_.set(property::delay_level, std::to_string(level));
        properties_.set(property::real_topic, topic);
        properties_.set(property::real_queue_id, std::to_string(retry_queue));
        topic = topic::schedule;
        queue_id = QueueId{level - 1};
    }

    RecordDraft copy;
    copy.topic = topic;
    copy.queue_id = queue_id;
    copy.flag = original.flag;
    copy.sys_flag = original.sys_flag & ~sys_flag::transaction_mask;
    copy.born_timestamp = original.born_timestamp;
    copy.born_host = original.born_host;
    copy.store_host = store_host_;
    copy.reconsume_times = std::min(original.reconsume_times, INT32_MAX - 1) + 1;
    copy.body = original.body;
    copy.properties = properties_.view();
    if (auto checked = check_properties_size(copy.properties.size()); !checked)
        return std::unexpected(std::move(checked.error()));
    auto* const queue = parts_.store.queue(copy.topic, copy.queue_id);
    if (queue == nullptr) return failure(Errc::invalid_argument, "no queue can be named so");
    const auto appended = parts_.group.propose(copy, queue);
    if (!appended) return std::unexpected(appended.error());
    return Copy{*appended, topic_is_new};
}

}  // namespace tern::broker
