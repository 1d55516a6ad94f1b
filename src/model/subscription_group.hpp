// What a broker knows of a consumer group: a row of subscriptionGroup.json.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "base/strong.hpp"
#include "model/subscription.hpp"
#include "model/topic_config.hpp"

namespace tern::model {

enum class GroupRetryPolicyType { exponential, customized };
constexpr std::array<std::string_view, 2> enum_names(GroupRetryPolicyType) {
    return {"EXPONENTIAL", "CUSTOMIZED"};
}

struct CustomizedRetryPolicy {
    std::vector<std::int64_t> next{};  // Milliseconds before each attempt.

    static constexpr auto fields() { return list_of(optional_field("next", &CustomizedRetryPolicy::next)); }
    friend bool operator==(const CustomizedRetryPolicy&, const CustomizedRetryPolicy&) = default;
};

struct ExponentialRetryPolicy {
    std::int64_t initial_ms{5'000};
    std::int64_t max_ms{7'200'000};
    std::int64_t multiplier{2};

    static constexpr auto fields() {
        using P = ExponentialRetryPolicy;
        return list_of(optional_field("initial", &P::initial_ms), optional_field("max", &P::max_ms),
                       optional_field("multiplier", &P::multiplier));
    }
    friend bool operator==(const ExponentialRetryPolicy&, const ExponentialRetryPolicy&) = default;
};

struct GroupRetryPolicy {
    std::optional<CustomizedRetryPolicy> customized{};
    std::optional<ExponentialRetryPolicy> exponential{};
    GroupRetryPolicyType type{GroupRetryPolicyType::customized};

    static constexpr auto fields() {
        using P = GroupRetryPolicy;
        return list_of(field("customizedRetryPolicy", &P::customized),
                       field("exponentialRetryPolicy", &P::exponential), optional_field("type", &P::type));
    }
    friend bool operator==(const GroupRetryPolicy&, const GroupRetryPolicy&) = default;
};

struct SimpleSubscriptionData {
    std::string expression{};
    std::string expression_type{expression_type_tag};
    std::string topic{};
    std::int64_t version{};

    static constexpr auto fields() {
        using S = SimpleSubscriptionData;
        return list_of(optional_field("expression", &S::expression),
                       optional_field("expressionType", &S::expression_type), field("topic", &S::topic),
                       optional_field("version", &S::version));
    }
    friend bool operator==(const SimpleSubscriptionData&, const SimpleSubscriptionData&) = default;
};

struct SubscriptionGroupConfig {
    Attributes attributes{};
    BrokerId broker_id{};
    bool consume_broadcast_enable{true};
    bool consume_enable{true};
    bool consume_from_min_enable{true};
    bool consume_message_orderly{};
    std::int32_t consume_timeout_minute{15};
    std::string group_name{};
    GroupRetryPolicy group_retry_policy{};
    std::int32_t group_sys_flag{};
    bool notify_consumer_ids_changed_enable{true};
    std::int32_t retry_max_times{16};
    std::int32_t retry_queue_nums{1};
    std::optional<std::vector<SimpleSubscriptionData>> subscription_data_set{};
    BrokerId which_broker_when_consume_slowly{1};

    static constexpr auto fields() {
        using C = SubscriptionGroupConfig;
        return list_of(
            optional_field("attributes", &C::attributes), optional_field("brokerId", &C::broker_id),
            optional_field("consumeBroadcastEnable", &C::consume_broadcast_enable),
            optional_field("consumeEnable", &C::consume_enable),
            optional_field("consumeFromMinEnable", &C::consume_from_min_enable),
            optional_field("consumeMessageOrderly", &C::consume_message_orderly),
            optional_field("consumeTimeoutMinute", &C::consume_timeout_minute),
            field("groupName", &C::group_name), optional_field("groupRetryPolicy", &C::group_retry_policy),
            optional_field("groupSysFlag", &C::group_sys_flag),
            optional_field("notifyConsumerIdsChangedEnable", &C::notify_consumer_ids_changed_enable),
            optional_field("retryMaxTimes", &C::retry_max_times),
            optional_field("retryQueueNums", &C::retry_queue_nums),
            field("subscriptionDataSet", &C::subscription_data_set),
            optional_field("whichBrokerWhenConsumeSlowly", &C::which_broker_when_consume_slowly));
    }
    friend bool operator==(const SubscriptionGroupConfig&, const SubscriptionGroupConfig&) = default;
};

}  // namespace tern::model
