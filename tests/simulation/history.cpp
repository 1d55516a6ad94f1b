#include "simulation/history.hpp"

#include "base/assert.hpp"

namespace tern::simulation {

SendId History::send_started(Send send) {
    send.started = now();
    sends_.push_back(std::move(send));
    return sends_.size() - 1;
}

void History::send_acknowledged(SendId id, std::optional<QueueOffset> offset,
                                std::optional<PhysicalOffset> record_at) {
    Send& send = sends_[id];
    TERN_ASSERT(send.outcome == Outcome::unknown);
    send.outcome = Outcome::acknowledged;
    send.offset = offset;
    send.record_at = record_at;
    send.ended = now();
    acknowledged_.push_back(id);
}

void History::send_refused(SendId id) {
    Send& send = sends_[id];
    TERN_ASSERT(send.outcome == Outcome::unknown);
    send.outcome = Outcome::refused;
    send.ended = now();
}

void History::read(Reading reading) {
    reading.at = now();
    readings_.push_back(std::move(reading));
}

void History::consumed(Consumption consumption) {
    consumption.at = now();
    consumptions_.push_back(std::move(consumption));
}

CommitId History::commit_started(const std::string& group, const Queue& queue, QueueOffset offset) {
    commits_.push_back({group, queue, offset, now(), std::nullopt});
    return commits_.size() - 1;
}

void History::queried(const std::string& group, const Queue& queue, std::optional<QueueOffset> offset,
                      Moment started) {
    queries_.push_back({group, queue, offset, started, now()});
}

LockId History::lock_held(LockHeld lock) {
    lock.granted = now();
    locks_.push_back(std::move(lock));
    return locks_.size() - 1;
}

}  // namespace tern::simulation
