// Administration of topics and consumer groups on a broker (wire-protocol 12, 14.1). Lists of them (18, 225)
// and single groups (200) travel in bodies: body/topic_config_table.hpp, body/subscription_group_table.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fields.hpp"
#include "model/topic_config.hpp"
#include "remoting/request_code.hpp"

namespace tern::remoting {

struct CreateTopicRequest {
    static constexpr RequestCode code = RequestCode::update_and_create_topic;

    std::optional<std::string_view> attributes{};  // "+message.type=FIFO,-reserve.time"
    std::string_view default_topic{};              // Means nothing.
    std::optional<bool> force{};
    bool order{};
    std::int32_t perm{};
    std::int32_t read_queue_nums{};
    std::string_view topic{};
    model::TopicFilterType topic_filter_type{};
    std::optional<std::int32_t> topic_sys_flag{};
    std::int32_t write_queue_nums{};

    static constexpr auto fields() {
        using R = CreateTopicRequest;
        return list_of(field("attributes", &R::attributes), field("defaultTopic", &R::default_topic),
                       field("force", &R::force), optional_field("order", &R::order), field("perm", &R::perm),
                       field("readQueueNums", &R::read_queue_nums), field("topic", &R::topic),
                       field("topicFilterType", &R::topic_filter_type),
                       field("topicSysFlag", &R::topic_sys_flag),
                       field("writeQueueNums", &R::write_queue_nums));
    }
};

struct DeleteTopicRequest {
    static constexpr RequestCode code = RequestCode::delete_topic_in_broker;

    std::string_view topic{};

    static constexpr auto fields() { return list_of(field("topic", &DeleteTopicRequest::topic)); }
};

// Answered with a TopicConfig, or code 17.
struct GetTopicConfigRequest {
    static constexpr RequestCode code = RequestCode::get_topic_config;

    std::optional<bool> logical{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = GetTopicConfigRequest;
        return list_of(field("lo", &R::logical), field("topic", &R::topic));
    }
};

// One page of the table of topics, sorted by name; from the start when the version differs. Older peers send
// none of it and want all. Answered with a TopicConfigTable.
struct GetAllTopicConfigRequest {
    static constexpr RequestCode code = RequestCode::get_all_topic_config;

    std::optional<std::string_view> data_version{};  // JSON of a DataVersion, or empty.
    std::optional<std::int32_t> max_topic_num{};
    std::optional<std::int32_t> topic_seq{};

    static constexpr auto fields() {
        using R = GetAllTopicConfigRequest;
        return list_of(field("dataVersion", &R::data_version), field("maxTopicNum", &R::max_topic_num),
                       field("topicSeq", &R::topic_seq));
    }
};

struct GetAllTopicConfigResponse {
    std::optional<std::int32_t> total_topic_num{};

    static constexpr auto fields() {
        return list_of(field("totalTopicNum", &GetAllTopicConfigResponse::total_topic_num));
    }
};

// The same for consumer groups. Answered with a SubscriptionGroupTable.
struct GetAllSubscriptionGroupRequest {
    static constexpr RequestCode code = RequestCode::get_all_subscriptiongroup_config;

    std::optional<std::string_view> data_version{};
    std::optional<std::int32_t> group_seq{};
    std::optional<std::int32_t> max_group_num{};

    static constexpr auto fields() {
        using R = GetAllSubscriptionGroupRequest;
        return list_of(field("dataVersion", &R::data_version), field("groupSeq", &R::group_seq),
                       field("maxGroupNum", &R::max_group_num));
    }
};

struct GetAllSubscriptionGroupResponse {
    std::optional<std::int32_t> total_group_num{};

    static constexpr auto fields() {
        return list_of(field("totalGroupNum", &GetAllSubscriptionGroupResponse::total_group_num));
    }
};

struct DeleteSubscriptionGroupRequest {
    static constexpr RequestCode code = RequestCode::delete_subscriptiongroup;

    bool clean_offset{};
    std::string_view group_name{};
    bool remove_offset{};  // What 4.9 clients call it.

    bool drops_offsets() const { return clean_offset || remove_offset; }

    static constexpr auto fields() {
        using R = DeleteSubscriptionGroupRequest;
        return list_of(optional_field("cleanOffset", &R::clean_offset), field("groupName", &R::group_name),
                       optional_field("removeOffset", &R::remove_offset));
    }
};

// Answered with a SubscriptionGroupConfig, or code 26.
struct GetSubscriptionGroupRequest {
    static constexpr RequestCode code = RequestCode::get_subscriptiongroup_config;

    std::string_view group{};

    static constexpr auto fields() { return list_of(field("group", &GetSubscriptionGroupRequest::group)); }
};

// Answered with a GroupForbidden.
struct UpdateGroupForbiddenRequest {
    static constexpr RequestCode code = RequestCode::update_and_get_group_forbidden;

    std::string_view group{};
    std::optional<bool> readable{};  // Only asked when it is not said.
    std::string_view topic{};

    static constexpr auto fields() {
        using R = UpdateGroupForbiddenRequest;
        return list_of(field("group", &R::group), field("readable", &R::readable), field("topic", &R::topic));
    }
};

}  // namespace tern::remoting
