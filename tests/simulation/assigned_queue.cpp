#include "simulation/assigned_queue.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/hash.hpp"
#include "model/topic_name.hpp"
#include "remoting/header/offset.hpp"
#include "remoting/header/pull.hpp"
#include "remoting/header/send.hpp"
#include "simulation/message.hpp"

namespace tern::simulation {
namespace {

// Of stock push consumers.
constexpr Duration hold_time = 15s;
constexpr Duration pull_timeout = 30s;
constexpr Duration pause_after_failure = 1s;
constexpr Duration pause_when_full = 50ms;
constexpr Duration pause_after_failed_send_back = 5s;
constexpr Duration pause_after_failure_in_order = 1s;
constexpr std::size_t cached_messages_max = 256;
constexpr std::int32_t first_retry_level = 3;

bool is(const remoting::Command& answer, remoting::ResponseCode code) {
    return answer.code == static_cast<std::int32_t>(code);
}

}  // namespace

AssignedQueue::AssignedQueue(Consuming& consuming, model::MessageQueue queue)
    : consuming_{consuming}, queue_{std::move(queue)}, history_{consuming.histories.of(queue_.broker_name)} {}

void AssignedQueue::start() {
    if (given_up_) return;
    const remoting::QueryConsumerOffsetRequest query{
        .consumer_group = consuming_.plan.group, .queue_id = queue_.queue_id, .topic = queue_.topic};
    consuming_.client.call(
        address(), query, {}, control_timeout,
        [self = shared_from_this(), started = history_.now()](Result<remoting::Command> answer) {
            const auto& group = self->consuming_.plan.group;
            if (answer && is(*answer, remoting::ResponseCode::query_not_found)) {
                self->history_.queried(group, self->place(), std::nullopt, started);
                return self->begin_at(QueueOffset{0});
            }
            const auto stored = answer ? remoting::decode_answer<remoting::OffsetResponse>(*answer)
                                       : std::unexpected{answer.error()};
            if (!stored) return self->retry_later(pause_after_failure, &AssignedQueue::start);
            self->history_.queried(group, self->place(), stored->offset, started);
            self->has_offset_ = true;
            self->begin_at(stored->offset);
        });
}

void AssignedQueue::begin_at(QueueOffset offset) {
    next_ = offset;
    pull();
}

std::string AssignedQueue::state() const {
    return fmt::format("{}/{} at {}, {} unfinished{}{}", queue_.topic, queue_.queue_id.value(), next_.value(),
                       messages_.size(), pulling_ ? ", pulling" : "", is_locked() ? ", locked" : "");
}

void AssignedQueue::give_up() {
    if (given_up_) return;
    commit();
    given_up_ = true;
}

void AssignedQueue::retry_later(Duration delay, void (AssignedQueue::*what)()) {
    consuming_.client.runtime().timers.after(delay, [self = shared_from_this(), what] { ((*self).*what)(); });
}

void AssignedQueue::pull() {
    if (given_up_ || pulling_) return;
    if (messages_.size() > cached_messages_max) return retry_later(pause_when_full, &AssignedQueue::pull);
    pulling_ = true;
    pulled_at_ = consuming_.client.runtime().clock.now();
    std::optional<CommitId> commit;
    if (has_offset_) commit = history_.commit_started(consuming_.plan.group, place(), done_below());
    const remoting::PullMessageRequest request{
        .consumer_group = consuming_.plan.group,
        .topic = queue_.topic,
        .queue_id = queue_.queue_id,
        .queue_offset = next_,
        .max_msg_nums = consuming_.plan.pull_batch,
        .sys_flag = remoting::pull_sys_flag::suspend |
                    (commit ? remoting::pull_sys_flag::commit_offset : std::int32_t{0}),
        .commit_offset = commit ? done_below() : QueueOffset{0},
        .suspend_timeout_ms = std::chrono::milliseconds{hold_time / 1ms}.count(),
        .sub_version = consuming_.subscription_version};
    consuming_.client.call(
        address(), request, {}, pull_timeout,
        [self = shared_from_this(), commit, asked = history_.now()](Result<remoting::Command> answer) {
            self->on_pulled(std::move(answer), commit, asked);
        });
}

void AssignedQueue::on_pulled(Result<remoting::Command> answer, std::optional<CommitId> commit,
                              const Moment& asked) {
    using enum remoting::ResponseCode;
    pulling_ = false;
    const bool is_settled = answer || answer.error().code == Errc::connection_closed;
    if (commit && is_settled) history_.commit_settled(*commit);
    if (given_up_) return;
    if (!answer) return retry_later(pause_after_failure, &AssignedQueue::pull);
    const bool is_pull_answer = is(*answer, success) || is(*answer, pull_not_found) ||
                                is(*answer, pull_retry_immediately) || is(*answer, pull_offset_moved);
    const auto header = remoting::decode_fields<remoting::PullMessageResponse>(*answer);
    if (!is_pull_answer || !header) return retry_later(pause_after_failure, &AssignedQueue::pull);
    if (is(*answer, pull_offset_moved)) {
        if (header->next_begin_offset < next_)
            history_.told_end(consuming_.client.id(), place(), header->next_begin_offset, asked);
        return correct_offset(header->next_begin_offset);
    }
    if (is(*answer, success)) take(answer->body, asked);
    // As stock clients do where none of the messages so far is for them.
    if (header->next_begin_offset > next_ && messages_.empty()) has_offset_ = true;
    next_ = header->next_begin_offset;
    pull();
}

void AssignedQueue::take(std::string_view records, const Moment& asked) {
    QueueOffset next = next_;
    while (!records.empty()) {
        const auto record = model::decode_record(records, model::VerifyBody::no);
        if (!record)
            return history_.read(
                {.reader = consuming_.client.id(), .place = {place(), next}, .asked = asked});
        next = record->queue_offset + 1;
        auto reading = reading_of(*record, consuming_.client.id());
        reading.asked = asked;
        // One that a broker gives again is being consumed already.
        const auto [message, is_new] = messages_.insert_or_assign(
            record->queue_offset,
            Message{reading.key, reading.checksum, reading.record_at, reading.reconsume_times});
        history_.read(std::move(reading));
        if (is_new && !consuming_.plan.in_order) consume(message->first);
        records.remove_prefix(record->bytes.size());
    }
    if (consuming_.plan.in_order) consume_next_in_order();
}

// The broker says that there is no such offset: the queue begins anew where it is told to, after the next
// rebalance.
void AssignedQueue::correct_offset(QueueOffset offset) {
    commit(offset);
    given_up_ = true;
    consuming_.rebalance();
}

QueueOffset AssignedQueue::done_below() const {
    return messages_.empty() ? next_ : messages_.begin()->first;
}

void AssignedQueue::commit() {
    if (has_offset_ && !given_up_) commit(done_below());
}

void AssignedQueue::commit(QueueOffset offset) {
    History& history = history_;
    const remoting::UpdateConsumerOffsetRequest request{.commit_offset = offset,
                                                        .consumer_group = consuming_.plan.group,
                                                        .queue_id = queue_.queue_id,
                                                        .topic = queue_.topic};
    const CommitId id = history.commit_started(consuming_.plan.group, place(), offset);
    if (consuming_.plan.commits_one_way)
        return consuming_.client.send_oneway(address(), request, {},
                                             [&history, id] { history.commit_settled(id); });
    consuming_.client.call(address(), request, {}, control_timeout,
                           [&history, id](Result<remoting::Command> answer) {
                               if (answer || answer.error().code == Errc::connection_closed)
                                   history.commit_settled(id);
                           });
}

void AssignedQueue::locked_until(Instant until, const Moment& asked) {
    History& history = history_;
    const Instant now = consuming_.client.runtime().clock.now();
    if (lock_ && locked_until_ > now) {
        history.lock_held_until(*lock_, until);
    } else {
        lock_ = history.lock_held({consuming_.plan.group, consuming_.client.id(), place(), until, asked});
    }
    locked_until_ = until;
    consume_next_in_order();
}

void AssignedQueue::unlocked() {
    const Instant now = consuming_.client.runtime().clock.now();
    if (lock_ && locked_until_ > now) history_.lock_held_until(*lock_, now);
    lock_.reset();
    locked_until_ = now;
}

void AssignedQueue::consume_next_in_order() {
    if (given_up_ || consuming_in_order_ || messages_.empty()) return;
    if (!is_locked()) return;  // Goes on when it is locked again.
    consuming_in_order_ = true;
    consume(messages_.begin()->first);
}

void AssignedQueue::consume(QueueOffset offset) {
    const Message& message = messages_.at(offset);
    history_.consumed({consuming_.plan.group,
                       consuming_.client.id(),
                       {place(), offset},
                       message.key,
                       message.reconsume_times});
    auto& runtime = consuming_.client.runtime();
    const auto time =
        runtime.random.below(static_cast<std::uint64_t>(consuming_.plan.consume_time_max.count()) + 1);
    runtime.timers.after(Duration{static_cast<std::int64_t>(time)},
                         [self = shared_from_this(), offset] { self->finish_consuming(offset); });
}

void AssignedQueue::finish_consuming(QueueOffset offset) {
    if (given_up_) return;  // Another member consumes it again.
    const Message& message = messages_.at(offset);
    if (!fails(offset, message)) return finished(offset);
    if (!consuming_.plan.in_order) return send_back(offset);
    ++local_attempts_[offset];
    consuming_in_order_ = false;
    retry_later(pause_after_failure_in_order, &AssignedQueue::consume_next_in_order);
}

// The same message fails the same number of times in every run, whoever consumes it.
bool AssignedQueue::fails(QueueOffset offset, const Message& message) const {
    const auto& plan = consuming_.plan;
    const std::uint32_t fate = crc32(plan.group + message.key);
    if (plan.failing_one_in == 0 || fate % plan.failing_one_in != 0) return false;
    const auto failures = 1 + (fate >> 8) % (static_cast<std::uint32_t>(plan.reconsume_times_max) + 1);
    const auto local = local_attempts_.find(offset);
    const auto attempts = message.reconsume_times + (local == local_attempts_.end() ? 0 : local->second);
    return static_cast<std::uint32_t>(attempts) < failures;
}

void AssignedQueue::finished(QueueOffset offset) {
    messages_.erase(offset);
    local_attempts_.erase(offset);
    has_offset_ = true;
    consuming_in_order_ = false;
    if (consuming_.plan.in_order) consume_next_in_order();
}

void AssignedQueue::send_back(QueueOffset offset) {
    const Message& message = messages_.at(offset);
    const auto& plan = consuming_.plan;
    const bool is_dead = message.reconsume_times >= plan.reconsume_times_max;
    const auto level = consuming_.delays.clamp(first_retry_level + message.reconsume_times);
    const SendId send = history_.send_started(
        {.producer = consuming_.client.id(),
         .key = message.key,
         .checksum = message.checksum,
         .topic = is_dead ? model::dlq_topic(plan.group) : model::retry_topic(plan.group),
         .reconsume_times = message.reconsume_times + 1,
         .delay = std::chrono::milliseconds{is_dead ? 0 : consuming_.delays.delay_ms(level)},
         .waits_for_flush = false});
    const remoting::ConsumerSendMsgBackRequest request{.offset = message.record_at,
                                                       .group = plan.group,
                                                       .origin_msg_id = message.key,
                                                       .origin_topic = queue_.topic,
                                                       .max_reconsume_times = plan.reconsume_times_max};
    consuming_.client.call(address(), request, {}, control_timeout,
                           [self = shared_from_this(), offset, send](Result<remoting::Command> answer) {
                               auto& history = self->history_;
                               const auto outcome = answer ? outcome_of(answer->code) : Outcome::unknown;
                               if (outcome == Outcome::refused) history.send_refused(send);
                               if (outcome == Outcome::acknowledged)
                                   history.send_acknowledged(send, std::nullopt, std::nullopt);
                               if (self->given_up_) return;
                               if (outcome == Outcome::acknowledged) return self->finished(offset);
                               // As Java clients count: what cannot be sent back is tried here until it is
                               // done.
                               ++self->local_attempts_[offset];
                               self->consuming_.client.runtime().timers.after(pause_after_failed_send_back,
                                                                              [self, offset] {
                                                                                  if (!self->given_up_)
                                                                                      self->consume(offset);
                                                                              });
                           });
}

}  // namespace tern::simulation
