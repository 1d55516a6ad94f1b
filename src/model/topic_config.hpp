// What a broker knows of a topic: a row of topics.json and of a registration at the NameServer.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/fields.hpp"
#include "base/result.hpp"
#include "model/permission.hpp"

namespace tern::model {

enum class TopicFilterType { single_tag, multi_tag };
constexpr std::array<std::string_view, 2> enum_names(TopicFilterType) {
    return {"SINGLE_TAG", "MULTI_TAG"};
}

namespace topic_sys_flag {
inline constexpr std::int32_t unit = 1;
inline constexpr std::int32_t unit_subscription = 2;
}  // namespace topic_sys_flag

// "message.type" → "FIFO" and the like. In a request each name carries its sign: "+message.type" sets, "-…"
// deletes.
using Attributes = std::map<std::string, std::string>;

struct TopicConfig {
    std::string name{};
    std::int32_t read_queue_nums{16};
    std::int32_t write_queue_nums{16};
    std::int32_t perm{permission::read | permission::write};
    TopicFilterType filter_type{TopicFilterType::single_tag};
    std::int32_t sys_flag{};
    bool order{};
    Attributes attributes{};

    static constexpr auto fields() {
        using C = TopicConfig;
        return list_of(optional_field("attributes", &C::attributes), optional_field("order", &C::order),
                       optional_field("perm", &C::perm), optional_field("readQueueNums", &C::read_queue_nums),
                       optional_field("topicFilterType", &C::filter_type), field("topicName", &C::name),
                       optional_field("topicSysFlag", &C::sys_flag),
                       optional_field("writeQueueNums", &C::write_queue_nums));
    }
    friend bool operator==(const TopicConfig&, const TopicConfig&) = default;
};

// The line of a compressed registration (wire-protocol 4.2): "name readQueueNums writeQueueNums perm
// filterType [attributes as JSON]". Order and sysFlag are not in it. Errc::malformed names the part.
std::string topic_config_line(const TopicConfig& config);
Result<TopicConfig> parse_topic_config_line(std::string_view line);

}  // namespace tern::model
