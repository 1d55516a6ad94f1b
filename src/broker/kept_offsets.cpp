#include "broker/kept_offsets.hpp"

#include <algorithm>

namespace tern::broker {

void KeptOffsets::keep(std::string_view group, std::string_view topic, QueueId queue, QueueOffset offset) {
    Key key{std::string{group}, std::string{topic}, queue};
    if (const auto found = entries_.find(key); found != entries_.end()) {
        found->second.offset = std::max(found->second.offset, offset);
        return;
    }
    const QueueOffset since = known(key);
    if (offset <= since) return;
    if (entries_.size() == entries_max) {
        ++not_kept_;
        return;
    }
    entries_.emplace(std::move(key), Entry{offset, since});
}

std::optional<QueueOffset> KeptOffsets::find(std::string_view group, std::string_view topic,
                                             QueueId queue) const {
    const Key key{std::string{group}, std::string{topic}, queue};
    const auto found = entries_.find(key);
    if (found == entries_.end() || found->second.offset <= known(key)) return std::nullopt;
    return found->second.offset;
}

// The table may have caught up with what the leader before had, or show that the group was set back.
void KeptOffsets::hand_over(HandOver to_leader) {
    for (auto at = entries_.begin(); at != entries_.end();) {
        const auto& [key, entry] = *at;
        const QueueOffset now = known(key);
        if (now >= entry.offset || now < entry.since) {
            at = entries_.erase(at);
            continue;
        }
        if (!to_leader({key.group, key.topic, key.queue, entry.offset, entry.since})) return;
        ++at;
    }
}

}  // namespace tern::broker
