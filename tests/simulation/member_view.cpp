#include "simulation/member_view.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "simulation/machine.hpp"
#include "store/message_store.hpp"

namespace tern::simulation {

MemberView::State BrokerView::state() const {
    const auto& [group, store, forwarder] = inside_;
    const auto& log = store.commit_log();
    return {.is_poisoned = group.is_poisoned(),
            .leads = group.role() == raft::Role::leader,
            .term = group.term(),
            .committed = group.committed(),
            .begin = log.begin(),
            .end = log.end(),
            .flushed = log.flushed()};
}

std::optional<std::string_view> BrokerView::bytes(PhysicalOffset from, std::int64_t size) const {
    const std::int64_t segment = inside_.store.config().segment_size;
    const std::int64_t in_segment = segment - from.value() % segment;
    return inside_.store.commit_log().view(from, std::min(size, in_segment));
}

PhysicalOffset BrokerView::snapshot() const {
    constexpr std::string_view prefix = "snapshot-";
    PhysicalOffset newest;
    const auto entries = disk_.list(std::string{store_root} + "/tern");
    if (!entries) return newest;
    for (const auto& entry : *entries) {
        if (!entry.name.starts_with(prefix)) continue;
        const auto position = parse_number<std::int64_t>(std::string_view{entry.name}.substr(prefix.size()));
        if (position) newest = std::max(newest, PhysicalOffset{*position});
    }
    return newest;
}

}  // namespace tern::simulation
