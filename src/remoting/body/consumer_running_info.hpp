// What a consumer tells of itself when it is asked through its broker (307; wire-protocol 11).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/strong.hpp"
#include "model/message_queue.hpp"
#include "model/subscription.hpp"

namespace tern::remoting {

// A queue that the member has.
struct ProcessQueueInfo {
    std::int64_t cached_messages{};
    QueueOffset commit_offset{};
    bool is_dropped{};
    bool is_locked{};
    std::int64_t last_consume_timestamp{};
    std::int64_t last_lock_timestamp{};
    std::int64_t last_pull_timestamp{};

    static constexpr auto fields() {
        using I = ProcessQueueInfo;
        return list_of(optional_field("cachedMsgCount", &I::cached_messages),
                       optional_field("commitOffset", &I::commit_offset),
                       optional_field("droped", &I::is_dropped), optional_field("locked", &I::is_locked),
                       optional_field("lastConsumeTimestamp", &I::last_consume_timestamp),
                       optional_field("lastLockTimestamp", &I::last_lock_timestamp),
                       optional_field("lastPullTimestamp", &I::last_pull_timestamp));
    }
    friend bool operator==(const ProcessQueueInfo&, const ProcessQueueInfo&) = default;
};

// A topic's; times in milliseconds.
struct ConsumeStatus {
    std::int64_t consume_failed_messages{};
    double consume_failed_tps{};
    double consume_ok_tps{};
    double consume_rt{};
    double pull_rt{};
    double pull_tps{};

    static constexpr auto fields() {
        using S = ConsumeStatus;
        return list_of(optional_field("consumeFailedMsgs", &S::consume_failed_messages),
                       optional_field("consumeFailedTPS", &S::consume_failed_tps),
                       optional_field("consumeOKTPS", &S::consume_ok_tps),
                       optional_field("consumeRT", &S::consume_rt), optional_field("pullRT", &S::pull_rt),
                       optional_field("pullTPS", &S::pull_tps));
    }
    friend bool operator==(const ConsumeStatus&, const ConsumeStatus&) = default;
};

struct ConsumerRunningInfo {
    std::optional<std::string> jstack{};  // Its threads, if they were asked for.
    std::map<model::MessageQueue, ProcessQueueInfo> mq_table{};
    std::map<std::string, std::string> properties{};
    std::map<std::string, ConsumeStatus> status_table{};  // By topic.
    std::vector<model::SubscriptionData> subscription_set{};

    static constexpr auto fields() {
        using I = ConsumerRunningInfo;
        return list_of(field("jstack", &I::jstack), optional_field("mqTable", &I::mq_table),
                       optional_field("properties", &I::properties),
                       optional_field("statusTable", &I::status_table),
                       optional_field("subscriptionSet", &I::subscription_set));
    }
    friend bool operator==(const ConsumerRunningInfo&, const ConsumerRunningInfo&) = default;
};

}  // namespace tern::remoting
