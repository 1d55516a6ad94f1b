// Values computed by the classes of the Java system, both releases (tests/compatibility/golden/README.md).
// Those of base are here, too, for reading the files takes json.
#include <filesystem>
#include <fstream>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "json/fields.hpp"
#include "model/data_version.hpp"
#include "model/message_batch.hpp"
#include "model/message_id.hpp"
#include "model/message_properties.hpp"
#include "model/message_record.hpp"
#include "model/subscription_group.hpp"
#include "model/tag_filter.hpp"
#include "model/topic_config.hpp"
#include "model/topic_name.hpp"

namespace tern::model {
namespace {

// Calls check(vector) for each in the files of that name.
template <class Check>
void for_each_vector(const std::string& name, Check&& check) {
    for (const auto* release : {"4.9.7", "5.5.0"}) {
        const auto path = std::filesystem::path{TERN_SOURCE_DIR} / "tests/compatibility/golden/hash" /
                          release / (name + ".json");
        std::ifstream in{path, std::ios::binary};
        const auto vectors = json::parse(std::string{std::istreambuf_iterator<char>{in}, {}});
        ASSERT_TRUE(vectors && vectors->array() != nullptr) << path;
        for (const auto& vector : *vectors->array()) {
            SCOPED_TRACE(release + (" " + json::write(vector)));
            check(vector);
        }
    }
}

std::string text(const json::Value& value) {
    return value.string() != nullptr ? *value.string() : "";
}
std::int64_t number(const json::Value& value) {
    if (const auto* integer = value.integer()) return *integer;
    return parse_number<std::int64_t>(text(value)).value_or(-1);
}
bool flag(const json::Value& value) {
    return value.boolean() != nullptr && *value.boolean();
}

TEST(GoldenVectors, of_string_hashes_and_tag_codes) {
    for_each_vector("string_hash", [](const json::Value& vector) {
        EXPECT_EQ(java_hash(text(vector["text"])), number(vector["javaHashCode"]));
        EXPECT_EQ(tag_code(text(vector["text"])), number(vector["tagsCode"]));
    });
}

TEST(GoldenVectors, of_checksums) {
    for_each_vector("crc32", [](const json::Value& vector) {
        const auto* hex = vector["hex"].string();
        std::string bytes = hex != nullptr ? *from_hex(*hex) : "";
        if (text(vector["content"]) == "1024 zero bytes") bytes.assign(1024, '\0');
        while (text(vector["content"]).starts_with('"') && bytes.size() < 3000) bytes += "abc";
        EXPECT_EQ(crc32_masked(bytes), number(vector["crc32_masked"]));
    });
}

TEST(GoldenVectors, of_offset_message_ids) {
    for_each_vector("offset_msg_id", [](const json::Value& vector) {
        const auto ip = text(vector["ip"]);
        const auto host = Host::parse((ip.contains(':') ? "[" + ip + "]" : ip) + ":" +
                                      std::to_string(number(vector["port"])));
        ASSERT_TRUE(host);
        const auto id = offset_message_id(*host, PhysicalOffset{number(vector["offset"])});
        EXPECT_EQ(id.text(), text(vector["offsetMsgId"]));
        const auto parsed = parse_offset_message_id(id.text());
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->store_host, *host);
        EXPECT_EQ(parsed->offset.value(), number(vector["offset"]));
    });
}

TEST(GoldenVectors, of_unique_ids_tell_when_they_were_made) {
    for_each_vector("uniq_key", [](const json::Value& vector) {
        if (vector["createdAt"].is_null()) return;
        const auto created = number(vector["createdAt"]);
        const auto time = unique_id_time(text(vector["uniqKey"]), created + 5'000);
        ASSERT_TRUE(time);
        EXPECT_NEAR(static_cast<double>(*time), static_cast<double>(created), 1'100);
    });
}

TEST(GoldenVectors, of_property_strings) {
    for_each_vector("properties", [](const json::Value& vector) {
        const auto properties = text(vector["string"]);
        const auto& parsed = vector["parsed"].is_null() ? vector["parsedBack"] : vector["parsed"];
        std::map<std::string, std::string> expected;
        for (const auto& member : *parsed.object()) expected[text(member.key)] = text(member.value);
        std::map<std::string, std::string> found;
        for_each_property(properties, [&](std::string_view name, std::string_view value) {
            found[std::string{name}] = value;
        });
        EXPECT_EQ(found, expected);
        for (const auto& [name, value] : expected) EXPECT_EQ(find_property(properties, name), value);
    });
}

// The bytes of a recorded message, encoded here.
std::string encoded(const json::Value& vector, const RecordView& recorded) {
    const auto& message = vector["messageExt"];
    const auto host = [&](std::string_view name) { return *Host::parse(text(message[name]).substr(1)); };
    Buffer out;
    encode_record(out, {.topic = recorded.topic,
                        .queue_id = QueueId{static_cast<std::int32_t>(number(message["queueId"]))},
                        .flag = static_cast<std::int32_t>(number(message["flag"])),
                        .sys_flag = 0,
                        .born_timestamp = number(message["born"]),
                        .born_host = host("bornHost"),
                        .store_host = host("storeHost"),
                        .reconsume_times = static_cast<std::int32_t>(number(message["reconsumeTimes"])),
                        .prepared_transaction_offset = number(message["prepared"]),
                        .body = recorded.body,
                        .properties = recorded.properties});
    place_record(out.data(), {.queue_offset = QueueOffset{number(message["queueOffset"])},
                              .physical_offset = PhysicalOffset{number(message["phyOffset"])},
                              .store_timestamp = number(message["store"])});
    return std::string{out.view()};
}

TEST(GoldenVectors, of_message_records) {
    for_each_vector("message_encode", [](const json::Value& vector) {
        if (vector["messageExt"].is_null()) return;
        auto bytes = *from_hex(text(vector["encodedHex"]));
        const auto record = decode_record(bytes, VerifyBody::no);
        ASSERT_TRUE(record) << record.error().detail;
        EXPECT_EQ(record->topic, text(vector["messageExt"]["topic"]));
        EXPECT_EQ(record->properties, text(vector["properties"]));
        EXPECT_EQ(record->born_timestamp, number(vector["messageExt"]["born"]));
        // Java's client encoder leaves the checksum at zero; the broker's, as ours, does not.
        constexpr std::size_t crc_place = 8;
        auto ours = encoded(vector, *record);
        store_be<std::int32_t>(ours.data() + crc_place, record->body_crc);
        EXPECT_EQ(to_hex(ours), to_hex(bytes));
    });
}

TEST(GoldenVectors, of_batches) {
    for_each_vector("message_encode", [](const json::Value& vector) {
        const auto* hex = vector["batchOfBothHex"].string();
        if (hex == nullptr) hex = vector["batchElementHex"].string();
        if (hex == nullptr) return;
        const auto bytes = *from_hex(*hex);
        BatchReader reader{bytes};
        Buffer again;
        for (auto entry = reader.next();; entry = reader.next()) {
            ASSERT_TRUE(entry) << entry.error().detail;
            if (!*entry) break;
            append_batch_entry(again, **entry);
            if (vector["body"].is_null()) continue;
            EXPECT_EQ((*entry)->body, text(vector["body"]));
            EXPECT_EQ((*entry)->flag, number(vector["flag"]));
        }
        EXPECT_EQ(again.view(), bytes);
    });
}

TEST(GoldenVectors, of_topic_lines_and_their_json) {
    for_each_vector("topic_config", [](const json::Value& vector) {
        if (vector["ok"] == json::Value{false}) return;  // 4.9.7 does not read attributes.
        const auto json_form = json::decode<TopicConfig>(text(vector["json"]));
        ASSERT_TRUE(json_form) << json_form.error().detail;
        if (const auto* line = vector["decodeInput"].string()) {
            EXPECT_EQ(parse_topic_config_line(*line), *json_form);
        } else if (const auto* encoded_line = vector["encode"].string()) {
            EXPECT_TRUE(topic_config_line(*json_form).starts_with(*encoded_line))
                << topic_config_line(*json_form);
        }
    });
}

TEST(GoldenVectors, of_topic_names) {
    for_each_vector("topic_names", [](const json::Value& vector) {
        const auto topic = text(vector["topic"]);
        EXPECT_EQ(is_system_topic(topic), flag(vector["systemTopic"]));
        if (vector["valid"].is_null()) return;  // 4.9.7 has only the first question.
        const auto checked = check_topic(topic);
        EXPECT_EQ(checked.has_value(), flag(vector["valid"]));
        EXPECT_EQ(checked ? "" : checked.error().detail, text(vector["remark"]));
        EXPECT_EQ(is_closed_to_producers(topic), flag(vector["notAllowedToSend"]));
    });
}

TEST(GoldenVectors, of_json_bodies) {
    const auto without_defaults = [](std::string_view ours, std::string_view java) {
        return ours == java ||
               java.find("attributes") == std::string_view::npos;  // 4.9.7 writes fewer members.
    };
    for_each_vector("json_bodies", [&](const json::Value& vector) {
        const auto kind = text(vector["class"]);
        const auto body = text(vector["remotingJson"]);
        if (kind == "SubscriptionGroupConfig") {
            const auto config = json::decode<SubscriptionGroupConfig>(body);
            ASSERT_TRUE(config) << config.error().detail;
            EXPECT_TRUE(without_defaults(json::encode(*config), body)) << json::encode(*config);
        } else if (kind == "SubscriptionData") {
            EXPECT_EQ(json::encode(*json::decode<SubscriptionData>(body)), body);
            EXPECT_EQ(json::encode(*tag_subscription("TopicA", "TagA || TagB", 1)), body);
        } else if (const auto* version = vector["toJson"].string()) {
            EXPECT_EQ(json::decode<DataVersion>(*version),
                      (DataVersion{.counter = 7, .timestamp = 1'700'000'000'000}));
        }
    });
}

}  // namespace
}  // namespace tern::model
