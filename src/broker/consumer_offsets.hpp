// Where each consumer group is in each queue: a fold over offset records, and the leader's coalescing of what
// clients commit into such records.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.hpp"
#include "base/string_map.hpp"
#include "model/data_version.hpp"
#include "remoting/body/offset_tables.hpp"
#include "replication/group.hpp"
#include "replication/table.hpp"

namespace tern::broker {

// The fold; config/consumerOffset.json. Of one loop.
class ConsumerOffsets final : public replication::Table {
public:
    // The next offset that the group consumes, if it ever committed one.
    std::optional<QueueOffset> find(std::string_view group, std::string_view topic, QueueId queue) const;
    // All queues of one topic; null when the group never committed there.
    const replication::QueueOffsets* find(std::string_view group, std::string_view topic) const;
    std::vector<std::string> topics_of(std::string_view group) const;
    std::vector<std::string> groups_of(std::string_view topic) const;

    // As slaves and Java's file have it.
    remoting::ConsumerOffsetTable file() const;

    std::string_view file_name() const override { return "consumerOffset.json"; }
    void apply(const replication::InternalRecord& change, const replication::AppliedAt& at) override;
    std::string text() const override;
    Result<> restore(std::string_view text) override;
    void clear() override;
    std::uint64_t revision() const override { return revision_; }

private:
    static std::string_view key(std::string_view group, std::string_view topic, std::string& scratch);

    StringMap<replication::QueueOffsets> offsets_;  // By "topic@group", as Java keys them.
    model::DataVersion version_;
    std::uint64_t revision_{1};
    mutable std::string scratch_;
};

// The leader's side: gathers commits and proposes one record for all that moved within coalesce_interval.
class OffsetCommits {
public:
    static constexpr Duration coalesce_interval = 100ms;

    OffsetCommits(Runtime runtime, const ConsumerOffsets& table) : runtime_{runtime}, table_{table} {}
    ~OffsetCommits() { runtime_.timers.cancel(timer_); }
    // Before anything else; the group outlives this.
    void attach(replication::Group& group) { group_ = &group; }
    // Another member leads: what was gathered here is out of date.
    void drop();
    // Of what is gone.
    void forget(const replication::InternalRecord& change);

    // Does not wait for more: what was gathered goes into the log before another member takes over.
    void propose_now() { propose(); }

    // Takes any value, as RocketMQ does: the last one wins. False when the group is there already.
    bool commit(std::string_view group, std::string_view topic, QueueId queue, QueueOffset offset);
    // The offset is an administrator's: until a consumer of the queue has been told to go there, what it
    // commits meanwhile does not count. Known to this leader alone; the offset itself is the group's.
    void reset(std::string_view group, std::string_view topic, QueueId queue, QueueOffset offset);
    bool is_reset(std::string_view group, std::string_view topic, QueueId queue) const;
    // Where the consumer that asks now has to go, once.
    std::optional<QueueOffset> take_reset(std::string_view group, std::string_view topic, QueueId queue);
    // Whether an offset that a member kept while the leader was away still counts: the group is at `since` or
    // behind it, and before the offset.
    bool moves_on(std::string_view group, std::string_view topic, QueueId queue, QueueOffset since,
                  QueueOffset offset) const;
    // Runs done once all that was committed for the group on the topic before the call can be queried, at
    // once when nothing is under way; or when it is known that nobody can say so: is_kept is false then.
    using Done = InplaceFunction<void(bool is_kept), 96>;
    void when_settled(std::string_view group, std::string_view topic, Done done);

private:
    // What the group will have when all that is under way is committed.
    std::optional<QueueOffset> newest(std::string_view group, std::string_view topic, QueueId queue) const;
    void arm();
    void propose();
    void settled(bool is_kept);

    Runtime runtime_;
    const ConsumerOffsets& table_;
    replication::Group* group_{nullptr};
    std::map<std::string, replication::QueueOffsets> gathered_;
    std::map<std::string, replication::QueueOffsets> proposed_;  // Under way; one record at a time.
    std::map<std::string, replication::QueueOffsets> resets_;
    std::vector<Done> waiting_for_proposed_;
    std::vector<Done> waiting_for_gathered_;
    TimerId timer_{0};
    bool in_flight_{false};
    mutable std::string scratch_;
};

}  // namespace tern::broker
