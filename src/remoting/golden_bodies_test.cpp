// Every body recorded from the Java system that has a type here is decoded and encoded again.
#include "json/fields.hpp"
#include "remoting/body/connections.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/body/lists.hpp"
#include "remoting/body/lock_batch.hpp"
#include "remoting/body/offset_tables.hpp"
#include "remoting/body/register_broker.hpp"
#include "remoting/body/route_data.hpp"
#include "remoting/body/stats.hpp"
#include "remoting/body/subscription_group_table.hpp"
#include "remoting/golden_frames.hpp"

namespace tern::remoting {
namespace {

// Everything of expected is in actual; what is added there are defaults that the older release does not
// write.
bool contains(const json::Value& actual, const json::Value& expected) {
    if (const auto* members = expected.object()) {
        return std::ranges::all_of(*members, [&](const json::Member& member) {
            const auto* same = actual.object();
            if (same == nullptr) return false;
            return std::ranges::any_of(*same, [&](const json::Member& other) {
                return other.key == member.key && contains(other.value, member.value);
            });
        });
    }
    if (const auto* elements = expected.array()) {
        const auto* same = actual.array();
        if (same == nullptr || same->size() != elements->size()) return false;
        return std::ranges::all_of(*elements, [&](const json::Value& element) {  // Sets come in any order.
            return std::ranges::any_of(*same,
                                       [&](const json::Value& other) { return contains(other, element); });
        });
    }
    return actual == expected;
}

template <class Body>
void expect_typed_body(const Command& command, const std::string& name) {
    if (command.body.empty()) return;
    const auto body = json::decode<Body>(command.body);
    ASSERT_TRUE(body) << name << ": " << body.error().detail;
    const auto quoted = json::encode(*body);
    EXPECT_EQ(json::encode(*json::decode<Body>(quoted)), quoted) << name;
    const auto bare = json::encode(*body, {.bare_integer_keys = true});
    EXPECT_EQ(json::decode<Body>(bare), *body) << name;
    if (!contains(*json::parse(bare), *json::parse(command.body)))
        EXPECT_EQ(bare, command.body) << name << " says something that its type does not";
}

void expect_registration(const Command& command, const std::string& name) {
    const bool compressed = command.field("compressed") == "true";
    const auto body = decode_register_broker_body(command.body, compressed, command.version);
    ASSERT_TRUE(body) << name << ": " << body.error().detail;
    if (!compressed) return expect_typed_body<RegisterBrokerBody>(command, name);
    const auto again = encode_compressed_register_broker_body(*body, command.version);
    EXPECT_EQ(decode_register_broker_body(again, true, command.version), *body) << name;
}

void expect_route(const Command& command, const std::string& name) {
    // Bare keys before 4.9.4; the parser takes both, so compare what they mean.
    const auto body = json::decode<TopicRouteData>(command.body);
    ASSERT_TRUE(body) << name << ": " << body.error().detail;
    EXPECT_FALSE(body->broker_datas.empty()) << name;
    EXPECT_EQ(json::decode<TopicRouteData>(json::encode(*body, {.ascii = true})), *body) << name;
}

using Check = void (*)(const Command& command, const std::string& name);

struct Typed {
    Check request{};
    Check response{};
};

template <class B>
constexpr Check body = &expect_typed_body<B>;

const std::map<std::int32_t, Typed>& typed() {
    static const std::map<std::int32_t, Typed> table{
        {18, {.request = body<TopicConfigList>}},
        {21, {.response = body<TopicConfigTable>}},
        {28, {.response = body<KVTable>}},
        {34, {.request = body<HeartbeatData>}},
        {38, {.response = body<ConsumerListBody>}},
        {41, {.request = body<LockBatchRequestBody>, .response = body<LockBatchResponseBody>}},
        {42, {.request = body<LockBatchRequestBody>}},
        {43, {.response = body<ConsumerOffsetTable>}},
        {45, {.response = body<DelayOffsetTable>}},
        {46, {.request = body<CheckClientRequestBody>}},
        {103, {.request = expect_registration, .response = body<KVTable>}},
        {105, {.response = expect_route}},
        {106, {.response = body<ClusterInfo>}},
        {200, {.request = body<model::SubscriptionGroupConfig>}},
        {201, {.response = body<SubscriptionGroupTable>}},
        {202, {.response = body<TopicStatsTable>}},
        {203, {.response = body<ConsumerConnection>}},
        {204, {.response = body<ProducerConnection>}},
        {206, {.response = body<TopicList>}},
        {208, {.response = body<ConsumeStats>}},
        {217, {.request = body<TopicRouteData>}},
        {219, {.response = body<KVTable>}},
        {222, {.response = body<OffsetTableBody>}},
        {224, {.response = body<TopicList>}},
        {225, {.request = body<SubscriptionGroupList>}},
        {300, {.response = body<GroupList>}},
        {304, {.response = body<TopicList>}},
        {305, {.response = body<TopicList>}},
        {317, {.response = body<BrokerConsumeStats>}},
        {321, {.response = body<ConsumeQueueBody>}},
        {322, {.request = body<model::DataVersion>, .response = body<model::DataVersion>}},
        {328, {.response = body<ProducerTableInfo>}},
        {343, {.response = body<TopicList>}},
        {351, {.response = body<model::TopicConfig>}},
        {352, {.response = body<model::SubscriptionGroupConfig>}},
        {901, {.response = body<BrokerMemberGroupBody>}},
    };
    return table;
}

TEST(GoldenBodies, survive_their_types) {
    CommandDecoder decoder;
    for_each_frame([&](const Recorded& recorded, std::int32_t code, bool is_response) {
        if (!recorded.whole || recorded.is_probe() || !typed().contains(code)) return;
        const auto frame = cut(recorded);
        const auto command = decoder.decode(*frame);
        ASSERT_TRUE(command) << recorded.name;
        if (is_response && !has_typed_answer(command->code, code)) return;
        const auto check = is_response ? typed().at(code).response : typed().at(code).request;
        if (check != nullptr) check(*command, recorded.name);
    });
}

}  // namespace
}  // namespace tern::remoting
