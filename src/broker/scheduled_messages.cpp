#include "broker/scheduled_messages.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "json/fields.hpp"
#include "model/message_properties.hpp"
#include "model/topic_name.hpp"
#include "remoting/body/offset_tables.hpp"

namespace tern::broker {
namespace {

constexpr Duration retry_pause = 100ms;  // After the log took nothing, as RocketMQ waits.

}  // namespace

QueueOffset DelayProgress::next(std::int32_t level) const {
    const auto found = next_.find(level);
    return found == next_.end() ? QueueOffset{} : found->second;
}

void DelayProgress::advance(std::int32_t level, QueueOffset next, const replication::AppliedAt& at) {
    auto& known = next_[level];
    if (next <= known) return;
    known = next;
    version_.advance(at.epoch.value(), at.store_timestamp);
    ++revision_;
}

void DelayProgress::apply(const replication::InternalRecord& change, const replication::AppliedAt& at) {
    if (!change.schedule) return;
    for (const auto& [level, next] : *change.schedule) advance(level, next, at);
}

void DelayProgress::apply(const model::RecordView& delivered, const replication::AppliedAt& at) {
    const auto level = model::find_property(delivered.properties, model::property::delay_level);
    const auto number = level ? parse_number<std::int32_t>(*level) : std::nullopt;
    if (number && *number > 0) advance(*number, QueueOffset{delivered.prepared_transaction_offset}, at);
}

std::string DelayProgress::text() const {
    return json::encode(remoting::DelayOffsetTable{version_, next_}, json::config_file_style);
}

Result<> DelayProgress::restore(std::string_view text) {
    auto file = json::decode<remoting::DelayOffsetTable>(text, json::own_text);
    if (!file) return std::unexpected(file.error());
    next_ = std::move(file->offset_table);
    version_ = file->data_version;
    ++revision_;
    return {};
}

void DelayProgress::clear() {
    next_.clear();
    version_ = {};
    ++revision_;
}

ScheduledMessages::ScheduledMessages(Runtime runtime, const DelayProgress& progress,
                                     const model::DelayLevels& levels, store::MessageStore& store,
                                     Traffic& traffic)
    : runtime_{runtime}, progress_{progress}, delays_{levels}, store_{store}, traffic_{traffic} {
    for (std::int32_t level = 1; level <= delays_.max(); ++level) levels_.push_back({level, {}, 0, 0});
}

ScheduledMessages::~ScheduledMessages() {
    *alive_ = false;
    stop();
}

void ScheduledMessages::start(replication::Group& group) {
    group_ = &group;
    for (auto& level : levels_) {
        level.next = progress_.next(level.level);
        run(level);
    }
}

void ScheduledMessages::stop() {
    group_ = nullptr;
    for (auto& level : levels_) runtime_.timers.cancel(std::exchange(level.timer, 0));
}

void ScheduledMessages::on_arrival(QueueId queue) {
    if (group_ == nullptr || queue.value() < 0 || static_cast<std::size_t>(queue.value()) >= levels_.size())
        return;
    auto& level = levels_[static_cast<std::size_t>(queue.value())];
    if (level.timer == 0) sleep(level, Duration::zero());
}

std::pair<QueueOffset, QueueOffset> ScheduledMessages::progress(std::int32_t level) const {
    const auto* queue = store_.find_queue(model::topic::schedule, QueueId{level - 1});
    return {progress_.next(level), queue == nullptr ? QueueOffset{} : queue->max()};
}

void ScheduledMessages::sleep(Level& level, Duration duration) {
    level.timer = runtime_.timers.after(duration, [this, &level] {
        level.timer = 0;
        run(level);
    });
}

void ScheduledMessages::run(Level& level) {
    const auto* queue = store_.find_queue(model::topic::schedule, QueueId{level.level - 1});
    if (queue == nullptr || group_ == nullptr) return;
    level.next = std::clamp(level.next, queue->min(), std::max(queue->min(), queue->max()));
    while (level.next < queue->max() && level.under_way < deliveries_max) {
        const auto entry = queue->entry(level.next);
        if (!entry) return sleep(level, retry_pause);
        const WallMillis now = runtime_.clock.wall_ms();
        // A clock that was set back must not hold a message longer than its delay.
        const WallMillis due = std::min<WallMillis>(entry->tag_code, now + delays_.delay_ms(level.level));
        if (due > now) return sleep(level, std::chrono::milliseconds{due - now});
        switch (look_at(level, *queue, *entry)) {
            case Look::good:
                if (!deliver(level, *entry)) return sleep(level, retry_pause);
                break;
            case Look::again:
                break;
            case Look::later:
                return sleep(level, retry_pause);
            case Look::when_checked:
                return;
        }
    }
}

// As for a pull: what the disk has changed is mended, waited for, or passed over.
ScheduledMessages::Look ScheduledMessages::look_at(Level& level, const store::ConsumeQueue& queue,
                                                   const store::ConsumeQueueEntry& entry) {
    using Leads = store::MessageStore::Leads;
    const auto& log = store_.commit_log();
    const store::Scrub::Span span{entry.record_at, entry.record_end()};
    if (log.may_hold(entry.record_at, entry.record_size) && !store_.scrub().is_checked(span.from, span.to)) {
        store_.scrub().check({&span, 1}, [this, alive = alive_, &level](const Result<>& checked) {
            if (*alive && level.timer == 0) sleep(level, checked ? Duration::zero() : retry_pause);
        });
        return Look::when_checked;
    }
    if (group_->is_damaged(span.from, span.to)) {
        if (group_->may_be_mended(span.from)) return Look::later;
        drop(level, "the disk has damaged it, and nobody else has it");
        return Look::again;
    }
    const auto bytes = log.view(entry.record_at, entry.record_size).value_or(std::string_view{});
    if (store::MessageStore::where_leads(queue, level.next, entry, bytes) == Leads::to_its_message)
        return Look::good;
    const auto right = store_.mend_or_keep_entry(queue, level.next, entry, bytes);
    if (right && *right == entry) return Look::good;
    if (!right) drop(level, right.error().detail);
    return Look::again;
}

bool ScheduledMessages::deliver(Level& level, const store::ConsumeQueueEntry& entry) {
    const auto record = store_.commit_log().record_at(entry.record_at);
    if (!record) {
        drop(level, record.error().detail);
        return true;
    }
    const auto topic = model::find_property(record->properties, model::property::real_topic);
    const auto queue_text = model::find_property(record->properties, model::property::real_queue_id);
    const auto queue_id = queue_text ? parse_number<std::int32_t>(*queue_text) : std::nullopt;
    if (!topic || !queue_id || !model::check_topic(*topic)) {
        drop(level, "its properties do not say where it goes");
        return true;
    }
    model::RecordDraft draft;
    draft.topic = *topic;
    draft.queue_id = QueueId{*queue_id};
    draft.flag = record->flag;
    draft.sys_flag = record->sys_flag;
    draft.born_timestamp = record->born_timestamp;
    draft.born_host = record->born_host;
    draft.store_host = record->store_host;
    draft.reconsume_times = record->reconsume_times;
    draft.prepared_transaction_offset = level.next.value() + 1;
    draft.body = record->body;
    draft.properties = record->properties;
    auto* const queue = store_.queue(draft.topic, draft.queue_id);
    if (queue == nullptr) {
        drop(level, "no queue can be named as its properties say");
        return true;
    }
    const auto proposed = group_->propose(draft, queue);
    if (!proposed && proposed.error().code == Errc::message_illegal) {
        drop(level, proposed.error().detail);
        return true;
    }
    if (!proposed) return false;
    traffic_.stored(*queue, 1, proposed->end - proposed->record_at);
    group_->when_settled(*proposed, replication::WaitFor::promise,
                         [this, queue, &level](replication::Outcome) {
                             if (group_ != nullptr) traffic_.settled(*queue, group_->settling_took());
                             if (--level.under_way == 0 && level.timer == 0 && group_ != nullptr)
                                 sleep(level, Duration::zero());
                         });
    ++level.under_way;
    level.next += 1;
    return true;
}

// What can never be delivered must not hold up what comes behind it.
void ScheduledMessages::drop(Level& level, std::string_view why) {
    runtime_.log.warning("delayed_message_dropped",
                         {{"level", level.level}, {"offset", level.next.value()}, {"why", why}});
    level.next += 1;
    replication::InternalRecord change;
    change.schedule.emplace();
    (*change.schedule)[level.level] = level.next;
    (void)group_->propose(change);
}

}  // namespace tern::broker
