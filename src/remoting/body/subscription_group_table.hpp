// Consumer groups of a broker, as it hands them to a slave or to an administrator.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"
#include "model/data_version.hpp"
#include "model/subscription_group.hpp"

namespace tern::remoting {

// The answer to 201, and subscriptionGroup.json.
struct SubscriptionGroupTable {
    model::DataVersion data_version{};
    std::map<std::string, std::map<std::string, std::int32_t>>
        forbidden_table{};  // Group → topic → forbidden bits.
    std::map<std::string, model::SubscriptionGroupConfig> subscription_group_table{};

    static constexpr auto fields() {
        using T = SubscriptionGroupTable;
        return list_of(optional_field("dataVersion", &T::data_version),
                       optional_field("forbiddenTable", &T::forbidden_table),
                       optional_field("subscriptionGroupTable", &T::subscription_group_table));
    }
    friend bool operator==(const SubscriptionGroupTable&, const SubscriptionGroupTable&) = default;
};

// UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST (225).
struct SubscriptionGroupList {
    std::vector<model::SubscriptionGroupConfig> group_config_list{};

    static constexpr auto fields() {
        return list_of(optional_field("groupConfigList", &SubscriptionGroupList::group_config_list));
    }
    friend bool operator==(const SubscriptionGroupList&, const SubscriptionGroupList&) = default;
};

// The answer to UPDATE_AND_GET_GROUP_FORBIDDEN (353).
struct GroupForbidden {
    std::string group{};
    bool readable{};
    std::string topic{};

    static constexpr auto fields() {
        using T = GroupForbidden;
        return list_of(field("group", &T::group), field("readable", &T::readable), field("topic", &T::topic));
    }
};

enum class MessageRequestMode { pull, pop };
constexpr std::array<std::string_view, 2> enum_names(MessageRequestMode) {
    return {"PULL", "POP"};
}

// SET_MESSAGE_REQUEST_MODE (401): how the group gets the topic's messages.
struct MessageRequestModeBody {
    std::string consumer_group{};
    MessageRequestMode mode{};
    std::int32_t pop_share_queue_num{};
    std::string topic{};

    static constexpr auto fields() {
        using B = MessageRequestModeBody;
        return list_of(field("consumerGroup", &B::consumer_group), optional_field("mode", &B::mode),
                       optional_field("popShareQueueNum", &B::pop_share_queue_num),
                       field("topic", &B::topic));
    }
    friend bool operator==(const MessageRequestModeBody&, const MessageRequestModeBody&) = default;
};

}  // namespace tern::remoting
