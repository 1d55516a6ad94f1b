#include "broker/send_service.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/string_map.hpp"
#include "base/text.hpp"
#include "model/message_batch.hpp"
#include "model/message_id.hpp"
#include "model/message_properties.hpp"
#include "model/topic_name.hpp"
#include "remoting/error_response.hpp"
#include "remoting/frame.hpp"

namespace tern::broker {
namespace {

using remoting::ResponseCode;
using remoting::SendMessageRequest;

constexpr std::size_t batch_entries_max = 30'000;  // Ours: the ids of all fit a header.
constexpr std::size_t own_key_size_max = 128;      // Of a unique key that we give, as a property.

// A key of a usual length stays in the answer's closure; a longer one costs an allocation.
class KeptText {
public:
    explicit KeptText(std::string_view text) : size_{text.size()} {
        if (size_ <= near_.size()) {
            copy_text(near_.data(), text);
        } else {
            far_ = std::make_unique<std::string>(text);
        }
    }
    std::string_view view() const {
        return far_ ? std::string_view{*far_} : std::string_view{near_.data(), size_};
    }

private:
    std::array<char, 56> near_;
    std::size_t size_;
    std::unique_ptr<std::string> far_;
};

ResponseCode code_of(replication::Outcome outcome) {
    switch (outcome) {
        case replication::Outcome::promised:
            return ResponseCode::success;
        case replication::Outcome::flush_timeout:
            return ResponseCode::flush_disk_timeout;
        case replication::Outcome::slave_timeout:
            return ResponseCode::flush_slave_timeout;
        case replication::Outcome::slave_missing:
            return ResponseCode::slave_not_available;
        case replication::Outcome::unknown:
            return ResponseCode::system_error;
    }
    return ResponseCode::system_error;
}

std::string_view remark_of(replication::Outcome outcome) {
    switch (outcome) {
        case replication::Outcome::promised:
            return {};
        case replication::Outcome::flush_timeout:
            return "flush disk timeout";
        case replication::Outcome::slave_timeout:
            return "no slave has the message yet";
        case replication::Outcome::slave_missing:
            return "fewer slaves than the message is to be on";
        case replication::Outcome::unknown:
            return "another leader or a failed store: whether the message is stored is not known";
    }
    return {};
}

void append_property(Buffer& properties, std::string_view name, std::string_view value) {
    properties.append(name);
    properties.append({&model::property_name_end, 1});
    properties.append(value);
    properties.append({&model::property_value_end, 1});
}

}  // namespace

SendService::SendService(Runtime runtime, Parts parts, const model::Host& store_host)
    : runtime_{runtime},
      parts_{parts},
      store_host_{store_host},
      unique_ids_{store_host, static_cast<std::uint16_t>(runtime.random.next()), runtime.random,
                  runtime.clock} {}

void SendService::send(remoting::Request& request) {
    const auto header = remoting::decode_fields<SendMessageRequest>(request.command);
    if (!header) return refuse(request, header.error());
    store(*header, request);
}

void SendService::send_v2(remoting::Request& request) {
    const auto header =
        remoting::decode_fields<SendMessageRequest, &SendMessageRequest::short_fields>(request.command);
    if (!header) return refuse(request, header.error());
    store(*header, request);
}

void SendService::store(const SendMessageRequest& header, remoting::Request& request) {
    auto target = resolve(header);
    if (!target) return refuse(request, target.error());
    if (header.batch) return store_batch(header, *target, request);
    store_one(header, *target, request);
}

namespace {

// By RocketMQ's timers and by POP, which would take whatever is there for theirs.
bool is_written_by_brokers(std::string_view topic) {
    return topic == "rmq_sys_wheel_timer" || topic.starts_with("rmq_sys_REVIVE_LOG_");
}

Error forbidden(std::string_view topic) {
    return {Errc::no_permission, "Sending message to topic[" + std::string{topic} + "] is forbidden."};
}

}  // namespace

// The order of the checks is RocketMQ's: the first that fails decides the code (spec/broker-semantics.md 2).
Result<SendService::Target> SendService::resolve(const SendMessageRequest& header) {
    const auto* known = parts_.topics.find(header.topic);
    if (!model::is_writable(parts_.config.permission) && known != nullptr && known->order)
        return failure(Errc::no_permission,
                       "the broker[" + parts_.config.broker_name + "] sending message is forbidden");
    if (known == nullptr) {
        if (auto valid = model::check_topic(header.topic); !valid) return std::unexpected(valid.error());
        if (is_written_by_brokers(header.topic)) return std::unexpected(forbidden(header.topic));
    }
    if (model::is_closed_to_producers(header.topic) || header.topic == replication::internal_topic)
        return std::unexpected(forbidden(header.topic));

    Target target{header.topic, header.queue_id, header.queue_id, false};
    if (model::is_retry_topic(header.topic)) {
        if (auto redirected = redirect_exhausted_retry(header, target); !redirected)
            return std::unexpected(redirected.error());
        known = parts_.topics.find(target.topic);
    } else if (known == nullptr) {
        const auto created =
            parts_.topics.find_or_create(header.topic, header.default_topic, header.default_topic_queue_nums,
                                         flag_of_topic_sent_to(header.unit_mode));
        if (!created) return std::unexpected(created.error());
        known = *created;
    }
    const std::int32_t queues = std::max(known->read_queue_nums, known->write_queue_nums);
    if (target.queue.value() >= queues)
        return failure(Errc::invalid_argument, "request queueId[" + std::to_string(target.queue.value()) +
                                                   "] is illegal, " + known->name + " has " +
                                                   std::to_string(queues) + " queues");
    if (target.queue.value() < 0) {
        const auto writable = static_cast<std::uint64_t>(std::max(1, known->write_queue_nums));
        target.queue = QueueId{static_cast<std::int32_t>(runtime_.random.below(writable))};
    }
    target.asked_queue = target.queue;
    target.multi_tags = known->filter_type == model::TopicFilterType::multi_tag;
    target.is_new = parts_.topics.is_new(target.topic);
    return target;
}

// Consumers send a message to their own retry topic when the broker would not take it back. One that has been
// tried often enough, or that an ordered consumer gives up, is a dead letter (3.3).
Result<> SendService::redirect_exhausted_retry(const SendMessageRequest& header, Target& target) {
    const std::string_view group_name = model::group_of_topic(header.topic);
    const auto group = parts_.groups.find_or_create(group_name);
    if (!group) return std::unexpected(group.error());
    const std::int32_t attempts_max = header.max_reconsume_times.value_or((*group)->retry_max_times);
    const bool exhausted = header.reconsume_times > attempts_max;
    const bool given_up = header.reconsume_times > 0 && parts_.locks.group_holds_any(group_name);
    constexpr std::int32_t read_write = model::permission::read | model::permission::write;
    if (exhausted || given_up) {
        const auto dead = parts_.topics.find_or_create_plain(model::dlq_topic(group_name), 1, read_write);
        if (!dead) return std::unexpected(dead.error());
        target = {(*dead)->name, QueueId{0}, QueueId{0}, false};
        return {};
    }
    const auto retry =
        parts_.topics.find_or_create_plain(header.topic, std::max(1, (*group)->retry_queue_nums), read_write,
                                           flag_of_read_topic(header.unit_mode));
    if (!retry) return std::unexpected(retry.error());
    return {};
}

// What every message gets; only whether traces are wanted can change.
std::string_view SendService::added_properties() {
    const auto& config = parts_.config;
    if (added_properties_.empty() || added_trace_on_ != config.trace_on) {
        added_trace_on_ = config.trace_on;
        added_properties_.clear();
        append_property(added_properties_, model::property::region, config.region_id);
        append_property(added_properties_, model::property::trace_on, config.trace_on ? "true" : "false");
        append_property(added_properties_, model::property::cluster, config.cluster_name);
    }
    return added_properties_.view();
}

// Fills properties_ with what is stored: the producer's own, and what the broker adds (2, "Property
// handling").
Result<SendService::Marks> SendService::complete_properties(const SendMessageRequest& header,
                                                            const remoting::Request& request) {
    using namespace model;
    const std::string_view added = added_properties();
    properties_.clear();
    // With room for all of it: views into it are to stay where they are.
    properties_.prepare(header.properties.value_or("").size() + added.size() + own_key_size_max);
    properties_.append(header.properties.value_or(""));
    const std::string_view given = properties_.view();
    Marks marks;
    bool is_half = false;
    bool is_timer = false;
    bool has_ours = false;
    for_each_part<property_value_end>(given, [&](std::string_view entry) {
        const auto is = [entry](std::string_view name) { return !value_if(name, entry).empty(); };
        const auto value = [entry](std::string_view name) { return value_if(name, entry); };
        if (is(property::unique_key)) {
            marks.indexed.unique_key = value(property::unique_key);
        } else if (is(property::wait_store_ok)) {
            marks.wait = value(property::wait_store_ok) != "false";
        } else if (is(property::tags)) {
            marks.indexed.tags = value(property::tags);
        } else if (is(property::keys)) {
            marks.indexed.keys = value(property::keys);
        } else if (is(property::delay_level)) {
            marks.indexed.delay_level = value(property::delay_level);
        } else if (is(property::transaction_prepared)) {
            is_half = value(property::transaction_prepared) == "true";
        } else {
            is_timer |= is(property::timer_delay_seconds) || is(property::timer_delay_ms) ||
                        is(property::timer_deliver_ms);
            has_ours |= is(property::region) || is(property::trace_on) || is(property::cluster) ||
                        is(property::pop_check_point);
            if (is(property::reply_to_client))
                remember_requester(value(property::reply_to_client), header, request);
        }
    });
    if (!marks.indexed.delay_level.empty())
        marks.delay_level = parse_number<std::int32_t>(marks.indexed.delay_level).value_or(0);
    if (is_half)
        return failure(Errc::no_permission, "the broker[" + parts_.config.broker_name +
                                                "] sending transaction message is forbidden");
    if (is_timer && marks.delay_level <= 0)
        return failure(Errc::message_illegal,
                       "timer messages (TIMER_DELIVER_MS and its like) are not enabled");

    // A delay level wins over a timer's times, as in RocketMQ.
    const bool is_edited = has_ours || is_timer;
    if (is_edited) {
        PropertyEditor editor{given};
        for (const auto name :
             {property::region, property::trace_on, property::cluster, property::pop_check_point,
              property::timer_delay_seconds, property::timer_delay_ms, property::timer_deliver_ms})
            editor.remove(name);
        properties_.clear();
        properties_.append(editor.view());
    }
    if (!properties_.empty() && properties_.view().back() != property_value_end)
        properties_.append({&property_value_end, 1});
    properties_.append(added);
    const bool has_key = !marks.indexed.unique_key.empty();
    if (!has_key) append_property(properties_, property::unique_key, unique_ids_.next().text());
    if (auto checked = check_properties_size(properties_.size()); !checked)
        return std::unexpected(std::move(checked.error()));
    if (is_edited || !has_key) marks.indexed = store::read_indexed_properties(properties_.view());
    return marks;
}

// Who wants a reply says so with the message. So do the reply itself, and a copy that a consumer sends back:
// those come from others, as does what another member has passed on.
void SendService::remember_requester(std::string_view client_id, const SendMessageRequest& header,
                                     const remoting::Request& request) {
    const auto type = model::find_property(header.properties.value_or(""), model::property::message_type);
    if (type == model::property::message_type_reply || model::is_retry_topic(header.topic)) return;
    if (Forwarder::forwarded_in(request.command)) return;
    parts_.clients.heard_requester(client_id, request.connection);
}

// What is to come later is stored in the queue of its level, with its real destination in its properties.
Result<> SendService::delay(Marks& marks, Target& target) {
    const std::int32_t level = parts_.delays.clamp(marks.delay_level);
    append_property(properties_, model::property::real_topic, target.topic);
    append_property(properties_, model::property::real_queue_id, std::to_string(target.queue.value()));
    if (level != marks.delay_level) {
        model::PropertyEditor editor{properties_.view()};
        editor.set(model::property::delay_level, std::to_string(level));
        properties_.clear();
        properties_.append(editor.view());
    }
    marks.indexed = store::read_indexed_properties(properties_.view());
    target.topic = model::topic::schedule;
    target.queue = QueueId{level - 1};
    return model::check_properties_size(properties_.size());
}

model::RecordDraft SendService::draft(const SendMessageRequest& header, const Target& target,
                                      const remoting::Connection& connection) const {
    model::RecordDraft draft;
    draft.topic = target.topic;
    draft.queue_id = target.queue;
    draft.flag = header.flag;
    draft.sys_flag = header.sys_flag & ~(model::sys_flag::transaction_mask | model::sys_flag::inner_batch);
    if (target.multi_tags) draft.sys_flag |= model::sys_flag::multi_tags;
    draft.born_timestamp = header.born_timestamp;
    draft.born_host = connection.peer();
    draft.store_host = store_host_;
    draft.reconsume_times = header.reconsume_times;
    return draft;
}

template <class Answer>
inline void SendService::when_settled(const replication::Appended& appended, replication::WaitFor wait,
                                      bool topic_is_new, Answer&& answer) {
    if (topic_is_new) [[unlikely]]
        return when_registered(appended, wait, std::move(answer));
    parts_.group.when_settled(appended, wait, std::forward<Answer>(answer));
}

template <class Answer>
void SendService::when_registered(const replication::Appended& appended, replication::WaitFor wait,
                                  Answer answer) {
    parts_.group.when_settled(
        appended, wait,
        [this, kept = std::make_unique<Answer>(std::move(answer))](replication::Outcome outcome) mutable {
            if (outcome == replication::Outcome::unknown) return (*kept)(outcome);
            parts_.registration.register_now([kept = std::move(kept), outcome] { (*kept)(outcome); });
        });
}

void SendService::store_one(const SendMessageRequest& header, Target& target, remoting::Request& request) {
    const std::string_view body = request.body();
    if (body.empty()) return refuse(request, {Errc::message_illegal, "the message has no body"});
    if (body.size() > static_cast<std::size_t>(parts_.config.message_size_max))
        return refuse(request, {Errc::message_illegal, "message body of " + std::to_string(body.size()) +
                                                           " bytes is longer than maxMessageSize " +
                                                           std::to_string(parts_.config.message_size_max)});
    auto marks = complete_properties(header, request);
    if (!marks) return refuse(request, marks.error());
    KeptText key{marks->indexed.unique_key};  // A view of the properties, which a delay changes.
    const bool is_dead_letter = model::is_dlq_topic(target.topic);
    if (marks->delay_level > 0 && !is_dead_letter)
        if (auto delayed = delay(*marks, target); !delayed) return refuse(request, delayed.error());

    auto record = draft(header, target, *request.connection);
    record.body = body;
    record.properties = properties_.view();
    record.indexed = &marks->indexed;
    auto* const queue = parts_.store.queue(record.topic, record.queue_id);
    if (queue == nullptr) return refuse(request, {Errc::invalid_argument, "no queue can be named so"});
    parts_.stats.messages_in.add(1);
    parts_.stats.bytes_in += body.size();
    const auto wait = marks->wait ? replication::WaitFor::promise : replication::WaitFor::written;
    const auto appended = parts_.group.propose(record, queue);
    if (!appended) return refuse(request, appended.error());
    parts_.traffic.stored(*queue, 1, appended->end - appended->record_at);
    when_settled(*appended, wait, target.is_new,
                 [this, queue, responder = std::move(request.responder), key = std::move(key),
                  queue_id = target.asked_queue, record_at = appended->record_at,
                  queue_at = appended->queue_at](replication::Outcome outcome) mutable {
                     settled(*queue);
                     const auto id = model::offset_message_id(store_host_, record_at);
                     remoting::SendMessageResponse answer;
                     answer.msg_id = id.text();
                     answer.queue_id = queue_id;
                     answer.queue_offset = queue_at;
                     answer.transaction_id = key.view();
                     answer.region = parts_.config.region_id;
                     answer.trace_on = parts_.config.trace_on;
                     responder.answer(code_of(outcome), answer, remark_of(outcome));
                 });
}

void SendService::settled(const store::ConsumeQueue& queue) {
    const Duration took = parts_.group.settling_took();
    parts_.traffic.settled(queue, took);
    parts_.stats.put_times.add(took);
}

// What one of a batch may not ask for, and whether it waits for the flush.
struct BatchMarks {
    bool is_delayed{false};
    bool is_half{false};
    bool waits{true};
};
BatchMarks marks_in_batch(std::string_view properties) {
    using namespace model;
    BatchMarks marks;
    for_each_part<property_value_end>(properties, [&](std::string_view entry) {
        const auto value = [entry](std::string_view name) { return value_if(name, entry); };
        if (const auto level = value(property::delay_level); !level.empty())
            marks.is_delayed |= parse_number<std::int32_t>(level).value_or(0) > 0;
        marks.is_delayed |= !value(property::timer_delay_seconds).empty() ||
                            !value(property::timer_delay_ms).empty() ||
                            !value(property::timer_deliver_ms).empty();
        marks.is_half |= value(property::transaction_prepared) == "true";
        marks.waits = marks.waits && value(property::wait_store_ok) != "false";
    });
    return marks;
}

// The entries share topic, queue and times, and lie one behind the other; each keeps its own flag, properties
// and body.
void SendService::store_batch(const SendMessageRequest& header, const Target& target,
                              remoting::Request& request) {
    const auto refuse_as = [&](std::string why) { refuse(request, {Errc::message_illegal, std::move(why)}); };
    if (request.body().size() > static_cast<std::size_t>(parts_.config.message_size_max))
        return refuse_as("batch of " + std::to_string(request.body().size()) +
                         " bytes is longer than maxMessageSize");
    if (model::is_retry_topic(header.topic))
        return refuse_as("batch request does not support retry group " + std::string{target.topic});
    std::vector<model::RecordDraft> records;
    bool wait = true;
    model::BatchReader reader{request.body()};
    while (true) {
        const auto next = reader.next();
        if (!next) return refuse_as(next.error().detail);
        if (!*next) break;
        const auto& entry = **next;
        if (records.size() == batch_entries_max)
            return refuse_as("more than " + std::to_string(batch_entries_max) + " messages");
        if (entry.body.empty()) return refuse_as("a message of the batch has no body");
        const auto marks = marks_in_batch(entry.properties);
        if (marks.is_delayed) return refuse_as("a batch cannot hold delayed messages");
        if (marks.is_half) return refuse_as("a batch cannot hold transaction messages");
        wait = wait && marks.waits;
        auto& record = records.emplace_back(draft(header, target, *request.connection));
        record.flag = entry.flag;
        record.body = entry.body;
        record.properties = entry.properties;
    }
    if (records.empty()) return refuse_as("the batch has no messages");
    auto* const queue = parts_.store.queue(target.topic, target.queue);
    if (queue == nullptr) return refuse(request, {Errc::invalid_argument, "no queue can be named so"});
    const auto appended = parts_.group.propose(records, queue);
    if (!appended) return refuse(request, appended.error());
    parts_.traffic.stored(*queue, static_cast<std::int64_t>(records.size()),
                          appended->end - appended->record_at);
    parts_.stats.messages_in.add(records.size());
    parts_.stats.bytes_in += request.body().size();

    std::string ids;
    PhysicalOffset at = appended->record_at;
    for (const auto& record : records) {
        if (!ids.empty()) ids += ',';
        ids += model::offset_message_id(store_host_, at).text();
        at += static_cast<std::int64_t>(model::record_size(record));
    }
    when_settled(
        *appended, wait ? replication::WaitFor::promise : replication::WaitFor::written, target.is_new,
        [this, queue, responder = std::move(request.responder), all_ids = std::move(ids),
         queue_id = target.asked_queue, queue_at = appended->queue_at](replication::Outcome outcome) mutable {
            settled(*queue);
            remoting::SendMessageResponse answer;
            answer.msg_id = all_ids;
            answer.queue_id = queue_id;
            answer.queue_offset = queue_at;
            answer.region = parts_.config.region_id;
            answer.trace_on = parts_.config.trace_on;
            responder.answer(code_of(outcome), answer, remark_of(outcome));
        });
}

namespace {

// A request to send, as far as one can be told from others.
struct Told {
    remoting::Command request;
    SendMessageRequest header;
    std::string_view key;
};
// Views into the decoder, until the next one.
std::optional<Told> told_by_key(remoting::CommandDecoder& decoder, std::string_view frame) {
    const auto request = decoder.decode(**remoting::cut_frame(frame));
    const bool is_long = request->code == static_cast<std::int32_t>(SendMessageRequest::code);
    const bool is_short = request->code == static_cast<std::int32_t>(SendMessageRequest::short_code);
    if (!is_long && !is_short) return std::nullopt;
    const auto header =
        is_long ? remoting::decode_fields<SendMessageRequest>(*request)
                : remoting::decode_fields<SendMessageRequest, &SendMessageRequest::short_fields>(*request);
    if (!header || header->batch || !header->properties) return std::nullopt;
    // Those may have become dead letters.
    if (model::is_retry_topic(header->topic)) return std::nullopt;
    const auto key = model::find_property(*header->properties, model::property::unique_key);
    if (!key || key->empty()) return std::nullopt;
    return Told{*request, *header, *key};
}

// What a client sends again keeps its key and goes to another queue. One that is delayed has its place in its
// properties.
struct Meant {
    std::string_view topic;
    QueueId queue;
};
Meant meant(const model::RecordView& record) {
    const auto topic = model::find_property(record.properties, model::property::real_topic);
    const auto queue = model::find_property(record.properties, model::property::real_queue_id);
    return {topic.value_or(record.topic),
            queue ? QueueId{parse_number<std::int32_t>(*queue).value_or(0)} : record.queue_id};
}

bool is_record_of(const Told& told, const model::RecordView& record) {
    const auto place = meant(record);
    const bool any_queue = told.header.queue_id.value() < 0;
    return place.topic == told.header.topic && (any_queue || place.queue == told.header.queue_id) &&
           record.reconsume_times == told.header.reconsume_times && record.body == told.request.body;
}

}  // namespace

void SendService::settle(std::span<LostSend> sends, PhysicalOffset to) {
    const auto& log = parts_.store.commit_log();
    remoting::CommandDecoder decoder;
    StringMap<std::vector<LostSend*>> wanted;  // By key.
    PhysicalOffset from = to;
    for (auto& send : sends) {
        if (send.fate != Fate::unknown) continue;
        if (send.from < log.begin()) continue;  // A snapshot has taken the place of what would tell.
        const auto told = told_by_key(decoder, send.frame);
        if (!told) continue;
        send.fate = Fate::not_stored;
        from = std::min(from, send.from);
        wanted[std::string{told->key}].push_back(&send);
    }
    if (wanted.empty()) return;
    const auto scanned = log.scan(from, to, [&](const model::RecordView& record) -> Result<> {
        if (replication::is_internal(record)) return {};
        const auto key = model::find_property(record.properties, model::property::unique_key);
        const auto found = wanted.find(key.value_or(std::string_view{}));
        if (found == wanted.end()) return {};
        for (auto* send : found->second) {
            if (send->fate != Fate::not_stored || record.physical_offset < send->from) continue;
            const auto told = told_by_key(decoder, send->frame);
            if (!is_record_of(*told, record)) continue;
            answer_stored(send->client, told->request, *key, record);
            send->fate = Fate::answered;
        }
        return {};
    });
    if (scanned) return;
    for (auto& [key, same] : wanted)
        for (auto* send : same)
            if (send->fate == Fate::not_stored) send->fate = Fate::unknown;
}

void SendService::answer_stored(const Ref<remoting::Connection>& client, const remoting::Command& request,
                                std::string_view key, const model::RecordView& record) const {
    const auto id = model::offset_message_id(store_host_, record.physical_offset);
    remoting::SendMessageResponse answer;
    answer.msg_id = id.text();
    answer.queue_id = meant(record).queue;
    answer.queue_offset = record.queue_offset;
    answer.transaction_id = key;
    answer.region = parts_.config.region_id;
    answer.trace_on = parts_.config.trace_on;
    remoting::Responder responder{client, request};
    responder.answer(ResponseCode::success, answer);
}

void SendService::refuse(remoting::Request& request, const Error& error) {
    ++parts_.stats.sends_refused;
    request.responder.answer(remoting::response_code_of(error.code),
                             remoting::SendMessageRefusal{parts_.config.region_id, parts_.config.trace_on},
                             error.detail);
}

}  // namespace tern::broker
