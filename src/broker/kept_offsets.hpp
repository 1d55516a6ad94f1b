// What consumers commit to a member while its leader is away: kept, and handed to the leader when there is
// one again. No group is moved backwards by it, nor forwards over what somebody has set back meanwhile.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/inplace_function.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "broker/consumer_offsets.hpp"

namespace tern::broker {

// Of one loop; the table outlives it.
class KeptOffsets {
public:
    static constexpr std::size_t entries_max = 100'000;  // Queues; what comes with more is not kept.

    struct Kept {
        std::string_view group;
        std::string_view topic;
        QueueId queue;
        QueueOffset offset;
        QueueOffset since;  // What the group had when it was kept; 0 when nothing.
    };
    // Gives one to the leader, which takes it if the group is at `since` or behind it, and before `offset`.
    // False when there is no leader to give it to.
    using HandOver = InplaceFunction<bool(const Kept&), 32>;

    explicit KeptOffsets(const ConsumerOffsets& table) : table_{table} {}

    // False when there is no room for it.
    bool keep(std::string_view group, std::string_view topic, QueueId queue, QueueOffset offset);
    // The newest that is kept; nothing when the table's is as new.
    std::optional<QueueOffset> find(std::string_view group, std::string_view topic, QueueId queue) const;
    // To be called again and again while size() > 0: what was handed over is forgotten once the table has it.
    void hand_over(HandOver to_leader);

    std::size_t size() const { return entries_.size(); }
    const std::uint64_t& not_kept() const { return not_kept_; }

    // As docs/formats/kept-offsets.md has it, and from there in place of all. After an error of
    // json::decode() nothing is changed.
    std::string text() const;
    Result<> restore(std::string_view text);
    // Another one after each change.
    std::uint64_t revision() const { return revision_; }

private:
    struct Key {
        std::string group;
        std::string topic;
        QueueId queue;
        auto operator<=>(const Key&) const = default;
    };
    struct Entry {
        QueueOffset offset;
        QueueOffset since;
    };

    QueueOffset known(const Key& key) const {
        return table_.find(key.group, key.topic, key.queue).value_or(QueueOffset{0});
    }

    const ConsumerOffsets& table_;
    std::map<Key, Entry> entries_;
    std::uint64_t not_kept_{0};
    std::uint64_t revision_{0};
};

}  // namespace tern::broker
