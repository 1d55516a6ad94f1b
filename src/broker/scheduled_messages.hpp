// Delayed messages: kept in one queue a level of SCHEDULE_TOPIC_XXXX, delivered to where they were meant for
// when their time has come. A delivery carries the progress that it implies, so a crash neither repeats nor
// drops one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.hpp"
#include "broker/traffic.hpp"
#include "model/data_version.hpp"
#include "model/delay_level.hpp"
#include "replication/group.hpp"
#include "replication/table.hpp"
#include "store/message_store.hpp"

namespace tern::broker {

// The fold: level → the next queue offset to deliver; config/delayOffset.json.
class DelayProgress final : public replication::Table {
public:
    QueueOffset next(std::int32_t level) const;

    std::string_view file_name() const override { return "delayOffset.json"; }
    void apply(const replication::InternalRecord& change, const replication::AppliedAt& at) override;
    void apply(const model::RecordView& delivered, const replication::AppliedAt& at) override;
    std::string text() const override;
    Result<> restore(std::string_view text) override;
    void clear() override;
    std::uint64_t revision() const override { return revision_; }

private:
    void advance(std::int32_t level, QueueOffset next, const replication::AppliedAt& at);

    std::map<std::int32_t, QueueOffset> next_;
    model::DataVersion version_;
    std::uint64_t revision_{1};
};

// The leader's side: one runner a level, each awake only when its first message is due.
class ScheduledMessages {
public:
    static constexpr std::int64_t deliveries_max = 256;  // Of one level, under way at a time.

    ScheduledMessages(Runtime runtime, const DelayProgress& progress, const model::DelayLevels& levels,
                      store::MessageStore& store, Traffic& traffic);
    ~ScheduledMessages();
    void start(replication::Group& group);
    void stop();
    // A message was committed to the schedule topic.
    void on_arrival(QueueId queue);
    // Delivered and end of each level, for brokerStatus.
    std::pair<QueueOffset, QueueOffset> progress(std::int32_t level) const;

private:
    struct Level {
        std::int32_t level{};
        QueueOffset next;  // Behind the last one proposed.
        std::int64_t under_way{0};
        TimerId timer{0};
    };

    void run(Level& level);
    enum class Look {
        good,
        again,         // The level has moved on, or the entry is another one.
        later,         // Another member gives what the disk has changed.
        when_checked,  // The level runs again then.
    };
    Look look_at(Level& level, const store::ConsumeQueue& queue, const store::ConsumeQueueEntry& entry);
    // True when the entry was dealt with: delivered, or dropped for good.
    bool deliver(Level& level, const store::ConsumeQueueEntry& entry);
    void drop(Level& level, std::string_view why);
    void sleep(Level& level, Duration duration);

    Runtime runtime_;
    const DelayProgress& progress_;
    const model::DelayLevels& delays_;
    store::MessageStore& store_;
    Traffic& traffic_;
    replication::Group* group_{nullptr};
    std::vector<Level> levels_;
    std::string properties_;  // Scratch.
    std::shared_ptr<bool> alive_{std::make_shared<bool>(true)};
};

}  // namespace tern::broker
