// What a consumer group wants of a topic, as its members' heartbeats say it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/fields.hpp"

namespace tern::model {

inline constexpr std::string_view subscribe_all = "*";
inline constexpr std::string_view expression_type_tag = "TAG";
inline constexpr std::string_view expression_type_sql92 = "SQL92";

struct SubscriptionData {
    bool class_filter_mode{};
    // Hashes of the tags, as the client took them: the broker filters by these and never parses the
    // expression again.
    std::set<std::int32_t> code_set{};
    std::string expression_type{expression_type_tag};
    std::string sub_string{};
    std::int64_t
        sub_version{};  // Milliseconds from Java and C++ clients, nanoseconds from Go: only to be compared.
    std::set<std::string> tags_set{};
    std::string topic{};

    static constexpr auto fields() {
        using S = SubscriptionData;
        return list_of(
            optional_field("classFilterMode", &S::class_filter_mode), optional_field("codeSet", &S::code_set),
            optional_field("expressionType", &S::expression_type),
            optional_field("subString", &S::sub_string), optional_field("subVersion", &S::sub_version),
            optional_field("tagsSet", &S::tags_set), field("topic", &S::topic));
    }
    friend bool operator==(const SubscriptionData&, const SubscriptionData&) = default;
};

}  // namespace tern::model
