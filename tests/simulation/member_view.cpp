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
    const auto& log = inside_.store.commit_log();
    std::int64_t at_most = segment - from.value() % segment;
    if (from < log.written())
        at_most = std::min(at_most, log.written() - from);  // The rest is not there yet.
    return log.view(from, std::min(size, at_most));
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
