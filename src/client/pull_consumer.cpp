#include "client/pull_consumer.hpp"

#include <utility>

#include "client/answer.hpp"
#include "remoting/header/offset.hpp"
#include "remoting/header/pull.hpp"

namespace tern::client {
namespace {

using remoting::ResponseCode;

// A caller's callback, kept where several words of captures do not fit.
template <class Done, class Also>
struct Kept final : Counted {
    Kept(Done then, Also what) : done{std::move(then)}, also{std::move(what)} {}
    Done done;
    Also also;
};
template <class Done, class Also = std::monostate>
Ref<Kept<Done, Also>> keep(Done done, Also also = {}) {
    return make_counted<Kept<Done, Also>>(std::move(done), std::move(also));
}

std::optional<PullStatus> status_of(ResponseCode code) {
    switch (code) {
        case ResponseCode::success:
            return PullStatus::found;
        case ResponseCode::pull_not_found:
            return PullStatus::no_new_message;
        case ResponseCode::pull_retry_immediately:
            return PullStatus::no_matched_message;
        case ResponseCode::pull_offset_moved:
            return PullStatus::offset_illegal;
        default:
            return std::nullopt;
    }
}

// Different tags may have one code: brokers filter by codes, so the tags are compared here.
void drop_other_tags(std::vector<ReceivedMessage>& messages, const model::SubscriptionData& subscription) {
    if (subscription.tags_set.empty()) return;
    std::erase_if(messages, [&](const ReceivedMessage& message) {
        return !subscription.tags_set.contains(std::string{message.tags()});
    });
}

Result<Pulled> read_answer(const Result<remoting::Command>& answer, const Pull& pull) {
    const auto status = answer ? status_of(ResponseCode{answer->code}) : std::nullopt;
    if (!status) return std::unexpected{success_of(answer).error()};
    const auto header = remoting::decode_fields<remoting::PullMessageResponse>(*answer);
    if (!header) return std::unexpected{header.error()};
    Pulled pulled{*status,
                  header->next_begin_offset,
                  header->min_offset,
                  header->max_offset,
                  header->suggest_which_broker_id,
                  {}};
    if (*status != PullStatus::found) return pulled;
    auto messages = receive_all(answer->body, pull.queue.broker_name);
    if (!messages) return std::unexpected{messages.error()};
    pulled.messages = std::move(*messages);
    for (auto& message : pulled.messages) message.queue.queue_id = pull.queue.queue_id;
    drop_other_tags(pulled.messages, pull.subscription);
    return pulled;
}

}  // namespace

void PullConsumer::pull(Pull pull, Done<Pulled> done) {
    const auto address = client_.member_address(pull.queue, pull.member);
    if (!address) return done(std::unexpected{address.error()});
    namespace flag = remoting::pull_sys_flag;
    const auto hold_ms = std::chrono::duration_cast<std::chrono::milliseconds>(pull.hold).count();
    const auto kept = keep(std::move(done), std::move(pull));
    const Pull& what = kept->also;
    remoting::PullMessageRequest request{.consumer_group = group_,
                                         .topic = what.queue.topic,
                                         .queue_id = what.queue.queue_id,
                                         .queue_offset = what.offset,
                                         .max_msg_nums = what.max_messages,
                                         .sys_flag = what.commit ? flag::commit_offset : 0,
                                         .commit_offset = what.commit.value_or(QueueOffset{}),
                                         .suspend_timeout_ms = hold_ms,
                                         .sub_version = what.subscription.sub_version,
                                         .expression_type = what.subscription.expression_type,
                                         .broker_name = what.queue.broker_name};
    if (hold_ms > 0) request.sys_flag |= flag::suspend;
    if (!what.registered) {
        request.sys_flag |= flag::subscription;
        request.subscription = what.subscription.sub_string;
    }
    client_.rpc().call(
        *address, request, {}, what.hold + client_.config().request_timeout,
        [kept](const Result<remoting::Command>& answer) { kept->done(read_answer(answer, kept->also)); });
}

template <class Header>
void PullConsumer::ask_offset(const model::MessageQueue& queue, const Header& request,
                              Done<QueueOffset> done) {
    const auto address = client_.member_address(queue, master_id);
    if (!address) return done(std::unexpected{address.error()});
    client_.rpc().call(*address, request, {}, client_.config().request_timeout,
                       [kept = keep(std::move(done))](const Result<remoting::Command>& answer) {
                           const auto header = header_of<remoting::OffsetResponse>(answer);
                           if (!header) return kept->done(std::unexpected{header.error()});
                           kept->done(header->offset);
                       });
}

void PullConsumer::min_offset(const model::MessageQueue& queue, Done<QueueOffset> done) {
    ask_offset(queue, remoting::GetMinOffsetRequest{queue.queue_id, queue.topic}, std::move(done));
}

void PullConsumer::max_offset(const model::MessageQueue& queue, Done<QueueOffset> done) {
    ask_offset(queue, remoting::GetMaxOffsetRequest{.queue_id = queue.queue_id, .topic = queue.topic},
               std::move(done));
}

void PullConsumer::search_offset(const model::MessageQueue& queue, WallMillis time, Done<QueueOffset> done) {
    ask_offset(
        queue,
        remoting::SearchOffsetRequest{.queue_id = queue.queue_id, .timestamp = time, .topic = queue.topic},
        std::move(done));
}

void PullConsumer::query_offset(const model::MessageQueue& queue, Done<std::optional<QueueOffset>> done) {
    const remoting::QueryConsumerOffsetRequest request{
        .consumer_group = group_, .queue_id = queue.queue_id, .topic = queue.topic};
    ask_offset(queue, request, [kept = keep(std::move(done))](const Result<QueueOffset>& offset) {
        if (offset) return kept->done(*offset);
        if (offset.error().code == Errc::query_not_found) return kept->done(std::nullopt);
        kept->done(std::unexpected{offset.error()});
    });
}

void PullConsumer::commit_offset(const model::MessageQueue& queue, QueueOffset offset, Done<void> done) {
    const auto address = client_.member_address(queue, master_id);
    if (!address) return done(std::unexpected{address.error()});
    const remoting::UpdateConsumerOffsetRequest request{offset, group_, queue.queue_id, queue.topic};
    client_.rpc().call(*address, request, {}, client_.config().request_timeout,
                       [kept = keep(std::move(done))](const Result<remoting::Command>& answer) {
                           const auto success = success_of(answer);
                           if (!success) return kept->done(std::unexpected{success.error()});
                           kept->done({});
                       });
}

void PullConsumer::commit_offset_oneway(const model::MessageQueue& queue, QueueOffset offset) {
    const auto address = client_.member_address(queue, master_id);
    if (!address) return;
    client_.rpc().send_oneway(
        *address, remoting::UpdateConsumerOffsetRequest{offset, group_, queue.queue_id, queue.topic});
}

}  // namespace tern::client
