// Flags of topics that others decide on: whether a topic is ordered, which the NameServers keep, and whether
// it is one of units, which clients say.
#include "broker/broker_scenario.hpp"
#include "json/fields.hpp"
#include "remoting/body/heartbeat.hpp"
#include "remoting/header/topic.hpp"

namespace tern::broker {
namespace {

using remoting::RequestCode;
using remoting::ResponseCode;
using testing::HasSubstr;

struct NoFields {
    static constexpr auto fields() { return list_of(); }
};

struct FlaggedTopics : BrokerScenario {
    FlaggedTopics() { config.namesrv_addr = "10.0.0.2:9876"; }
    // Answers what the NameServer was asked; registrations with those topics in order.
    void name_server_answers(const std::string& ordered = {}) {
        auto& [connection, handler] = transport.outgoing.front();
        while (connection->has_sent()) {
            const auto& asked = connection->take_sent();
            const bool registers = asked.code == static_cast<std::int32_t>(RequestCode::register_broker);
            Buffer bytes;
            remoting::FrameWriter frame{bytes,
                                        remoting::HeaderEncoding::json,
                                        {.opaque = asked.opaque, .flag = remoting::flag_response}};
            frame.finish(registers ? ordered : "");
            remoting::CommandDecoder decoder;
            handler->on_command(connection, *decoder.decode(**remoting::cut_frame(bytes.view())));
        }
        runs(20ms);
    }
    Answer sends_to_new(std::string_view topic, bool unit_mode = false) {
        remoting::SendMessageRequest request;
        request.producer_group = "producers";
        request.topic = topic;
        request.default_topic = "TBW102";
        request.default_topic_queue_nums = 4;
        request.queue_id = QueueId{0};
        request.unit_mode = unit_mode;
        hands_over(RequestCode::send_message, request, "a");
        runs(20ms);
        name_server_answers();
        return next_answer().value_or(Answer{});
    }
    const model::TopicConfig& topic(std::string_view name) {
        remoting::GetTopicConfigRequest request;
        request.topic = name;
        const auto answer = asks(request.code, request).value_or(Answer{});
        return shown_ = json::decode<model::TopicConfig>(answer.body).value_or(model::TopicConfig{});
    }

private:
    model::TopicConfig shown_;
};

TEST(OrderedTopics, are_those_that_a_name_server_names) {
    FlaggedTopics broker;
    broker.starts();
    broker.sends_to_new("Orders");
    broker.sends_to_new("Bills");
    EXPECT_FALSE(broker.topic("Orders").order);
    broker.runs(30s);
    broker.name_server_answers(R"({"table":{"Orders":"broker-a:4","Nowhere":"broker-a:4"}})");
    EXPECT_TRUE(broker.topic("Orders").order);
    EXPECT_FALSE(broker.topic("Bills").order);
    EXPECT_EQ(broker.topic("Orders").write_queue_nums, 4);
    broker.is_killed_and_restarts();
    EXPECT_TRUE(broker.topic("Orders").order);
}

// The first check of a send (spec/broker-semantics.md 2).
TEST(OrderedTopics, take_nothing_from_producers_of_a_broker_that_is_not_writable) {
    FlaggedTopics broker;
    broker.starts();
    broker.sends_to_new("Orders");
    broker.sends_to_new("Bills");
    broker.runs(30s);
    broker.name_server_answers(R"({"table":{"Orders":"broker-a:4"}})");
    EXPECT_EQ(broker.sends("Orders", "b").code, ResponseCode::success);
    broker.config.permission = model::permission::read;
    broker.is_killed_and_restarts();
    const auto refused = broker.sends("Orders", "c");
    EXPECT_EQ(refused.code, ResponseCode::no_permission);
    EXPECT_THAT(refused.remark, HasSubstr("sending message is forbidden"));
    EXPECT_EQ(broker.sends("Bills", "c").code, ResponseCode::success);
}

TEST(TopicsOfUnits, are_made_by_sends_of_units) {
    FlaggedTopics broker;
    broker.starts();
    broker.sends_to_new("Orders", true);
    broker.sends_to_new("Bills", false);
    broker.sends_to_new("%RETRY%readers", true);
    EXPECT_EQ(broker.topic("Orders").sys_flag, model::topic_sys_flag::unit);
    EXPECT_EQ(broker.topic("Bills").sys_flag, 0);
    EXPECT_EQ(broker.topic("%RETRY%readers").sys_flag, model::topic_sys_flag::unit_subscription);
}

TEST(TopicsOfUnits, are_the_retry_topics_of_consumers_of_units) {
    FlaggedTopics broker;
    broker.starts();
    broker.name_server_answers();
    remoting::HeartbeatData data{.client_id = "one"};
    for (const std::string_view group : {"units", "others"}) {
        auto& consumer = data.consumer_data_set.emplace_back();
        consumer.group_name = group;
        consumer.unit_mode = group == "units";
    }
    broker.hands_over(RequestCode::heart_beat, NoFields{}, json::encode(data));
    broker.runs(20ms);
    broker.name_server_answers();
    while (broker.next_answer()) {
    }
    EXPECT_EQ(broker.topic("%RETRY%units").sys_flag, model::topic_sys_flag::unit_subscription);
    EXPECT_EQ(broker.topic("%RETRY%others").sys_flag, 0);
}

TEST(TopicsOfUnits, are_the_retry_topics_of_what_such_consumers_send_back) {
    FlaggedTopics broker;
    broker.starts();
    broker.sends_to_new("Orders");
    remoting::ConsumerSendMsgBackRequest request;
    request.offset = broker.records(*broker.pulls("Orders", 0))[0].physical_offset;
    request.group = "readers";
    request.unit_mode = true;
    broker.hands_over(request.code, request);
    broker.runs(20ms);
    EXPECT_FALSE(broker.next_answer());
    broker.name_server_answers();
    const auto answer = broker.next_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->code, ResponseCode::success);
    EXPECT_EQ(broker.topic("%RETRY%readers").sys_flag, model::topic_sys_flag::unit_subscription);
}

TEST(TopicsOfUnits, are_told_to_who_pulls) {
    FlaggedTopics broker;
    broker.starts();
    broker.sends_to_new("Orders", true);
    broker.asks(RequestCode::update_and_create_subscriptiongroup, NoFields{},
                R"({"groupName":"consumers","groupSysFlag":3})");
    const auto answer = broker.pulls("Orders", 0);
    EXPECT_EQ(answer->number("topicSysFlag"), model::topic_sys_flag::unit);
    EXPECT_EQ(answer->number("groupSysFlag"), 3);
    EXPECT_EQ(broker.pulls("Orders", 1)->number("topicSysFlag"), model::topic_sys_flag::unit);
}

}  // namespace
}  // namespace tern::broker
