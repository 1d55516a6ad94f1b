// The tables of offsets that a broker keeps and hands to its slaves (wire-protocol 14.1), in the form that
// its files consumerOffset.json and delayOffset.json have too.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "base/fields.hpp"
#include "base/strong.hpp"
#include "model/data_version.hpp"

namespace tern::remoting {

using OffsetsByQueue = std::map<QueueId, QueueOffset>;

// Keys are "topic@group".
struct ConsumerOffsetTable {
    model::DataVersion data_version{};
    std::map<std::string, std::set<std::string>> group_topic_map{};  // For people; not to be read.
    std::map<std::string, OffsetsByQueue> offset_table{};
    std::map<std::string, OffsetsByQueue> pull_offset_table{};

    static constexpr auto fields() {
        using T = ConsumerOffsetTable;
        return list_of(optional_field("dataVersion", &T::data_version),
                       optional_field("groupTopicMap", &T::group_topic_map),
                       optional_field("offsetTable", &T::offset_table),
                       optional_field("pullOffsetTable", &T::pull_offset_table));
    }
    friend bool operator==(const ConsumerOffsetTable&, const ConsumerOffsetTable&) = default;
};

struct DelayOffsetTable {
    model::DataVersion data_version{};
    std::map<std::int32_t, QueueOffset> offset_table{};  // By delay level, from 1.

    static constexpr auto fields() {
        return list_of(optional_field("dataVersion", &DelayOffsetTable::data_version),
                       optional_field("offsetTable", &DelayOffsetTable::offset_table));
    }
    friend bool operator==(const DelayOffsetTable&, const DelayOffsetTable&) = default;
};

}  // namespace tern::remoting
