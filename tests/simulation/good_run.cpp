#include "simulation/good_run.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace tern::simulation {
namespace {

const Queue orders_0{"Orders", QueueId{0}};
const Queue orders_1{"Orders", QueueId{1}};
const Queue unread{"Unread", QueueId{0}};
const Queue retry{"%RETRY%workers", QueueId{0}};
const Queue dead_letters{"%DLQ%workers", QueueId{0}};

}  // namespace

GoodRun::GoodRun() {
    history_.subscribed("workers", "Orders");
    history_.subscribed("workers", "%RETRY%workers");
    for (int i = 0; i < 6; ++i) {
        sends("p1", "a" + std::to_string(i), orders_0);
        sends("p2", "b" + std::to_string(i), orders_0);
        sends("p1", "u" + std::to_string(i), unread);
        sends("p2", "v" + std::to_string(i), unread);
    }
    // Unknown and stored, unknown and not, tried again, refused.
    starts("p1", "lost answer", unread);
    stores("lost answer", unread);
    sends("p2", "v6", unread);
    starts("p3", "lost request", unread);
    starts("p3", "twice", unread);
    stores("twice", unread);
    sends("p3", "twice", unread);
    history_.send_refused(starts("p3", "refused", unread));
    sends("p4", "u6", unread);
    sends("p5", "last of the unread", unread);

    for (std::int64_t offset = 0; offset < 12; ++offset) consumes("c1", {orders_0, QueueOffset{offset}});
    commits(orders_0, QueueOffset{6});
    passes(5s);
    commits(orders_0, QueueOffset{12});
    fails_until_dead("b5");
    sends_delayed("delayed", orders_1, 10s);
    consumes("c2", {orders_1, QueueOffset{0}});
    commits(orders_1, QueueOffset{1});
    locks("c1", 30s);
    passes(30s);
    locks("c2", 9s);
    reads_everything();
}

Place GoodRun::stores(const std::string& key, const Queue& queue, std::int32_t reconsume_times) {
    auto& records = queues_[queue];
    records.push_back({key, reconsume_times, log_end_, broker_.wall_ms()});
    log_end_ += 100;
    return {queue, QueueOffset{std::ssize(records) - 1}};
}

SendId GoodRun::starts(const std::string& producer, const std::string& key, const Queue& queue) {
    passes(1ms);
    return history_.send_started({.producer = producer,
                                  .key = key,
                                  .checksum = body_checksum(key),
                                  .topic = queue.topic,
                                  .queue = queue.id});
}

void GoodRun::sends(const std::string& producer, const std::string& key, const Queue& queue) {
    const SendId send = starts(producer, key, queue);
    const Place place = stores(key, queue);
    history_.send_acknowledged(send, place.offset, queues_[queue].back().record_at);
}

void GoodRun::sends_delayed(const std::string& key, const Queue& queue, Duration delay) {
    const SendId send = history_.send_started({.producer = "p1",
                                               .key = key,
                                               .checksum = body_checksum(key),
                                               .topic = queue.topic,
                                               .queue = queue.id,
                                               .delay = delay});
    history_.send_acknowledged(send, std::nullopt, log_end_);
    log_end_ += 100;
    passes(delay);
    stores(key, queue);
}

void GoodRun::consumes(const std::string& client, const Place& place) {
    reads(client, place, false);
    const Record& record = queues_[place.queue][static_cast<std::size_t>(place.offset.value())];
    history_.consumed({"workers", client, place, record.key, record.reconsume_times, {}});
}

void GoodRun::fails_until_dead(const std::string& key) {
    for (const Queue& next : {retry, retry, dead_letters}) {
        const auto times = static_cast<std::int32_t>(queues_[retry].size()) + 1;
        const Duration delay = next == retry ? Duration{10s} : Duration{0};
        const SendId send = history_.send_started({.producer = "workers",
                                                   .key = key,
                                                   .checksum = body_checksum(key),
                                                   .topic = next.topic,
                                                   .queue = std::nullopt,
                                                   .reconsume_times = times,
                                                   .delay = delay});
        history_.send_acknowledged(send, std::nullopt, std::nullopt);
        passes(delay);
        const Place place = stores(key, next, times);
        if (next == retry) consumes("c2", place);
    }
    commits(retry, QueueOffset{2});
}

void GoodRun::commits(const Queue& queue, QueueOffset offset) {
    const CommitId commit = history_.commit_started("workers", queue, offset);
    passes(1ms);
    history_.commit_settled(commit);
    const Moment started = history_.now();
    passes(1ms);
    history_.queried("workers", queue, offset, started);
}

