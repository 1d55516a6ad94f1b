// Looking messages up, by key and by place (wire-protocol 8). The bodies of the answers are stored messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fields.hpp"
#include "base/strong.hpp"
#include "remoting/request_code.hpp"

namespace tern::remoting {

// Code 22 when nothing is found.
struct QueryMessageRequest {
    static constexpr RequestCode code = RequestCode::query_message;

    bool unique_key_query{};  // The key is a message's unique id.
    std::int64_t begin_timestamp{};
    std::int64_t end_timestamp{};
    std::optional<std::string_view> index_type{};  // K, U or T: key, unique key, tag; from 5.5 on.
    std::string_view key{};
    std::int32_t max_num{};
    std::string_view topic{};

    static constexpr auto fields() {
        using R = QueryMessageRequest;
        return list_of(optional_field("_UNIQUE_KEY_QUERY", &R::unique_key_query),
                       field("beginTimestamp", &R::begin_timestamp), field("endTimestamp", &R::end_timestamp),
                       field("indexType", &R::index_type), field("key", &R::key),
                       field("maxNum", &R::max_num), field("topic", &R::topic));
    }
};

struct QueryMessageResponse {
    PhysicalOffset index_last_update_phy_offset{};
    std::int64_t index_last_update_timestamp{};

    static constexpr auto fields() {
        using R = QueryMessageResponse;
        return list_of(field("indexLastUpdatePhyoffset", &R::index_last_update_phy_offset),
                       field("indexLastUpdateTimestamp", &R::index_last_update_timestamp));
    }
};

struct ViewMessageRequest {
    static constexpr RequestCode code = RequestCode::view_message_by_id;

    PhysicalOffset offset{};
    std::optional<std::string_view> topic{};

    static constexpr auto fields() {
        using R = ViewMessageRequest;
        return list_of(field("offset", &R::offset), field("topic", &R::topic));
    }
};

}  // namespace tern::remoting
