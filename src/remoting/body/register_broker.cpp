#include "remoting/body/register_broker.hpp"

#include <zlib.h>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "json/fields.hpp"

namespace tern::remoting {
namespace {

constexpr std::int32_t version_with_register_body = 37;  // 3.0.11; before it the body was the table alone.
constexpr std::int32_t version_with_mappings = 413;      // 5.0.0

constexpr json::Limits table_limits{.values = 4'000'000};  // About 200,000 topics.

std::unexpected<Error> malformed(std::string_view what) {
    return failure(Errc::malformed, "compressed registration: " + std::string{what});
}

Result<std::string> inflate_bounded(std::string_view compressed) {
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) return malformed("zlib");
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    stream.avail_in = static_cast<uInt>(compressed.size());
    std::string inflated;
    int state = Z_OK;
    while (state == Z_OK && inflated.size() <= inflated_body_size_max) {
        constexpr std::size_t step = 64 * 1024;
        const auto used = inflated.size();
        inflated.resize(used + step);
        stream.next_out = reinterpret_cast<Bytef*>(inflated.data() + used);
        stream.avail_out = step;
        state = inflate(&stream, Z_NO_FLUSH);
        inflated.resize(used + step - stream.avail_out);
        if (state == Z_BUF_ERROR || (state == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)) break;
    }
    inflateEnd(&stream);
    if (inflated.size() > inflated_body_size_max)
        return failure(Errc::limit_exceeded, "compressed registration: inflates beyond the limit");
    if (state != Z_STREAM_END) return malformed("no whole zlib stream");
    return inflated;
}

std::string deflate_all(std::string_view plain) {
    auto size = compressBound(plain.size());
    std::string compressed(size, '\0');
    const auto state = compress(reinterpret_cast<Bytef*>(compressed.data()), &size,
                                reinterpret_cast<const Bytef*>(plain.data()), plain.size());
    TERN_ASSERT(state == Z_OK);
    compressed.resize(size);
    return compressed;
}

std::optional<std::string_view> read_text(ByteReader& reader) {
    const auto size = reader.read<std::int32_t>();
    if (!size || *size < 0) return std::nullopt;
    return reader.read_bytes(static_cast<std::size_t>(*size));
}

template <class T>
Result<T> read_json(ByteReader& reader, std::string_view what) {
    const auto text = read_text(reader);
    if (!text) return malformed(what);
    return json::decode<T>(*text);
}

Result<> read_topics(ByteReader& reader, TopicConfigTable& table) {
    const auto count = reader.read<std::int32_t>();
    if (!count) return malformed("number of topics");
    for (std::int32_t i = 0; i < *count; ++i) {
        const auto line = read_text(reader);
        if (!line) return malformed("topic");
        auto config = model::parse_topic_config_line(*line);
        if (!config) return std::unexpected{std::move(config.error())};
        table.topic_config_table.insert_or_assign(config->name, std::move(*config));
    }
    return {};
}

Result<> read_mappings(ByteReader& reader, TopicConfigTable& table) {
    const auto count = reader.read<std::int32_t>();
    if (!count) return malformed("number of mappings");
    for (std::int32_t i = 0; i < *count; ++i) {
        auto mapping = read_json<json::Value>(reader, "mapping");
        if (!mapping) return std::unexpected{std::move(mapping.error())};
        const auto* topic = (*mapping)["topic"].string();
        if (topic == nullptr) return malformed("mapping without a topic");
        table.topic_queue_mapping_info_map.insert_or_assign(*topic, *mapping);
    }
    return {};
}

Result<RegisterBrokerBody> decode_compressed(std::string_view compressed, std::int32_t sender_version) {
    const auto plain = inflate_bounded(compressed);
    if (!plain) return std::unexpected{plain.error()};
    ByteReader reader{*plain};
    RegisterBrokerBody body;
    auto version = read_json<model::DataVersion>(reader, "data version");
    if (!version) return std::unexpected{std::move(version.error())};
    body.topic_config_table.data_version = *version;
    if (auto topics = read_topics(reader, body.topic_config_table); !topics)
        return std::unexpected{std::move(topics.error())};
    auto filter_servers = read_json<std::vector<std::string>>(reader, "filter servers");
    if (!filter_servers) return std::unexpected{std::move(filter_servers.error())};
    body.filter_server_list = std::move(*filter_servers);
    if (sender_version >= version_with_mappings) {
        if (auto mappings = read_mappings(reader, body.topic_config_table); !mappings)
            return std::unexpected{std::move(mappings.error())};
    }
    return body;
}

}  // namespace

Result<RegisterBrokerBody> decode_register_broker_body(std::string_view body, bool compressed,
                                                       std::int32_t sender_version) {
    if (body.empty()) return RegisterBrokerBody{};
    if (compressed) return decode_compressed(body, sender_version);
    if (sender_version >= version_with_register_body)
        return json::decode<RegisterBrokerBody>(body, table_limits);
    auto table = json::decode<TopicConfigTable>(body, table_limits);
    if (!table) return std::unexpected{std::move(table.error())};
    return RegisterBrokerBody{.topic_config_table = std::move(*table)};
}

std::string encode_compressed_register_broker_body(const RegisterBrokerBody& body, std::int32_t version) {
    std::string plain;
    const auto put_number = [&plain](std::size_t number) {
        char bytes[sizeof(std::int32_t)];
        store_be<std::int32_t>(bytes, static_cast<std::int32_t>(number));
        plain.append(bytes, sizeof bytes);
    };
    const auto put_text = [&](std::string_view text) {
        put_number(text.size());
        plain += text;
    };
    const auto& table = body.topic_config_table;
    put_text(json::encode(table.data_version));
    put_number(table.topic_config_table.size());
    for (const auto& [name, config] : table.topic_config_table) put_text(model::topic_config_line(config));
    put_text(json::encode(body.filter_server_list));
    if (version >= version_with_mappings) {
        put_number(table.topic_queue_mapping_info_map.size());
        for (const auto& [topic, mapping] : table.topic_queue_mapping_info_map)
            put_text(json::write(mapping));
    }
    return deflate_all(plain);
}

}  // namespace tern::remoting