void GoodRun::locks(const std::string& client, Duration time) {
    history_.lock_held({"ordered workers", client, orders_0, time_.now() + time, history_.now(), {}});
}

void GoodRun::reads(const std::string& reader, const Place& place, bool is_final) {
    const Record& record = queues_[place.queue][static_cast<std::size_t>(place.offset.value())];
    history_.read({.reader = reader,
                   .place = place,
                   .key = record.key,
                   .checksum = body_checksum(record.key),
                   .reconsume_times = record.reconsume_times,
                   .record_at = record.record_at,
                   .store_timestamp = record.store_timestamp,
                   .is_final = is_final,
                   .asked = history_.now()});
}

void GoodRun::reads_everything() {
    passes(60s);
    for (const auto& [queue, records] : queues_) {
        const QueueOffset end{std::ssize(records)};
        for (QueueOffset offset; offset < end; offset += 1) reads("the last reader", {queue, offset}, true);
        history_.read_to_the_end({queue, QueueOffset{0}, end});
    }
}

Send& PlantedError::send(const std::string& key) {
    const auto found = std::ranges::find(history_.sends_, key, &Send::key);
    TERN_ASSERT(found != history_.sends_.end());
    return *found;
}

void PlantedError::acknowledged_at(const std::string& key, QueueOffset offset, PhysicalOffset record_at) {
    send(key).offset = offset;
    send(key).record_at = record_at;
}

Reading& PlantedError::final_reading(const std::string& key) {
    const auto found = std::ranges::find_if(
        history_.readings_, [&](const Reading& reading) { return reading.is_final && reading.key == key; });
    TERN_ASSERT(found != history_.readings_.end());
    return *found;
}

Reading& PlantedError::earlier_reading(const std::string& key) {
    const auto found = std::ranges::find(history_.readings_, key, &Reading::key);
    TERN_ASSERT(found != history_.readings_.end() && !found->is_final);
    return *found;
}

void PlantedError::swap_places(const std::string& one, const std::string& other) {
    for (auto* sent : {&send(one), &send(other)}) {
        if (sent->outcome != Outcome::acknowledged) continue;
        const Reading& takes = final_reading(sent->key == one ? other : one);
        sent->offset = takes.place.offset;
        sent->record_at = takes.record_at;
    }
    Reading& first = final_reading(one);
    Reading& second = final_reading(other);
    std::swap(first.key, second.key);
    std::swap(first.checksum, second.checksum);
}

void PlantedError::not_found_in_the_end(const std::string& key) {
    std::erase_if(history_.readings_,
                  [&](const Reading& reading) { return reading.is_final && reading.key == key; });
}

void PlantedError::drop_last_of(const Queue& queue) {
    auto& end = bounds(queue);
    end.last = end.last - 1;
    std::erase_if(history_.readings_, [&](const Reading& reading) {
        return reading.is_final && reading.place == Place{queue, end.last};
    });
}

void PlantedError::add_at_the_end_of(const Queue& queue, const std::string& key,
                                     std::int32_t reconsume_times) {
    auto& end = bounds(queue);
    history_.read({.reader = "the last reader",
                   .place = {queue, end.last},
                   .key = key,
                   .checksum = body_checksum(key),
                   .reconsume_times = reconsume_times,
                   .record_at = PhysicalOffset{1'000'000},
                   .store_timestamp = history_.now().wall_ms,
                   .is_final = true,
                   .asked = history_.now()});
    end.last += 1;
}

void PlantedError::drop_consumption(const std::string& key) {
    std::erase_if(history_.consumptions_,
                  [&](const Consumption& consumption) { return consumption.key == key; });
}

void PlantedError::power_was_lost(PhysicalOffset durable_end) {
    const auto first_final = std::ranges::find(history_.readings_, true, &Reading::is_final);
    Moment before = first_final->at;
    before.order -= 1;  // That of the reading before it, or of an answer before that.
    history_.losses_.push_back({durable_end, before});
}

FinalBounds& PlantedError::bounds(const Queue& queue) {
    const auto found = std::ranges::find(history_.bounds_, queue, &FinalBounds::queue);
    TERN_ASSERT(found != history_.bounds_.end());
    return *found;
}

void PlantedError::log_begins_at(PhysicalOffset begin, const std::string& reached_before) {
    history_.ends_with_log_from(begin, send(reached_before).started);
}

}  // namespace tern::simulation
