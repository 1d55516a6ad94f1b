// Which client may consume a queue in order. Grants and releases are records, so that a new leader knows
// them; renewals are soft, and a leader that has just begun gives every lock a full lease (DESIGN: locks).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/runtime.hpp"
#include "model/message_queue.hpp"
#include "replication/group.hpp"
#include "replication/table.hpp"

namespace tern::broker {

struct LockKey {
    std::string group;
    std::string topic;
    std::int32_t queue_id{};
    friend auto operator<=>(const LockKey&, const LockKey&) = default;
};

// The fold: who holds what. In snapshots only; Java keeps no such file.
class LockTable final : public replication::Table {
public:
    const std::map<LockKey, std::string>& holders() const { return holders_; }

    std::string_view file_name() const override { return "queueLocks.json"; }
    bool java_file() const override { return false; }
    void apply(const replication::InternalRecord& change, const replication::AppliedAt& at) override;
    std::string text() const override;
    Result<> restore(std::string_view text) override;
    void clear() override;
    std::uint64_t revision() const override { return revision_; }

private:
    std::map<LockKey, std::string> holders_;
    std::uint64_t revision_{1};
};

// The leader's side.
class QueueLocks {
public:
    static constexpr Duration lease = 60s;  // rocketmq.broker.rebalance.lockMaxLiveTime.
    // With so many no other queue is locked until leases have ended; nor is one with a longer name.
    static constexpr std::size_t locks_max = 100'000;
    static constexpr std::size_t name_size_max = 255;

    QueueLocks(Runtime runtime, const LockTable& table) : runtime_{runtime}, table_{table} {}
    // Takes over what the table says, with a full lease for each. The group outlives this.
    void attach(replication::Group& group);

    // Answers with the queues of the request that the client holds now, once the grants are committed.
    using Held = InplaceFunction<void(std::vector<model::MessageQueue>), 64>;
    void lock(std::string_view group, std::string_view client, std::span<const model::MessageQueue> queues,
              Held held);
    void unlock(std::string_view group, std::string_view client, std::span<const model::MessageQueue> queues);
    // Of what is gone.
    void forget(const replication::InternalRecord& change);
    // Whether anybody of the group holds a lock that has not expired.
    bool group_holds_any(std::string_view group) const;
    // Times that a queue was not locked because there are too many locks.
    const std::uint64_t& not_granted() const { return not_granted_; }

private:
    struct Lease {
        std::string client;
        Instant renewed{};
        PhysicalOffset
            granted{};  // End of the record that grants it: before that is committed nobody is told.
    };

    void forget_expired(replication::InternalRecord& change);

    Runtime runtime_;
    const LockTable& table_;
    replication::Group* group_{nullptr};
    Instant forgets_again_at_{};
    std::map<LockKey, Lease> leases_;
    std::uint64_t not_granted_{0};
};

}  // namespace tern::broker
