// Topics of a broker, as it registers them and as it hands them to a slave or to an administrator.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "json/fields.hpp"
#include "model/data_version.hpp"
#include "model/topic_config.hpp"

namespace tern::remoting {

// Java's TopicConfigSerializeWrapper: in registrations (103), in the answer to 21 and, without the mappings
// of static topics, in topics.json.
struct TopicConfigTable {
    model::DataVersion data_version{};
    model::DataVersion mapping_data_version{};
    std::map<std::string, model::TopicConfig> topic_config_table{};
    std::map<std::string, json::Value> topic_queue_mapping_detail_map{};
    std::map<std::string, json::Value> topic_queue_mapping_info_map{};

    static constexpr auto fields() {
        using T = TopicConfigTable;
        return list_of(optional_field("dataVersion", &T::data_version),
                       optional_field("mappingDataVersion", &T::mapping_data_version),
                       optional_field("topicConfigTable", &T::topic_config_table),
                       optional_field("topicQueueMappingDetailMap", &T::topic_queue_mapping_detail_map),
                       optional_field("topicQueueMappingInfoMap", &T::topic_queue_mapping_info_map));
    }
    friend bool operator==(const TopicConfigTable&, const TopicConfigTable&) = default;
};

// UPDATE_AND_CREATE_TOPIC_LIST (18).
struct TopicConfigList {
    std::vector<model::TopicConfig> topic_config_list{};

    static constexpr auto fields() {
        return list_of(optional_field("topicConfigList", &TopicConfigList::topic_config_list));
    }
    friend bool operator==(const TopicConfigList&, const TopicConfigList&) = default;
};

}  // namespace tern::remoting
