#include "broker/pull_service.hpp"

#include <algorithm>
#include <utility>

#include "model/tag_filter.hpp"
#include "model/topic_name.hpp"
#include "remoting/error_response.hpp"

namespace tern::broker {
namespace {

using remoting::PullForbiddenResponse;
using remoting::PullMessageRequest;
using remoting::ResponseCode;
namespace pull_flag = remoting::pull_sys_flag;

constexpr std::int64_t scanned_entries_max = 16'000;  // However many a client wants.
constexpr std::int64_t scanned_entries_min = 800;     // maxFilterMessageSize 16,000 bytes of 20 each.

std::string quoted(std::string_view what, std::string_view name) {
    return std::string{what} + "[" + std::string{name} + "]";
}

}  // namespace

PullService::PullService(Runtime runtime, Parts parts)
    : runtime_{runtime},
      parts_{parts},
      held_{runtime, [this](HeldPull pull) { serve_held(std::move(pull)); }} {}

bool PullService::can_serve_as_follower(const PullMessageRequest& header, bool leader_is_away) const {
    if (header.has(pull_flag::commit_offset)) return false;
    const auto* queue = parts_.store.find_queue(header.topic, header.queue_id);
    if (queue == nullptr) return false;
    if (!leader_is_away && parts_.groups.find(header.consumer_group) == nullptr) return false;
    return header.queue_offset >= queue->min() &&
           (header.queue_offset < queue->max() || (leader_is_away && header.queue_offset == queue->max()));
}

void PullService::pull(const PullMessageRequest& header, remoting::Request& request) {
    auto subscription = admit(header);
    if (!subscription) return refuse(request, subscription.error());
    if (const auto reset = parts_.commits.take_reset(header.consumer_group, header.topic, header.queue_id))
        return send_to_reset(header.consumer_group, header.topic, header.queue_id, *reset,
                             std::move(request.responder));
    if (header.has(pull_flag::commit_offset))
        parts_.commits.commit(header.consumer_group, header.topic, header.queue_id, header.commit_offset);

    find(header.consumer_group, header.topic, header.queue_id, header.queue_offset, header.max_msg_nums,
         *subscription, found_);
    const auto pull = [&] {
        return HeldPull{std::string{header.consumer_group},
                        std::string{header.topic},
                        header.queue_id,
                        header.queue_offset,
                        header.max_msg_nums,
                        std::move(*subscription),
                        std::move(request.responder)};
    };
    if (found_.sends_back) return serve_confirmed(pull());
    if (!is_checked(found_)) return serve_checked(pull());
    const bool would_wait = found_.code == ResponseCode::pull_not_found && header.has(pull_flag::suspend);
    if (!would_wait || held_.full()) {
        if (would_wait) ++parts_.stats.pulls_not_held;
        return answer(header.consumer_group, found_, std::move(request.responder));
    }
    const auto hold_ms =
        parts_.config.long_polling ? header.suspend_timeout_ms : parts_.config.short_polling_ms;
    held_.hold(pull(), std::chrono::milliseconds{std::clamp<std::int64_t>(hold_ms, 0, 30'000)});
}

void PullService::add_flags(std::string_view group, std::string_view topic,
                            remoting::PullMessageResponse& answer) const {
    const auto* known_topic = parts_.topics.find(topic);
    const auto* known_group = parts_.groups.find(group);
    answer.topic_sys_flag = known_topic != nullptr ? known_topic->sys_flag : 0;
    answer.group_sys_flag = known_group != nullptr ? known_group->group_sys_flag : 0;
}

// Wherever it had been: forward too.
void PullService::send_to_reset(std::string_view group, std::string_view topic, QueueId queue_id,
                                QueueOffset reset, remoting::Responder responder) {
    remoting::PullMessageResponse answer;
    add_flags(group, topic, answer);
    if (const auto* queue = parts_.store.find_queue(topic, queue_id)) {
        answer.min_offset = queue->min();
        answer.max_offset = queue->max();
    }
    answer.next_begin_offset = reset;
    responder.answer(ResponseCode::pull_offset_moved, answer, "OFFSET_RESET");
}

std::expected<model::SubscriptionData, PullService::Refusal> PullService::admit(
    const PullMessageRequest& header) {
    const auto refused = [](Errc code, std::string why, std::int32_t by = 0) {
        return std::unexpected<Refusal>{Refusal{{code, std::move(why)}, by}};
    };
    if (!model::is_readable(parts_.config.permission))
        return refused(Errc::no_permission,
                       "the " + quoted("broker", parts_.config.broker_name) + " pulling message is forbidden",
                       PullForbiddenResponse::by_broker);
    const auto group = parts_.group.accepts() ? parts_.groups.find_or_create(header.consumer_group)
                                              : parts_.groups.find_or_assume(header.consumer_group);
    if (!group) return std::unexpected<Refusal>{Refusal{group.error(), 0}};
    if (!(*group)->consume_enable)
        return refused(Errc::no_permission,
                       "subscription group no permission, " + std::string{header.consumer_group},
                       PullForbiddenResponse::by_group);
    const auto* topic = parts_.topics.find(header.topic);
    if (topic == nullptr)
        return refused(Errc::topic_not_exist,
                       quoted("topic", header.topic) + " not exist, apply first please!");
    if (!model::is_readable(topic->perm))
        return refused(Errc::no_permission,
                       "the " + quoted("topic", header.topic) + " pulling message is forbidden",
                       PullForbiddenResponse::by_topic);
    if (header.queue_id.value() < 0 || header.queue_id.value() >= topic->read_queue_nums)
        return refused(Errc::invalid_argument, "queueId[" + std::to_string(header.queue_id.value()) +
                                                   "] is illegal, topic:[" + topic->name +
                                                   "] topicConfig.readQueueNums:[" +
                                                   std::to_string(topic->read_queue_nums) + "]");
    return subscription_of(header, **group);
}

// A pull that brings its own expression needs no heartbeat first; any other is served by what the group
// registered.
std::expected<model::SubscriptionData, PullService::Refusal> PullService::subscription_of(
    const PullMessageRequest& header, const model::SubscriptionGroupConfig& group) const {
    const auto refused = [](Errc code, std::string why, std::int32_t by = 0) {
        return std::unexpected<Refusal>{Refusal{{code, std::move(why)}, by}};
    };
    const auto is_tag = [](std::string_view type) {
        return type.empty() || type == model::expression_type_tag;
    };
    if (header.has(pull_flag::subscription)) {
        if (!is_tag(header.expression_type.value_or(std::string_view{})))
            return refused(Errc::internal, "The broker does not support consumer to filter message by " +
                                               std::string{*header.expression_type});
        auto parsed = model::tag_subscription(header.topic, header.subscription.value_or(std::string_view{}),
                                              header.sub_version);
        if (!parsed) return std::unexpected<Refusal>{Refusal{parsed.error(), 0}};
        return std::move(*parsed);
    }
    const auto* consumers = parts_.clients.consumers(header.consumer_group);
    if (consumers == nullptr)
        return refused(Errc::subscription_not_exist,
                       "the consumer's group info not exist, " + std::string{header.consumer_group});
    if (!group.consume_broadcast_enable && consumers->message_model == remoting::MessageModel::broadcasting)
        return refused(Errc::no_permission,
                       "the consumer group[" + group.group_name + "] can not consume by broadcast way",
                       PullForbiddenResponse::by_broadcast);
    if ((parts_.groups.table().forbidden(header.consumer_group, header.topic) & model::permission::read) != 0)
        return refused(
            Errc::no_permission,
            "the consumer group[" + group.group_name + "] is forbidden for " + quoted("topic", header.topic),
            PullForbiddenResponse::by_subscription);
    const auto* known = parts_.clients.subscription(header.consumer_group, header.topic);
    if (known == nullptr)
        return refused(Errc::subscription_not_exist,
                       "the consumer's subscription not exist: " + std::string{header.consumer_group} + ", " +
                           std::string{header.topic});
    if (known->sub_version < header.sub_version)
        return refused(Errc::subscription_not_latest,
                       "the consumer's subscription not latest: " + std::string{header.consumer_group} +
                           ", " + std::string{header.topic});
    if (!is_tag(known->expression_type))
        return refused(Errc::internal,
                       "The broker does not support consumer to filter message by " + known->expression_type);
    return *known;
}

void PullService::refuse(remoting::Request& request, const Refusal& refusal) {
    const auto code = remoting::response_code_of(refusal.error.code);
    if (refusal.forbidden_by == 0) return request.responder.answer(code, refusal.error.detail);
    request.responder.answer(code, PullForbiddenResponse{refusal.forbidden_by}, refusal.error.detail);
}

// Which of RocketMQ's statuses a pull has, and where the next one begins (4.2).
void PullService::find(std::string_view group, std::string_view topic, QueueId queue_id, QueueOffset offset,
                       std::int32_t max_messages, const model::SubscriptionData& subscription, Found& found) {
    found.began = runtime_.clock.now();
    found.messages.clear();
    found.queue = nullptr;
    found.is_far = found.waits_for_mending = false;
    found.answer = {};
    add_flags(group, topic, found.answer);
    const auto settle = [&](ResponseCode code, std::string_view status, QueueOffset next) {
        found.code = code;
        found.status = status;
        found.answer.next_begin_offset = next;
        found.sends_back = next < offset;
    };
    const auto moved_unless_zero =
        offset == QueueOffset{0} ? ResponseCode::pull_not_found : ResponseCode::pull_offset_moved;
    const auto* queue = parts_.store.find_queue(topic, queue_id);
    if (queue == nullptr) return settle(moved_unless_zero, "NO_MATCHED_LOGIC_QUEUE", QueueOffset{0});
    const QueueOffset min = found.answer.min_offset = queue->min();
    const QueueOffset max = found.answer.max_offset = queue->max();
    if (max == QueueOffset{0}) return settle(moved_unless_zero, "NO_MESSAGE_IN_QUEUE", QueueOffset{0});
    if (offset < min) return settle(ResponseCode::pull_offset_moved, "OFFSET_TOO_SMALL", min);
    if (offset == max) return settle(ResponseCode::pull_not_found, "OFFSET_OVERFLOW_ONE", offset);
    if (offset > max) return settle(ResponseCode::pull_offset_moved, "OFFSET_OVERFLOW_BADLY", max);
    collect(*queue, offset, max_messages, subscription, found);
    if (found.messages.empty() && found.waits_for_mending) {
        settle(ResponseCode::service_not_available,
               "the disk has damaged the message; it is being got from another member", offset);
    } else if (found.messages.empty()) {
        settle(ResponseCode::pull_retry_immediately, "NO_MATCHED_MESSAGE", found.answer.next_begin_offset);
    } else {
        settle(ResponseCode::success, "FOUND", found.answer.next_begin_offset);
    }
}

void PullService::collect(const store::ConsumeQueue& queue, QueueOffset offset, std::int32_t max_messages,
                          const model::SubscriptionData& subscription, Found& found) {
    const auto& config = parts_.config;
    const auto& log = parts_.store.commit_log();
    const std::int64_t scan_max =
        std::clamp<std::int64_t>(max_messages, scanned_entries_min, scanned_entries_max);
    std::int64_t bytes = 0;
    bool in_memory = true;
    found.queue = &queue;
    QueueOffset at = offset;
    for (; at < queue.max() && at - offset < scan_max; at += 1) {
        const auto entry = queue.entry(at);
        if (!entry) break;
        if (!model::matches_tag_code(subscription, entry->tag_code)) continue;
        if (entry->record_at >= PhysicalOffset{0} && entry->record_at < log.begin())
            continue;  // Gone with its segment.
        FoundMessage message{*entry, at, {}};
        if (!look_up(queue, message)) {
            if (!found.messages.empty()) break;  // It is the first of the next pull.
            // It may be the message that the disk has changed, and not the entry.
            if (log.may_hold(entry->record_at, entry->record_size) && !is_checked(*entry)) {
                found.messages.push_back(message);
                break;
            }
            const bool is_damaged = parts_.group.is_damaged(entry->record_at, entry->record_end());
            if (!is_damaged && !mend_entry(queue, message)) continue;
        }
        const auto& [record_at, record_size, tag_code] = message.entry;
        if (parts_.group.is_damaged(record_at, record_at + record_size)) {
            found.waits_for_mending = parts_.group.may_be_mended(record_at);
            if (found.waits_for_mending || !found.messages.empty()) break;
            pass_over(queue, at, "the disk has damaged it, and nobody else has it");
            continue;
        }
        if (found.messages.empty()) in_memory = is_in_memory(record_at);
        const auto count_max = std::min(
            max_messages, in_memory ? config.transfer_count_in_memory : config.transfer_count_on_disk);
        const auto bytes_max = in_memory ? config.transfer_bytes_in_memory : config.transfer_bytes_on_disk;
        // The first message is given however large it is.
        if (!found.messages.empty() && (static_cast<std::int32_t>(found.messages.size()) >= count_max ||
                                        bytes + record_size > bytes_max))
            break;
        found.messages.push_back(message);
        bytes += record_size;
    }
    found.answer.next_begin_offset = at;
    found.is_far = !in_memory;
}

// So that readers do not go to and fro, a slave keeps them until they are nearer than where a master gives
// them away.
bool PullService::is_in_memory(PhysicalOffset at) const {
    const std::int32_t less_percent = parts_.group.leads() ? 0 : 10;
    return parts_.store.commit_log().written() - at <= parts_.config.bytes_in_memory(less_percent);
}

// Whether the entry leads to its message, as far as that can be told without the disk.
bool PullService::look_up(const store::ConsumeQueue& queue, FoundMessage& message) {
    using Leads = store::MessageStore::Leads;
    const auto& log = parts_.store.commit_log();
    const auto& entry = message.entry;
    if (!log.is_hot(entry.record_at)) return log.may_hold(entry.record_at, entry.record_size);
    message.bytes = log.view(entry.record_at, entry.record_size).value_or(std::string_view{});
    return store::MessageStore::where_leads(queue, message.at, entry, message.bytes) == Leads::to_its_message;
}

// The disk has changed the queue's entry, or it was made by a broker that numbered otherwise.
bool PullService::mend_entry(const store::ConsumeQueue& queue, FoundMessage& message) {
    const auto right = parts_.store.mend_or_keep_entry(queue, message.at, message.entry, message.bytes);
    if (!right) {
        pass_over(queue, message.at, right.error().detail);
        return false;
    }
    if (*right == message.entry) return true;
    message.entry = *right;
    return look_up(queue, message);
}

void PullService::pass_over(const store::ConsumeQueue& queue, QueueOffset at, std::string_view why) {
    runtime_.log.error("message_passed_over", {{"why", why},
                                               {"topic", queue.topic()},
                                               {"queue", queue.id().value()},
                                               {"queue_offset", at.value()}});
}

// Which member the reader is to ask next (broker-semantics 12): the one that its group names, but only if
// that has the message. What the master would have to get from its disk may be read at any other, too, unless
// the group wants the master; a follower keeps who reads that, and gives others back.
BrokerId PullService::advised_reader(std::string_view group_name, const Found& found) const {
    const BrokerId master{0};
    if (!parts_.config.slave_read || found.messages.empty()) return master;
    if (!parts_.group.leads()) return found.is_far ? BrokerId{parts_.setup.follower_id} : master;
    const auto* group = parts_.groups.find(group_name);
    if (group == nullptr) return master;
    const BrokerId wanted = found.is_far ? group->which_broker_when_consume_slowly : group->broker_id;
    if (wanted == master) return master;
    std::optional<BrokerId> reader;
    for (const auto& member : parts_.group.members()) {
        const bool has_it = member.matched >= found.messages.front().entry.record_end();
        if (!member.linked || !has_it || member.id == parts_.setup.self) continue;
        const BrokerId id = parts_.setup.follower_id_of(member.id);
        if (id == wanted) return id;
        if (!reader && found.is_far) reader = id;
    }
    return reader.value_or(master);
}

void PullService::count(std::string_view group, const Found& found) {
    if (found.messages.empty()) return;
    std::int64_t bytes = 0;
    for (const auto& message : found.messages) bytes += message.entry.record_size;
    const Duration took = runtime_.clock.now() - found.began;
    parts_.stats.longest_get = std::max(parts_.stats.longest_get, took);
    parts_.traffic.delivered(found.queue->topic(), found.queue->id(), group,
                             static_cast<std::int64_t>(found.messages.size()), bytes, took,
                             found.answer.next_begin_offset);
}

void PullService::answer(std::string_view group, Found& found, remoting::Responder responder) {
    if (found.waits_for_mending && found.messages.empty()) return responder.answer(found.code, found.status);
    (found.code == ResponseCode::success ? parts_.stats.pulls_found : parts_.stats.pulls_missed).add(1);
    parts_.stats.pulls.add(1);
    found.answer.suggest_which_broker_id = advised_reader(group, found);
    body_parts_.clear();
    for (const auto& message : found.messages) {
        if (message.bytes.empty()) return answer_cold(group, found, std::move(responder));
        body_parts_.push_back(message.bytes);
        parts_.stats.bytes_out += message.bytes.size();
    }
    parts_.stats.messages_out.add(body_parts_.size());
    responder.answer(found.code, found.answer, found.status, body_parts_);
    count(group, found);
}

struct PullService::ColdPull {
    remoting::Responder responder;
    std::string group;
    Found found;
    std::vector<std::string> parts;
    std::size_t missing;
    std::optional<Error> failed{};
};

// Old messages lie on the disk: they are read beside the loop, and the answer leaves when the last one is
// there.
void PullService::answer_cold(std::string_view group, const Found& found, remoting::Responder responder) {
    const std::size_t count = found.messages.size();
    auto pull = std::make_shared<ColdPull>(
        ColdPull{std::move(responder), std::string{group}, found, std::vector<std::string>(count), count});
    for (std::size_t i = 0; i < count; ++i) {
        const auto& entry = pull->found.messages[i].entry;
        parts_.store.commit_log().read_cold(entry.record_at, static_cast<std::size_t>(entry.record_size),
                                            pull->parts[i], [this, pull](Result<> read) {
                                                if (!read) pull->failed = read.error();
                                                if (--pull->missing == 0) answer_read(*pull);
                                            });
    }
}

void PullService::answer_read(ColdPull& pull) {
    if (pull.failed) {
        const auto& first = pull.found.messages.front();
        if (first.entry.record_at >= parts_.store.commit_log().begin())
            return pull.responder.answer(ResponseCode::service_not_available, pull.failed->detail);
        pull.found.answer.next_begin_offset = first.at;
        return pull.responder.answer(ResponseCode::pull_retry_immediately, pull.found.answer,
                                     "MESSAGE_WAS_REMOVING");
    }
    std::vector<std::string_view> parts;
    for (std::size_t i = 0; i < pull.found.messages.size(); ++i) {
        auto& message = pull.found.messages[i];
        message.bytes = pull.parts[i];
        const auto leads =
            store::MessageStore::where_leads(*pull.found.queue, message.at, message.entry, message.bytes);
        if (leads != store::MessageStore::Leads::to_its_message) {
            const auto was = message.entry;
            if (!mend_entry(*pull.found.queue, message)) continue;
            if (message.entry != was) {  // It is read when the consumer asks again.
                pull.found.answer.next_begin_offset = pull.found.messages.front().at;
                return pull.responder.answer(ResponseCode::pull_retry_immediately, pull.found.answer,
                                             "a changed entry of the queue was mended");
            }
        }
        parts.push_back(message.bytes);
    }
    parts_.stats.messages_out.add(parts.size());
    pull.responder.answer(parts.empty() ? ResponseCode::pull_retry_immediately : ResponseCode::success,
                          pull.found.answer, parts.empty() ? "NO_MATCHED_MESSAGE" : "FOUND", parts);
    count(pull.group, pull.found);
}

// What was there before this process is compared with its checksums before it goes to anybody.
bool PullService::is_checked(const Found& found) const {
    return std::ranges::all_of(found.messages,
                               [this](const auto& message) { return is_checked(message.entry); });
}

bool PullService::is_checked(const store::ConsumeQueueEntry& entry) const {
    return parts_.store.scrub().is_checked(entry.record_at, entry.record_end());
}

void PullService::serve_checked(HeldPull pull) {
    std::vector<store::Scrub::Span> spans;
    for (const auto& message : found_.messages)
        spans.push_back({message.entry.record_at, message.entry.record_end()});
    const auto held = std::make_shared<HeldPull>(std::move(pull));
    parts_.store.scrub().check(spans, [this, held](const Result<>& checked) {
        if (checked) return serve_held(std::move(*held));
        held->responder.answer(ResponseCode::service_not_available, checked.error().detail);
    });
}

// A leader that was deposed and does not know it lacks what the reader has had from the next one: it would
// send him back, to read all that again.
void PullService::serve_confirmed(HeldPull pull) {
    const auto held = std::make_shared<HeldPull>(std::move(pull));
    parts_.group.when_confirmed([this, held](const Result<>& confirmed) {
        if (confirmed) return serve_held(std::move(*held));
        remoting::PullMessageResponse again;
        again.next_begin_offset = held->offset;
        held->responder.answer(ResponseCode::pull_retry_immediately, again, confirmed.error().detail);
    });
}

void PullService::serve_held() {
    for (auto& pull : held_.take_all()) serve_held(std::move(pull));
}

void PullService::refuse_held() {
    for (auto& pull : held_.take_all())
        pull.responder.answer(ResponseCode::service_not_available,
                              "the group has no leader that can be reached");
}

void PullService::serve_held(HeldPull pull) {
    if (const auto reset = parts_.commits.take_reset(pull.group, pull.topic, pull.queue))
        return send_to_reset(pull.group, pull.topic, pull.queue, *reset, std::move(pull.responder));
    find(pull.group, pull.topic, pull.queue, pull.offset, pull.max_messages, pull.subscription, found_);
    if (!is_checked(found_)) return serve_checked(std::move(pull));
    answer(pull.group, found_, std::move(pull.responder));
}

}  // namespace tern::broker
