#include "client/producer.hpp"

#include <utility>

#include "client/answer.hpp"
#include "model/message_properties.hpp"
#include "model/topic_name.hpp"
#include "remoting/header/send.hpp"

namespace tern::client {

using remoting::ResponseCode;
using remoting::SendMessageRequest;

// One send on its way, with all that a further attempt needs.
struct Producer::Sending final : Counted {
    std::string topic;
    std::string properties;
    std::string body;
    std::string message_id;
    std::int32_t flag{};
    bool batch{};
    std::optional<model::MessageQueue> only;  // The queue that the caller named.
    SelectQueue select;
    Done done;
    Instant deadline;
    std::int32_t attempts_left{};
    model::MessageQueue queue;   // Of the attempt under way.
    std::optional<Error> doubt;  // How an attempt ended that may have stored the message.
};

namespace {

std::optional<SendStatus> status_of(ResponseCode code) {
    switch (code) {
        case ResponseCode::success:
            return SendStatus::ok;
        case ResponseCode::flush_disk_timeout:
            return SendStatus::flush_disk_timeout;
        case ResponseCode::flush_slave_timeout:
            return SendStatus::flush_slave_timeout;
        case ResponseCode::slave_not_available:
            return SendStatus::slave_not_available;
        default:
            return std::nullopt;
    }
}

// What another broker, or the same one later, may do better (wire-protocol 5.1).
bool is_retryable(const Result<remoting::Command>& answer) {
    if (!answer) return true;
    switch (ResponseCode{answer->code}) {
        case ResponseCode::topic_not_exist:
        case ResponseCode::service_not_available:
        case ResponseCode::system_error:
        case ResponseCode::system_busy:
        case ResponseCode::no_permission:
        case ResponseCode::no_buyer_id:
        case ResponseCode::not_in_current_unit:
        case ResponseCode::go_away:
            return true;
        default:
            return false;
    }
}

// One entry of a batch (wire-protocol 5.2).
void append_batch_entry(Buffer& out, const Message& message, std::string_view properties) {
    constexpr std::size_t fixed_size = 5 * sizeof(std::int32_t) + sizeof(std::int16_t);
    out.append_be<std::int32_t>(
        static_cast<std::int32_t>(fixed_size + message.body.size() + properties.size()));
    out.append_be<std::int32_t>(0);  // Magic and
    out.append_be<std::int32_t>(0);  // checksum mean nothing here.
    out.append_be<std::int32_t>(message.flag);
    out.append_be<std::int32_t>(static_cast<std::int32_t>(message.body.size()));
    out.append(message.body);
    out.append_be<std::int16_t>(static_cast<std::int16_t>(properties.size()));
    out.append(properties);
}

SendMessageRequest request_of(const auto& sending, std::string_view group, WallMillis now) {
    return {.producer_group = group,
            .topic = sending.topic,
            .default_topic = model::topic::auto_create,
            .default_topic_queue_nums = RouteCache::default_topic_queue_nums,
            .queue_id = sending.queue.queue_id,
            .born_timestamp = now,
            .flag = sending.flag,
            .properties = sending.properties,
            .batch = sending.batch,
            .broker_name = sending.queue.broker_name};
}

}  // namespace

bool may_be_stored(Errc error) {
    return error == Errc::deadline_exceeded || error == Errc::connection_closed || error == Errc::refused ||
           error == Errc::malformed || error == Errc::missing_field;
}

Producer::Producer(Client& client, ProducerConfig config)
    : client_{client}, config_{std::move(config)}, turn_{client.runtime().random.below(1U << 16U)} {
    client_.join_as_producer(config_.group);
}

Producer::~Producer() {
    client_.leave_as_producer(config_.group);
}

void Producer::send(const Message& message, Done done) {
    if (auto sending = prepare(message, std::move(done))) begin(std::move(sending));
}

void Producer::send(const Message& message, const model::MessageQueue& queue, Done done) {
    auto sending = prepare(message, std::move(done));
    if (!sending) return;
    sending->only = queue;
    begin(std::move(sending));
}

void Producer::send(const Message& message, SelectQueue select, Done done) {
    auto sending = prepare(message, std::move(done));
    if (!sending) return;
    sending->select = std::move(select);
    begin(std::move(sending));
}

void Producer::send_batch(std::span<const Message> messages, Done done) {
    if (messages.empty()) return refuse(std::move(done), {Errc::message_illegal, "a batch without messages"});
    Buffer body;
    std::string ids;
    for (const auto& message : messages) {
        if (auto checked = check_message(message); !checked) return refuse(std::move(done), checked.error());
        if (message.topic != messages.front().topic || message.delay_level > 0)
            return refuse(std::move(done),
                          {Errc::message_illegal, "a batch is of one topic and without delay"});
        const auto id = client_.unique_ids().next();
        append_batch_entry(body, message, encode_properties(message, id.text()));
        ids.append(ids.empty() ? "" : ",").append(id.text());
    }
    Message whole{.topic = messages.front().topic, .body = std::string{body.view()}};
    whole.wait_store_ok = messages.front().wait_store_ok;
    auto sending = prepare(whole, std::move(done));
    if (!sending) return;
    sending->batch = true;
    sending->message_id = std::move(ids);
    begin(std::move(sending));
}

Result<> Producer::send_oneway(const Message& message) {
    if (auto checked = check_message(message); !checked) return checked;
    const auto route = client_.routes().known(message.topic);
    if (!route || route->publish_queues().empty())
        return failure(Errc::topic_not_exist, "the route of topic " + message.topic + " is not known");
    Sending sending;
    sending.topic = message.topic;
    sending.flag = message.flag;
    sending.properties = encode_properties(message, client_.unique_ids().next().text());
    sending.queue = next_queue(*route, {});
    const auto address = route->master_address(sending.queue.broker_name);
    client_.rpc().send_oneway(*address, request_of(sending, config_.group, client_.runtime().clock.wall_ms()),
                              message.body);
    return {};
}

Ref<Producer::Sending> Producer::prepare(const Message& message, Done done) {
    if (auto checked = check_message(message); !checked) {
        refuse(std::move(done), checked.error());
        return {};
    }
    const auto id = client_.unique_ids().next();
    auto sending = make_counted<Sending>();
    sending->topic = message.topic;
    sending->properties = encode_properties(message, id.text());
    sending->body = message.body;
    sending->message_id = id.text();
    sending->flag = message.flag;
    sending->done = std::move(done);
    sending->deadline = client_.runtime().clock.now() + config_.send_timeout;
    sending->attempts_left = config_.attempts;
    return sending;
}

void Producer::begin(Ref<Sending> sending) {
    const auto route = client_.routes().known(sending->topic);
    if (route && !route->publish_queues().empty()) return attempt(std::move(sending), *route);
    const auto& topic = sending->topic;
    client_.routes().refresh_to_publish(
        topic, [producer = lifeline_.weak(), sending](const Result<Ref<Route>>& found) {
            if (producer.get() == nullptr) return;
            if (!found) return producer.get()->fail(*sending, found.error());
            producer.get()->attempt(sending, **found);
        });
}

void Producer::attempt(Ref<Sending> sending, const Route& route) {
    const auto& queues = route.publish_queues();
    if (queues.empty())
        return fail(*sending, {Errc::no_permission, "topic " + sending->topic + " has no queue to write to"});
    if (sending->only) {
        sending->queue = *sending->only;
    } else if (sending->select) {
        const auto selected = sending->select(queues);
        TERN_ASSERT(selected < queues.size());
        sending->queue = queues[selected];
    } else {
        sending->queue = next_queue(route, sending->queue.broker_name);
    }
    const auto address = route.master_address(sending->queue.broker_name);
    if (!address)
        return fail(*sending,
                    {Errc::service_not_available, "no master in the route of topic " + sending->topic + ": " +
                                                      sending->queue.broker_name});
    const auto now = client_.runtime().clock.now();
    if (now >= sending->deadline)
        return fail(*sending, {Errc::deadline_exceeded, *address + ": no answer in time"});
    --sending->attempts_left;
    const auto header = request_of(*sending, config_.group, client_.runtime().clock.wall_ms());
    const auto write_fields = [&header](remoting::FrameWriter& frame) {
        remoting::encode_fields<SendMessageRequest, &SendMessageRequest::short_fields>(frame, header);
    };
    const auto code =
        sending->batch ? remoting::RequestCode::send_batch_message : SendMessageRequest::short_code;
    client_.rpc().call(*address, code, write_fields, sending->body, sending->deadline - now,
                       [producer = lifeline_.weak(), sending](const Result<remoting::Command>& answer) {
                           if (producer.get() != nullptr) producer.get()->on_answer(sending, answer);
                       });
}

void Producer::on_answer(Ref<Sending> sending, const Result<remoting::Command>& answer) {
    const auto status = answer ? status_of(ResponseCode{answer->code}) : std::nullopt;
    if (status) {
        const auto stored = remoting::decode_fields<remoting::SendMessageResponse>(*answer);
        if (!stored) return fail(*sending, stored.error());
        auto queue = std::move(sending->queue);
        queue.topic = sending->topic;
        queue.queue_id = stored->queue_id;
        return sending->done(Sent{*status, std::move(queue), stored->queue_offset,
                                  std::move(sending->message_id), std::string{stored->msg_id}});
    }
    const auto error = success_of(answer).error();
    const bool again = is_retryable(answer) && sending->attempts_left > 0 && !sending->only &&
                       !sending->select && client_.runtime().clock.now() < sending->deadline;
    if (!again) return fail(*sending, error);
    if (may_be_stored(error.code) && !sending->doubt) sending->doubt = error;
    begin(sending);
    // What went wrong may be the route: the attempt after this one has a fresh one.
    client_.routes().refresh(sending->topic, [](const Result<Ref<Route>>&) {});
}

void Producer::fail(Sending& sending, Error error) {
    sending.done(
        std::unexpected{sending.doubt && !may_be_stored(error.code) ? *sending.doubt : std::move(error)});
}

void Producer::refuse(Done done, Error error) {
    auto sending = make_counted<Sending>();
    sending->done = std::move(done);
    client_.runtime().executor.post(
        [producer = lifeline_.weak(), sending, error = std::move(error)]() mutable {
            if (producer.get() != nullptr) sending->done(std::unexpected{std::move(error)});
        });
}

const model::MessageQueue& Producer::next_queue(const Route& route, std::string_view not_on) {
    const auto& queues = route.publish_queues();
    for (std::size_t tried = 0; tried < queues.size(); ++tried) {
        const auto& queue = queues[turn_++ % queues.size()];
        if (queue.broker_name != not_on) return queue;
    }
    return queues[turn_++ % queues.size()];
}

}  // namespace tern::client
