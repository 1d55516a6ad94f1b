#include "broker/queue_locks.hpp"

#include <utility>

#include "json/fields.hpp"

namespace tern::broker {
namespace {

struct LockFile {
    std::vector<replication::LockChange> locks;

    static constexpr auto fields() { return list_of(optional_field("locks", &LockFile::locks)); }
};

}  // namespace

void LockTable::apply(const replication::InternalRecord& change, const replication::AppliedAt&) {
    if (!change.locks && !change.deleted_groups && !change.deleted_topics) return;
    if (change.locks) {
        for (const auto& lock : *change.locks) {
            LockKey key{lock.group, lock.topic, lock.queue_id};
            if (lock.client.empty()) {
                holders_.erase(key);
            } else {
                holders_.insert_or_assign(std::move(key), lock.client);
            }
        }
    }
    for (const auto& group : change.deleted_groups.value_or(std::vector<std::string>{}))
        std::erase_if(holders_, [&](const auto& entry) { return entry.first.group == group; });
    for (const auto& topic : change.deleted_topics.value_or(std::vector<std::string>{}))
        std::erase_if(holders_, [&](const auto& entry) { return entry.first.topic == topic; });
    ++revision_;
}

std::string LockTable::text() const {
    LockFile file;
    for (const auto& [key, client] : holders_)
        file.locks.push_back({client, key.group, key.queue_id, key.topic});
    return json::encode(file);
}

Result<> LockTable::restore(std::string_view text) {
    auto file = json::decode<LockFile>(text, json::own_text);
    if (!file) return std::unexpected(file.error());
    clear();
    for (auto& lock : file->locks)
        holders_.insert_or_assign({std::move(lock.group), std::move(lock.topic), lock.queue_id},
                                  std::move(lock.client));
    return {};
}

void LockTable::clear() {
    holders_.clear();
    ++revision_;
}

void QueueLocks::attach(replication::Group& group) {
    group_ = &group;
    leases_.clear();
    for (const auto& [key, client] : table_.holders()) leases_[key] = {client, runtime_.clock.now(), {}};
}

void QueueLocks::lock(std::string_view group, std::string_view client,
                      std::span<const model::MessageQueue> queues, Held held) {
    const Instant now = runtime_.clock.now();
    if (group.size() > name_size_max || client.size() > name_size_max) return held({});
    std::vector<model::MessageQueue> granted;
    PhysicalOffset granted_by;  // The end of the last record that grants one of them.
    replication::InternalRecord change;
    std::vector<std::pair<LockKey, Lease>> replaced;  // To be put back when the log takes no record.
    for (const auto& queue : queues) {
        LockKey key{std::string{group}, queue.topic, queue.queue_id.value()};
        if (!leases_.contains(key)) {
            if (leases_.size() >= locks_max) forget_expired(change);
            if (leases_.size() >= locks_max) ++not_granted_;
            if (leases_.size() >= locks_max || queue.topic.size() > name_size_max) continue;
        }
        auto& current = leases_[key];
        const bool ours = current.client == client;
        if (!ours && !current.client.empty() && now - current.renewed <= lease) continue;
        if (!ours) {
            if (!change.locks) change.locks.emplace();
            change.locks->push_back({std::string{client}, key.group, key.queue_id, key.topic});
            replaced.emplace_back(key, current);
        }
        current = {std::string{client}, now, current.granted};
        granted_by = std::max(granted_by, current.granted);
        granted.push_back(queue);
    }
    replication::Appended record{.end = granted_by};
    if (change.locks) {
        const auto proposed = group_->propose(change);
        if (!proposed) {
            for (auto& [key, previous] : replaced) leases_[key] = std::move(previous);
            return held({});
        }
        for (const auto& [key, previous] : replaced) leases_[key].granted = proposed->end;
        record = *proposed;
    }
    if (record.end <= group_->committed()) return held(std::move(granted));
    // Also when an earlier record grants them all: it may have to wait a little longer then.
    group_->when_log_settled(
        replication::WaitFor::promise,
        [held = std::move(held), granted = std::move(granted)](replication::Outcome outcome) mutable {
            // Slaves that are missing decide nothing about what the master's log says.
            const bool is_open =
                outcome == replication::Outcome::unknown || outcome == replication::Outcome::flush_timeout;
            if (is_open) granted.clear();
            held(std::move(granted));
        });
}

void QueueLocks::unlock(std::string_view group, std::string_view client,
                        std::span<const model::MessageQueue> queues) {
    replication::InternalRecord change;
    for (const auto& queue : queues) {
        const auto found = leases_.find(LockKey{std::string{group}, queue.topic, queue.queue_id.value()});
        if (found == leases_.end() || found->second.client != client) continue;
        if (!change.locks) change.locks.emplace();
        change.locks->push_back({{}, found->first.group, found->first.queue_id, found->first.topic});
        leases_.erase(found);
    }
    // A release that the log does not take is made good by the end of the lease.
    if (change.locks) (void)group_->propose(change);
}

// Leases that nobody has renewed, here and with what the log is told next.
void QueueLocks::forget_expired(replication::InternalRecord& change) {
    constexpr std::size_t at_a_time = 1'000;
    const Instant now = runtime_.clock.now();
    if (now < forgets_again_at_) return;
    forgets_again_at_ = now + 1s;
    if (!change.locks) change.locks.emplace();
    std::size_t forgotten = 0;
    std::erase_if(leases_, [&](const auto& entry) {
        const auto& [key, held] = entry;
        if (now - held.renewed <= lease || forgotten == at_a_time) return false;
        ++forgotten;
        change.locks->push_back({{}, key.group, key.queue_id, key.topic});
        return true;
    });
    if (change.locks->empty()) change.locks.reset();
}

void QueueLocks::forget(const replication::InternalRecord& change) {
    const auto& topics = change.deleted_topics;
    const auto& groups = change.deleted_groups;
    if (!topics && !groups) return;
    std::erase_if(leases_, [&](const auto& entry) {
        const LockKey& key = entry.first;
        return (topics && std::ranges::find(*topics, key.topic) != topics->end()) ||
               (groups && std::ranges::find(*groups, key.group) != groups->end());
    });
}

bool QueueLocks::group_holds_any(std::string_view group) const {
    const Instant now = runtime_.clock.now();
    for (auto at = leases_.lower_bound(LockKey{std::string{group}, {}, INT32_MIN});
         at != leases_.end() && at->first.group == group; ++at) {
        if (!at->second.client.empty() && now - at->second.renewed <= lease) return true;
    }
    return false;
}

}  // namespace tern::broker
