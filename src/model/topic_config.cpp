#include "model/topic_config.hpp"

#include "json/fields.hpp"

namespace tern::model {

std::string topic_config_line(const TopicConfig& config) {
    std::string line = config.name;
    for (const auto number : {config.read_queue_nums, config.write_queue_nums, config.perm})
        line += ' ' + std::to_string(number);
    line += ' ';
    line += enum_name(config.filter_type);
    line += ' ' + json::encode(config.attributes);
    return line;
}

Result<TopicConfig> parse_topic_config_line(std::string_view line) {
    auto rest = line;
    const auto next = [&rest] {
        const auto end = std::min(rest.find(' '), rest.size());
        const auto part = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        return part;
    };
    TopicConfig config{.name = std::string{next()}};
    const auto read_queue_nums = parse_number<std::int32_t>(next());
    const auto write_queue_nums = parse_number<std::int32_t>(next());
    const auto perm = parse_number<std::int32_t>(next());
    const auto filter_type = parse_enum<TopicFilterType>(next());
    if (config.name.empty() || !read_queue_nums || !write_queue_nums || !perm || !filter_type)
        return failure(Errc::malformed, "topic line: " + std::string{line.substr(0, 256)});
    config.read_queue_nums = *read_queue_nums;
    config.write_queue_nums = *write_queue_nums;
    config.perm = *perm;
    config.filter_type = *filter_type;
    if (!rest.empty()) {
        auto attributes = json::decode<Attributes>(rest);
        if (!attributes)
            return failure(Errc::malformed,
                           "attributes of topic " + config.name + ": " + attributes.error().detail);
        config.attributes = std::move(*attributes);
    }
    return config;
}

}  // namespace tern::model
