// Messages by their keys, which the index knows by a hash: Java has one for "Aa" and "BB".
#include "broker/query_service.hpp"

#include "broker/broker_scenario.hpp"
#include "remoting/header/query.hpp"

namespace tern::broker {
namespace {

using remoting::ResponseCode;
using testing::ElementsAre;
using testing::IsEmpty;

struct AQuery : BrokerScenario {
    AQuery() { starts(); }
    void sends_with_key(std::string_view topic, std::string_view key, std::string_view body) {
        EXPECT_EQ(sends(topic, body, properties({{"KEYS", key}})).code, ResponseCode::success);
    }
    std::vector<std::string> bodies(std::string_view topic, std::string_view key, std::int32_t count = 64) {
        const remoting::QueryMessageRequest request{
            .end_timestamp = INT64_MAX, .key = key, .max_num = count, .topic = topic};
        const auto answer = asks(request.code, request).value_or(Answer{});
        EXPECT_EQ(answer.code, answer.body.empty() ? ResponseCode::query_not_found : ResponseCode::success);
        std::vector<std::string> found;
        for (const auto& record : records(answer)) found.emplace_back(record.body);
        return found;
    }
};

TEST(AQuery, finds_the_messages_of_its_topic_alone) {
    AQuery broker;
    broker.sends_with_key("Aa", "k", "one");
    broker.sends_with_key("BB", "k", "two");
    EXPECT_THAT(broker.bodies("Aa", "k"), ElementsAre("one"));
    EXPECT_THAT(broker.bodies("BB", "k"), ElementsAre("two"));
    EXPECT_THAT(broker.bodies("Aa", "another"), IsEmpty());
}

// As RocketMQ's broker; clients compare the keys.
TEST(AQuery, finds_the_messages_of_a_key_with_the_same_hash_as_well) {
    AQuery broker;
    broker.sends_with_key("Orders", "Aa", "one");
    broker.sends_with_key("Orders", "BB", "two");
    broker.sends_with_key("Orders", "Bb", "three");
    EXPECT_THAT(broker.bodies("Orders", "Aa"), ElementsAre("one", "two"));
    EXPECT_THAT(broker.bodies("Orders", "BB"), ElementsAre("one", "two"));
    EXPECT_THAT(broker.bodies("Orders", "Bb"), ElementsAre("three"));
}

}  // namespace
}  // namespace tern::broker
