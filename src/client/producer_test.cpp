#include "client/producer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/client_scenario.hpp"
#include "model/message_properties.hpp"

namespace tern::client {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

ScriptedAnswer stored_at(const std::string& queue, const std::string& offset, ResponseCode code = {}) {
    return {.code = code, .fields = {{"msgId", "AB"}, {"queueId", queue}, {"queueOffset", offset}}};
}

class ProducerTest : public testing::Test {
protected:
    ProducerTest() {
        scenario.topics({{"Orders", route_on({{"a", "a:1", 2}, {"b", "b:1", 2}})}});
        for (const auto* address : {"a:1", "b:1"}) broker(address, stored_at("1", "42"));
    }
    void broker(const std::string& address, const ScriptedAnswer& answer) {
        for (const auto code :
             {RequestCode::send_message_v2, RequestCode::send_batch_message, RequestCode::send_message})
            scenario.world.servers.at(address, code, answer);
    }
    template <class... Args>
    Result<Sent> send(const Args&... args) {
        std::optional<Result<Sent>> result;
        producer.send(args..., [&result](Result<Sent> sent) { result = std::move(sent); });
        scenario.world.run_until([&] { return result.has_value(); });
        return result.value_or(failure(Errc::internal, "no answer"));
    }
    // The value of a field in every send that arrived, in order.
    std::vector<std::string> sent(const std::string& field) const {
        std::vector<std::string> values;
        for (const auto& request : scenario.world.servers.asked(RequestCode::send_message_v2))
            values.push_back(request.fields.at(field));
        return values;
    }

