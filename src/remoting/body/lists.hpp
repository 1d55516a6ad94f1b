// Bodies that are one list or one table of names.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/fields.hpp"

namespace tern::remoting {

struct TopicList {
    std::optional<std::string> broker_addr{};
    std::vector<std::string> topic_list{};

    static constexpr auto fields() {
        return list_of(field("brokerAddr", &TopicList::broker_addr),
                       optional_field("topicList", &TopicList::topic_list));
    }
    friend bool operator==(const TopicList&, const TopicList&) = default;
};

struct GroupList {
    std::vector<std::string> group_list{};

    static constexpr auto fields() { return list_of(optional_field("groupList", &GroupList::group_list)); }
    friend bool operator==(const GroupList&, const GroupList&) = default;
};

// The client ids of a group's members.
struct ConsumerListBody {
    std::vector<std::string> consumer_id_list{};

    static constexpr auto fields() {
        return list_of(optional_field("consumerIdList", &ConsumerListBody::consumer_id_list));
    }
    friend bool operator==(const ConsumerListBody&, const ConsumerListBody&) = default;
};

// The client ids of all groups that a member of a broker group hears, in answer to GET_CONSUMERS (300003).
struct ConsumersBody {
    using ClientIds = std::set<std::string, std::less<>>;

    bool is_young{false};                                       // It may not have heard all of them yet.
    std::map<std::string, ClientIds, std::less<>> consumers{};  // By group.

    static constexpr auto fields() {
        using R = ConsumersBody;
        return list_of(field("young", &R::is_young), optional_field("consumers", &R::consumers));
    }
    friend bool operator==(const ConsumersBody&, const ConsumersBody&) = default;
};

// Key-value configuration, and what a broker tells of itself (28).
struct KVTable {
    std::map<std::string, std::string> table{};

    static constexpr auto fields() { return list_of(optional_field("table", &KVTable::table)); }
    friend bool operator==(const KVTable&, const KVTable&) = default;
};

}  // namespace tern::remoting
