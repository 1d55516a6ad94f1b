#include "simulation/producer.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/message_id.hpp"
#include "model/topic_name.hpp"
#include "remoting/header/send.hpp"
#include "simulation/message.hpp"

namespace tern::simulation {
namespace {

// Of stock producers.
constexpr Duration send_timeout = 3s;
constexpr int attempts_max = 3;
constexpr std::int32_t default_queue_count = 4;
constexpr Duration route_retry = 1s;

constexpr std::string_view illegal_topic = "not a topic!";

bool happens_one_in(Random& random, std::uint32_t one_in) {
    return one_in > 0 && random.below(one_in) == 0;
}

}  // namespace

Producer::Producer(Client& client, Histories& histories, ProducerPlan plan, const model::DelayLevels& delays)
    : client_{client}, histories_{histories}, plan_{std::move(plan)}, delays_{delays} {}

void Producer::start() {
    client_.follow_topic(plan_.topic);
    client_.introduce(remoting::ProducerData{plan_.group});
    schedule_next();
}

Producer::Message Producer::make_message() {
    auto& random = client_.runtime().random;
    Message message;
    message.key = client_.id() + "-" + std::to_string(next_++);
    message.body = message_body(message.key, random.below(plan_.body_size_max + 1));
    if (plan_.style != SendStyle::batches) {  // A batch has no delays, and one wait for all of it.
        message.waits = !happens_one_in(random, plan_.unwaiting_one_in);
        if (happens_one_in(random, plan_.delayed_one_in))
            message.delay_level =
                static_cast<std::int32_t>(1 + random.below(static_cast<std::uint64_t>(delays_.max())));
    }
    message.properties =
        message_properties({.key = message.key, .delay_level = message.delay_level, .waits = message.waits});
    return message;
}

Producer::ParcelRef Producer::make_parcel() {
    auto& runtime = client_.runtime();
    auto parcel = std::make_shared<Parcel>();
    const bool illegal = happens_one_in(runtime.random, plan_.illegal_one_in);
    const bool lacks_body = illegal && plan_.style != SendStyle::batches && next_ % 2 == 0;
    parcel->topic = illegal && !lacks_body ? illegal_topic : plan_.topic;
    parcel->began = runtime.clock.now();
    const std::uint32_t count = plan_.style == SendStyle::batches ? plan_.batch_size : 1;
    while (parcel->messages.size() < count && next_ < plan_.messages)
        parcel->messages.push_back(make_message());
    if (lacks_body && !parcel->messages.empty()) parcel->messages.front().body.clear();
    return parcel;
}

void Producer::fill() {
    const std::uint32_t window = plan_.style == SendStyle::pipelined ? plan_.window : 1;
    while (next_ < plan_.messages && under_way_ < window) {
        ++under_way_;
        attempt(make_parcel());
    }
}

void Producer::schedule_next() {
    if (std::exchange(next_scheduled_, true)) return;
    auto& runtime = client_.runtime();
    const auto pause = runtime.random.below(static_cast<std::uint64_t>(plan_.pause.count()) + 1);
    runtime.timers.after(Duration{static_cast<std::int64_t>(pause)}, [this] {
        next_scheduled_ = false;
        fill();
    });
}

void Producer::attempt(const ParcelRef& parcel) {
    auto queues = client_.write_queues(plan_.topic);
    if (queues.empty()) {  // A topic that is not there is made like the template, by the first send.
        queues = client_.write_queues(std::string{model::topic::auto_create});
        std::erase_if(queues,
                      [](const auto& queue) { return queue.queue_id.value() >= default_queue_count; });
    }
    if (queues.empty()) return wait_for_route(parcel);
    const auto queue = choose(queues, *parcel);
    ++parcel->attempts;
    begin_sends(*parcel, queue);
    request(parcel, queue);
}

void Producer::wait_for_route(const ParcelRef& parcel) {
    client_.refresh_route(std::string{model::topic::auto_create}, [this, parcel] {
        client_.runtime().timers.after(route_retry, [this, parcel] { attempt(parcel); });
    });
    client_.refresh_route(plan_.topic);
}

model::MessageQueue Producer::choose(const std::vector<model::MessageQueue>& queues, const Parcel& parcel) {
    auto candidates = queues;
    std::erase_if(candidates, [&](const auto& queue) { return queue.broker_name == parcel.broker; });
    if (candidates.empty()) candidates = queues;
    return candidates[turn_++ % candidates.size()];
}

void Producer::begin_sends(Parcel& parcel, const model::MessageQueue& queue) {
    parcel.broker = queue.broker_name;
    History& history = histories_.of(parcel.broker);
    for (auto& message : parcel.messages) {
        const auto delay_ms = message.delay_level > 0 ? delays_.delay_ms(message.delay_level) : 0;
        message.send = history.send_started({.producer = client_.id(),
                                             .key = message.key,
                                             .checksum = body_checksum(message.body),
                                             .topic = parcel.topic,
                                             .queue = queue.queue_id,
                                             .delay = std::chrono::milliseconds{delay_ms},
                                             .waits_for_flush = message.waits});
    }
}

void Producer::request(const ParcelRef& parcel, const model::MessageQueue& queue) {
    const bool is_batch = plan_.style == SendStyle::batches;
    const auto& first = parcel->messages.front();
    std::string batch;
    if (is_batch)
        for (const auto& message : parcel->messages)
            append_batch_entry(batch, message.body, message.properties);
    const std::string_view body = is_batch ? batch : first.body;
    const remoting::SendMessageRequest header{.producer_group = plan_.group,
                                              .topic = parcel->topic,
                                              .default_topic = model::topic::auto_create,
                                              .default_topic_queue_nums = default_queue_count,
                                              .queue_id = queue.queue_id,
                                              .born_timestamp = client_.runtime().clock.wall_ms(),
                                              .properties = first.properties,
                                              .batch = is_batch,
                                              .broker_name = queue.broker_name};
    const auto write_short = [&](remoting::FrameWriter& frame) {
        remoting::encode_fields<remoting::SendMessageRequest, &remoting::SendMessageRequest::short_fields>(
            frame, header);
    };
    const auto code =
        is_batch ? remoting::RequestCode::send_batch_message : remoting::SendMessageRequest::short_code;
    const auto address = client_.master_of(queue.broker_name);
    if (plan_.style == SendStyle::one_way) {
        client_.send_oneway(address, code, write_short, body);
        --under_way_;
        return schedule_next();
    }
    const auto left = send_timeout - (client_.runtime().clock.now() - parcel->began);
    client_.call(address, code, write_short, body, std::max<Duration>(left, 1ms),
                 [this, parcel](Result<remoting::Command> answer) { on_answer(parcel, std::move(answer)); });
}

void Producer::on_answer(const ParcelRef& parcel, Result<remoting::Command> answer) {
    if (!answer) return retry_or_give_up(parcel, true);
    const Outcome outcome = outcome_of(answer->code);
    if (outcome != Outcome::acknowledged)
        client_.runtime().log.debug(
            "send_answered",
            {{"key", parcel->messages.front().key}, {"code", answer->code}, {"remark", answer->remark}});
    answers_.emplace(remoting::ResponseCode{answer->code});
    was_short_of_copies_ |= answer->remark.contains("minInSyncReplicas");
    if (outcome == Outcome::refused)
        for (const auto& message : parcel->messages) histories_.of(parcel->broker).send_refused(message.send);
    if (outcome == Outcome::acknowledged) acknowledge(*parcel, *answer);
    retry_or_give_up(parcel, is_retried(answer->code));
}

void Producer::acknowledge(const Parcel& parcel, const remoting::Command& answer) {
    const auto stored = remoting::decode_fields<remoting::SendMessageResponse>(answer);
    if (!stored) return;  // An answer that no client can read: it knows nothing.
    History& history = histories_.of(parcel.broker);
    const auto ids = split(stored->msg_id, ',');
    for (std::size_t i = 0; i < parcel.messages.size(); ++i) {
        const auto& message = parcel.messages[i];
        const auto at =
            i < ids.size() ? model::parse_offset_message_id(ids[i]) : failure(Errc::malformed, "missing");
        const auto record_at = at ? std::optional{at->offset} : std::nullopt;
        if (message.delay_level > 0) {
            history.send_acknowledged(message.send, std::nullopt, record_at);
        } else {
            history.send_acknowledged(message.send, stored->queue_offset + static_cast<std::int64_t>(i),
                                      record_at);
        }
    }
}

void Producer::retry_or_give_up(const ParcelRef& parcel, bool may_retry) {
    const bool in_time = client_.runtime().clock.now() - parcel->began < send_timeout;
    if (may_retry && in_time && parcel->attempts < attempts_max) return attempt(parcel);
    --under_way_;
    schedule_next();
}

}  // namespace tern::simulation
