// Any text where people and clients write one: property files, addresses, message ids, delay levels, tag
// expressions, the lines of old topic files, lists of NameServers. The first byte says which of them it is.
#include "base/properties.hpp"
#include "base/unicode.hpp"
#include "check.hpp"
#include "client/name_servers.hpp"
#include "model/delay_level.hpp"
#include "model/host.hpp"
#include "model/message_id.hpp"
#include "model/tag_filter.hpp"
#include "model/topic_config.hpp"
#include "model/topic_name.hpp"

namespace tern {
namespace {

// Bytes that are no UTF-8 come back as the character that stands for them.
bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto before = text;
        char again[4];
        const auto* end = write_utf8(take_code_point(text), again);
        if (before.substr(0, before.size() - text.size()) != std::string_view{again, end}) return false;
    }
    return true;
}

void check_properties(std::string_view text) {
    if (!is_utf8(text)) return void(parse_properties(text));
    const auto properties = parse_properties(text);
    if (!properties) return;
    std::string written;
    for (const auto& property : *properties) {
        TERN_ASSERT(property.line > 0);
        append_property(written, property.key, property.value);
    }
    if (written.size() > properties_text_size_max) return;  // Escapes may make it longer.
    const auto again = parse_properties(written);
    TERN_ASSERT(again && again->size() == properties->size());
    for (std::size_t i = 0; i < again->size(); ++i)
        TERN_ASSERT((*again)[i].key == (*properties)[i].key && (*again)[i].value == (*properties)[i].value);
}

void check_host(std::string_view text) {
    const auto host = model::Host::parse(text);
    if (!host) return;
    const auto again = model::Host::parse(host->text());
    TERN_ASSERT(again && *again == *host);
}

void check_message_id(std::string_view text) {
    const auto stored = model::parse_offset_message_id(text);
    if (!stored) return;
    const auto id = model::offset_message_id(stored->store_host, stored->offset);
    const auto again = model::parse_offset_message_id(id.text());
    TERN_ASSERT(again && again->store_host == stored->store_host && again->offset == stored->offset);
}

void check_delay_levels(std::string_view text) {
    const auto levels = model::DelayLevels::parse(text);
    if (!levels) return;
    for (int level = 1; level <= levels->max(); ++level) TERN_ASSERT(levels->delay_ms(level) >= 0);
}

void check_tags(std::string_view text) {
    const auto subscription = model::tag_subscription("Topic", text, 1);
    if (!subscription || model::accepts_all(*subscription)) return;
    for (const auto& tag : subscription->tags_set)
        TERN_ASSERT(model::matches_tag_code(*subscription, model::tag_code(tag)));
}

void check_topic_line(std::string_view text) {
    (void)model::parse_topic_config_line(text);
    (void)model::check_topic(text);
    (void)model::check_group(text);
}

void check_name_servers(std::string_view text) {
    const auto addresses = client::parse_name_servers(text);
    if (!addresses) return;
    for (const auto& address : *addresses) {
        const auto again = client::parse_name_servers(address);
        TERN_ASSERT(again && *again == std::vector{address});
    }
}

}  // namespace
}  // namespace tern

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using Check = void (*)(std::string_view);
    constexpr Check checks[] = {tern::check_properties,   tern::check_host, tern::check_message_id,
                                tern::check_delay_levels, tern::check_tags, tern::check_topic_line,
                                tern::check_name_servers};
    if (size == 0) return 0;
    checks[data[0] % std::size(checks)](tern::as_bytes(data, size).substr(1));
    return 0;
}
