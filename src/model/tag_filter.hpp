// Filtering by tag: a subscription says "TagA || TagB", a queue entry holds the hash of its message's tag.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "model/subscription.hpp"

namespace tern::model {

// The code of a message's tag in a queue entry; 0 for none.
inline std::int64_t tag_code(std::string_view tag) {
    return java_hash(tag);
}

// What a client makes of an expression: nothing and "*" ask for all. Errc::subscription_malformed when there
// is no tag in it at all.
Result<SubscriptionData> tag_subscription(std::string_view topic, std::string_view expression,
                                          std::int64_t version);

// No filter at all, or tags by their codes. By codes different tags may meet, and a code that is no hash of
// 32 bits is the address that Java's enableConsumeQueueExt put there: clients compare the tags themselves.
inline bool accepts_all(const SubscriptionData& subscription) {
    return subscription.sub_string == subscribe_all;
}
inline bool matches_tag_code(const SubscriptionData& subscription, std::int64_t code) {
    return accepts_all(subscription) || !std::in_range<std::int32_t>(code) ||
           subscription.code_set.contains(static_cast<std::int32_t>(code));
}

}  // namespace tern::model