    ClientScenario scenario;
    Producer producer{scenario.client, {.group = "Sellers"}};
};

TEST_F(ProducerTest, tells_where_the_message_is_stored) {
    const auto result = send(Message{.topic = "Orders", .body = "one"});
    ASSERT_TRUE(result) << result.error().detail;
    EXPECT_EQ(result->status, SendStatus::ok);
    EXPECT_EQ(result->queue.queue_id, QueueId{1});
    EXPECT_EQ(result->queue_offset, QueueOffset{42});
    EXPECT_EQ(result->offset_message_id, "AB");
    EXPECT_THAT(result->message_id, SizeIs(32));
}
TEST_F(ProducerTest, takes_the_queues_of_all_brokers_in_turn) {
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(send(Message{.topic = "Orders", .body = "one"}));
    EXPECT_THAT(sent("n"), testing::UnorderedElementsAre("a", "a", "b", "b"));
    EXPECT_THAT(sent("e"), testing::UnorderedElementsAre("0", "1", "0", "1"));
}
TEST_F(ProducerTest, sends_body_properties_and_the_template_of_the_topic) {
    const auto result = send(Message{.topic = "Orders",
                                     .body = "one",
                                     .tags = "TagA",
                                     .keys = "k1 k2",
                                     .properties = {{"colour", "red"}},
                                     .delay_level = 3,
                                     .wait_store_ok = false});
    const auto request = scenario.world.servers.asked(RequestCode::send_message_v2).front();
    EXPECT_EQ(request.body, "one");
    EXPECT_EQ(request.fields.at("a"), "Sellers");
    EXPECT_EQ(request.fields.at("c"), "TBW102");
    const auto& properties = request.fields.at("i");
    EXPECT_EQ(model::find_property(properties, "TAGS"), "TagA");
    EXPECT_EQ(model::find_property(properties, "KEYS"), "k1 k2");
    EXPECT_EQ(model::find_property(properties, "UNIQ_KEY"), result->message_id);
    EXPECT_EQ(model::find_property(properties, "colour"), "red");
    EXPECT_EQ(model::find_property(properties, "DELAY"), "3");
    EXPECT_EQ(model::find_property(properties, "WAIT"), "false");
}
TEST_F(ProducerTest, tries_another_broker_when_one_is_busy) {
    broker("a:1", {.code = ResponseCode::system_busy});
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(send(Message{.topic = "Orders", .body = "one"})->queue.broker_name, "b");
}
TEST_F(ProducerTest, tries_another_broker_when_one_is_gone) {
    scenario.world.servers.stop("b:1");
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(send(Message{.topic = "Orders", .body = "one"})->queue.broker_name, "a");
}
TEST_F(ProducerTest, gives_up_at_once_what_no_broker_takes) {
    for (const auto* address : {"a:1", "b:1"}) broker(address, {.code = ResponseCode::message_illegal});
    EXPECT_EQ(send(Message{.topic = "Orders", .body = "one"}).error().code, Errc::message_illegal);
    EXPECT_THAT(sent("e"), SizeIs(1));
}
TEST_F(ProducerTest, gives_up_after_three_attempts_and_says_when_one_of_them_may_have_stored_the_message) {
    broker("a:1", {.code = ResponseCode::system_error, .remark = "not enough replicas"});
    broker("b:1", {.code = ResponseCode::system_busy});
    const auto error = send(Message{.topic = "Orders", .body = "one"}).error();
    EXPECT_THAT(error.detail, HasSubstr("not enough replicas"));
    EXPECT_TRUE(may_be_stored(error.code));
    EXPECT_THAT(sent("e"), SizeIs(3));
}
TEST_F(ProducerTest, knows_that_busy_brokers_stored_nothing) {
    for (const auto* address : {"a:1", "b:1"}) broker(address, {.code = ResponseCode::system_busy});
    EXPECT_FALSE(may_be_stored(send(Message{.topic = "Orders", .body = "one"}).error().code));
}
TEST_F(ProducerTest, takes_a_message_that_is_not_on_disk_for_stored) {
    for (const auto* address : {"a:1", "b:1"})
        broker(address, stored_at("0", "1", ResponseCode::flush_disk_timeout));
    EXPECT_EQ(send(Message{.topic = "Orders", .body = "one"})->status, SendStatus::flush_disk_timeout);
}
TEST_F(ProducerTest, sends_to_the_named_queue_or_not_at_all) {
    EXPECT_TRUE(
        send(Message{.topic = "Orders", .body = "one"}, model::MessageQueue{"b", QueueId{1}, "Orders"}));
    EXPECT_THAT(sent("n"), ElementsAre("b"));
    broker("b:1", {.code = ResponseCode::system_busy});
    EXPECT_FALSE(
        send(Message{.topic = "Orders", .body = "one"}, model::MessageQueue{"b", QueueId{1}, "Orders"}));
    EXPECT_THAT(sent("n"), ElementsAre("b", "b"));
}
TEST_F(ProducerTest, sends_to_the_queue_that_is_selected) {
    std::optional<Result<Sent>> result;
    producer.send(
        Message{.topic = "Orders", .body = "one"}, [](const auto& queues) { return queues.size() - 1; },
        [&result](Result<Sent> done) { result = std::move(done); });
    scenario.world.settle();
    EXPECT_THAT(sent("n"), ElementsAre("b"));
    EXPECT_THAT(sent("e"), ElementsAre("1"));
}
TEST_F(ProducerTest, refuses_what_can_never_be_sent) {
    EXPECT_EQ(send(Message{.topic = "bad topic", .body = "one"}).error().code, Errc::invalid_argument);
    EXPECT_EQ(send(Message{.topic = "Orders"}).error().code, Errc::message_illegal);
    EXPECT_EQ(send(Message{.topic = "Orders",
                           .body = "one",
                           .keys = "a\x01"
                                   "b"})
                  .error()
                  .code,
              Errc::message_illegal);
    EXPECT_THAT(sent("e"), SizeIs(0));
}
TEST_F(ProducerTest, sends_a_batch_as_the_wire_has_it) {
    const std::vector<Message> batch{{.topic = "Orders", .body = "hi"}, {.topic = "Orders", .body = "you"}};
    std::optional<Result<Sent>> result;
    producer.send_batch(batch, [&result](Result<Sent> done) { result = std::move(done); });
    scenario.world.settle();
    ASSERT_TRUE(result && *result);
    const auto request = scenario.world.servers.asked(RequestCode::send_batch_message).front();
    EXPECT_EQ(request.fields.at("m"), "true");
    // Each entry: size, two words that mean nothing, flag, body and properties (wire-protocol 5.2).
    ASSERT_GE(request.body.size(), 22U);
    const auto first_size = load_be<std::int32_t>(request.body.data());
    EXPECT_EQ(request.body.substr(4, 14), std::string("\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 14));
    EXPECT_EQ(request.body.substr(18, 4), std::string("\0\2hi", 4));
    EXPECT_EQ(request.body.size(), static_cast<std::size_t>(first_size) * 2 + 1);
    EXPECT_THAT((*result)->message_id, AllOf(SizeIs(65), HasSubstr(",")));
}
TEST_F(ProducerTest, sends_oneway_once_the_route_is_known) {
    EXPECT_FALSE(producer.send_oneway(Message{.topic = "Orders", .body = "one"}));
    ASSERT_TRUE(scenario.route_of("Orders"));
    EXPECT_TRUE(producer.send_oneway(Message{.topic = "Orders", .body = "one"}));
    scenario.world.settle();
    EXPECT_THAT(scenario.world.servers.asked(RequestCode::send_message), SizeIs(1));
}
TEST_F(ProducerTest, tells_every_broker_of_its_group_before_it_sends) {
    ASSERT_TRUE(send(Message{.topic = "Orders", .body = "one"}));
    const auto heartbeats = scenario.world.servers.asked(RequestCode::heart_beat);
    ASSERT_FALSE(heartbeats.empty());
    EXPECT_THAT(heartbeats.front().body, HasSubstr(R"("producerDataSet":[{"groupName":"Sellers"}])"));
}

}  // namespace
}  // namespace tern::client
