#include "cli/group_health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/rocketmq_text.hpp"

namespace tern::cli {
namespace {

constexpr std::int64_t blocked_after_ms = 60'000;

bool has_property(const remoting::ConsumerRunningInfo& info, const std::string& name,
                  std::string_view value) {
    const auto found = info.properties.find(name);
    return found != info.properties.end() && found->second == value;
}

}  // namespace

bool subscribe_the_same(const std::vector<MemberInfo>& members) {
    const auto wanted = [](const MemberInfo& member) {
        std::set<std::pair<std::string, std::string>> topics;
        for (const auto& each : member.info.subscription_set) topics.emplace(each.topic, each.sub_string);
        return topics;
    };
    return std::ranges::all_of(members,
                               [&](const auto& member) { return wanted(member) == wanted(members.front()); });
}

bool share_without_conflict(const std::vector<MemberInfo>& members) {
    std::set<model::MessageQueue> taken;
    for (const auto& member : members) {
        for (const auto& [queue, state] : member.info.mq_table)
            if (!state.is_dropped && !taken.insert(queue).second) return false;
    }
    return true;
}

std::vector<std::string> queue_troubles(const MemberInfo& member, WallMillis now) {
    std::vector<std::string> troubles;
    if (!has_property(member.info, "PROP_CONSUME_TYPE", "CONSUME_PASSIVELY")) return troubles;
    const bool in_order = has_property(member.info, "PROP_CONSUME_ORDERLY", "true");
    for (const auto& [queue, state] : member.info.mq_table) {
        if (in_order && !state.is_locked) {
            troubles.push_back(fmt::format("{} {} can't lock for a while, {}ms", member.client_id,
                                           queue_text(queue), now - state.last_lock_timestamp));
        } else if (const auto waited = now - state.last_consume_timestamp;
                   !in_order && state.cached_messages > 0 && waited > blocked_after_ms) {
            troubles.push_back(fmt::format("{} {} can't consume for a while, maybe blocked, {}ms",
                                           member.client_id, queue_text(queue), waited));
        }
    }
    return troubles;
}

}  // namespace tern::cli
