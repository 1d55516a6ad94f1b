#include "broker/kept_offsets.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/fields.hpp"
#include "json/fields.hpp"

namespace tern::broker {
namespace {

struct KeptOffset {
    std::string group;
    std::string topic;
    QueueId queue;
    QueueOffset offset;
    QueueOffset since;

    static constexpr auto fields() {
        using K = KeptOffset;
        return list_of(field("group", &K::group), field("topic", &K::topic), field("queue", &K::queue),
                       field("offset", &K::offset), field("since", &K::since));
    }
};

struct KeptOffsetList {
    std::vector<KeptOffset> offsets;

    static constexpr auto fields() { return list_of(field("offsets", &KeptOffsetList::offsets)); }
};

}  // namespace

bool KeptOffsets::keep(std::string_view group, std::string_view topic, QueueId queue, QueueOffset offset) {
    Key key{std::string{group}, std::string{topic}, queue};
    if (const auto found = entries_.find(key); found != entries_.end()) {
        if (offset > found->second.offset) ++revision_;
        found->second.offset = std::max(found->second.offset, offset);
        return true;
    }
    const QueueOffset since = known(key);
    if (offset <= since) return true;
    if (entries_.size() == entries_max) {
        ++not_kept_;
        return false;
    }
    entries_.emplace(std::move(key), Entry{offset, since});
    ++revision_;
    return true;
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
            ++revision_;
            continue;
        }
        if (!to_leader({key.group, key.topic, key.queue, entry.offset, entry.since})) return;
        ++at;
    }
}

std::string KeptOffsets::text() const {
    KeptOffsetList list;
    for (const auto& [key, entry] : entries_)
        list.offsets.push_back({key.group, key.topic, key.queue, entry.offset, entry.since});
    return json::encode(list);
}

Result<> KeptOffsets::restore(std::string_view text) {
    auto list = json::decode<KeptOffsetList>(text, json::own_text);
    if (!list) return std::unexpected(list.error());
    std::map<Key, Entry> entries;
    for (auto& [group, topic, queue, offset, since] : list->offsets)
        entries.emplace(Key{std::move(group), std::move(topic), queue}, Entry{offset, since});
    entries_ = std::move(entries);
    ++revision_;
    return {};
}

}  // namespace tern::broker
